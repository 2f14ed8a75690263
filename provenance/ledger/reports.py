"""Answer questions about datasets and models from the derived tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from provenance.domain import DatasetName, Kind, Model, Policy, Unit
from provenance.errors import NameRefusedError, NotRecordedError
from provenance.ledger.loops import Loop, list_loops
from provenance.log import load_frontier
from provenance.report import (
    GROUPINGS,
    Report,
    load_amounts,
    load_depth,
    load_groups,
)
from provenance.store import schema
from provenance.store.amounts import select_pedigrees
from provenance.store.facts import (
    load_datasets,
    load_models,
    load_origins,
    load_policies,
)
from provenance.store.standing import standing_fact

__all__ = ["list_models", "make_report"]


def make_report(
    connection: sa.Connection,
    dataset: DatasetName,
    *,
    by: Sequence[str],
    unit: Unit,
    policy: str,
) -> Report:
    """Join tallies and assessments of a dataset version; see ``Ledger.report``."""
    for grouping in by:
        if grouping not in GROUPINGS:
            raise NameRefusedError(
                f"{grouping!r} is nothing a report can be broken down by",
                hint=f"Choose from: {', '.join(GROUPINGS)}.",
            )
    number, name = _find_version(connection, dataset)
    policy_id, rules = _find_policy(connection, policy)
    head = load_frontier(connection)
    groups = {
        grouping: load_groups(connection, number, policy_id, grouping, unit)
        for grouping in by
    }
    return Report(
        dataset=str(name),
        policy=policy,
        as_of=head.tree_size,
        root=head.root().hex(),
        policy_body=json.loads(rules.to_json()),
        unit=unit,
        units=load_amounts(connection, number, policy_id),
        depth=load_depth(connection, number, policy_id, unit),
        by=groups,
        loops=tuple(
            loop.to_dict() for loop in _loops_of(connection, number, str(name))
        ),
        parents=tuple(_parents(connection, number, policy_id)),
    )


def _find_version(
    connection: sa.Connection, dataset: DatasetName
) -> tuple[int, DatasetName]:
    recorded = {name: number for number, name in load_datasets(connection).items()}
    if dataset in recorded:
        return recorded[dataset], dataset
    versions = sorted(name for name in recorded if name.name == dataset.name)
    if not dataset.version and len(versions) == 1:
        return recorded[versions[0]], versions[0]
    if versions:
        known = ", ".join(map(str, versions))
        if not dataset.version:
            raise NameRefusedError(
                f"{dataset} stands for {len(versions)} versions",
                hint=f"Name one: {known}.",
            )
        raise NotRecordedError(
            f"no version {dataset.version!r} of {dataset.name} is recorded",
            hint=f"Recorded are: {known}.",
        )
    raise NotRecordedError(
        f"no dataset {str(dataset)!r} is recorded",
        hint="See: provenance dataset list",
    )


def _find_policy(connection: sa.Connection, name: str) -> tuple[int, Policy]:
    policies = load_policies(connection)
    for number, policy in policies.items():
        if policy.name == name:
            return number, policy
    known = ", ".join(sorted(policy.name for policy in policies.values()))
    raise NotRecordedError(
        f"no policy {name!r} is recorded", hint=f"Recorded are: {known}."
    )


def _loops_of(connection: sa.Connection, number: int, name: str) -> list[Loop]:
    """The loops that a dataset version stands in, by its models or its items."""
    assessed = schema.assessments
    query = (
        sa.select(assessed.c.value)
        .where(
            assessed.c.aspect == "model",
            assessed.c.pedigree_id.in_(select_pedigrees(number)),
        )
        .distinct()
    )
    models = set(connection.execute(query).scalars())
    items = _looped_items(connection, number)
    return [
        loop
        for loop in list_loops(connection)
        if name in loop.datasets
        or models & set(loop.models)
        or (loop.kind == "item" and loop.number in items)
    ]


def _looped_items(connection: sa.Connection, number: int) -> set[int]:
    loops, records, batches = schema.item_loops, schema.records, schema.batches
    inside = sa.exists(
        sa.select(sa.literal(1))
        .join_from(records, batches, batches.c.id == records.c.batch_id)
        .where(
            records.c.content_key == loops.c.content_key,
            sa.func.coalesce(records.c.item, records.c.digest) == loops.c.item,
            batches.c.dataset_id == number,
        )
    )
    return set(connection.execute(sa.select(loops.c.loop).where(inside)).scalars())


def _parents(
    connection: sa.Connection, number: int, policy_id: int
) -> list[dict[str, Any]]:
    """Declared parents with their own intervals, never merged into the tiers."""
    recorded = load_datasets(connection)
    table = schema.dataset_parents
    query = sa.select(table).where(
        table.c.dataset_id == number, standing_fact(table.c.position)
    )
    found = []
    for row in connection.execute(query):
        wanted = DatasetName(row.parent_name, row.parent_version)
        versions = [
            (one, name)
            for one, name in recorded.items()
            if name == wanted or (not wanted.version and name.name == wanted.name)
        ]
        if not versions:
            found.append({"dataset": str(wanted), "recorded": False, "units": {}})
        for one, name in versions:
            units = load_amounts(connection, one, policy_id)
            shares = {
                str(unit): figures.to_dict()["downstream_share"]
                for unit, figures in units.items()
            }
            recorded_rows = bool(units[Unit.RECORDS].total)
            found.append(
                {"dataset": str(name), "recorded": recorded_rows, "units": shares}
            )
    return sorted(found, key=lambda parent: str(parent["dataset"]))


def list_models(connection: sa.Connection) -> list[Model]:
    """Return recorded models, and those that only rows or other models mention."""
    book = load_models(connection)
    mentioned = {
        origin.model
        for origin in load_origins(connection).values()
        if origin.kind is Kind.MODEL and origin.model
    } | {base for model in book for base in model.based_on}
    found = {model.name: model for model in book}
    for name in mentioned:
        model = book.find(name)
        found.setdefault(model.name, model)
    return sorted(found.values(), key=lambda model: model.name)
