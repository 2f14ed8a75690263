"""Answer questions about datasets and models from the derived tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from provenance.domain import DatasetName, Kind, Model, Unit, WhatIf, read_names
from provenance.errors import NameRefusedError, NotRecordedError
from provenance.ledger.loops import (
    Loop,
    list_item_loops,
    list_model_loops,
)
from provenance.ledger.view import AsOf, open_view
from provenance.log import load_frontier
from provenance.log.prove import hash_entries
from provenance.merkle import hash_tree
from provenance.report import (
    GROUPINGS,
    Report,
    Standpoint,
    load_groups,
    load_units,
)
from provenance.store import schema
from provenance.store.facts import load_datasets, load_models, load_origins
from provenance.store.standing import standing, standing_fact, standing_loop

__all__ = ["find_version", "list_models", "list_open_models", "make_report"]


def make_report(
    connection: sa.Connection,
    dataset: DatasetName,
    *,
    by: Sequence[str],
    unit: Unit,
    policy: str,
    as_of: AsOf = None,
    what_if: WhatIf | None = None,
    quick: bool = False,
) -> Report:
    """Join tallies and assessments of a dataset version; see ``Ledger.report``."""
    by = read_names("by", by)
    for grouping in by:
        if grouping not in GROUPINGS:
            raise NameRefusedError(
                f"{grouping!r} is nothing a report can be broken down by",
                hint=f"Choose from: {', '.join(GROUPINGS)}.",
            )
    view = open_view(connection, policy, as_of, what_if)
    number, name = find_version(connection, dataset, view.size)
    if quick:
        by = tuple(one for one in by if not view.is_vast(number, **GROUPINGS[one]))
    size, root = _find_head(connection, view.size)
    units, depth, shares = load_units(view, number, unit)
    return Report(
        dataset=str(name),
        policy=policy,
        as_of=size,
        root=root,
        policy_body=json.loads(view.policy.to_json()),
        policy_words=tuple(view.policy.words()),
        what_if=tuple(what_if.words()) if what_if else (),
        unit=unit,
        units=units,
        depth=depth,
        by={grouping: load_groups(view, number, grouping, unit) for grouping in by},
        shares=shares,
        loops=tuple(loop.to_dict() for loop in _loops_of(view, number, str(name))),
        parents=tuple(_parents(view, number)),
    )


def _find_head(connection: sa.Connection, size: int | None) -> tuple[int, str]:
    """Return size and root of the log as it is, or as it was at a size."""
    if size is None:
        head = load_frontier(connection)
        return head.tree_size, head.root().hex()
    return size, hash_tree(hash_entries(connection, size)).hex()


def list_open_models(
    connection: sa.Connection,
    dataset: DatasetName,
    *,
    policy: str,
    as_of: AsOf = None,
    what_if: WhatIf | None = None,
) -> list[str]:
    """Return the models of a dataset version whose training data is not all declared.

    Or that of a model upstream of them: items that they made may be deeper than known.
    """
    view = open_view(connection, policy, as_of, what_if)
    number, _ = find_version(connection, dataset, view.size)
    return view.open_models(number)


def find_version(
    connection: sa.Connection, dataset: DatasetName, size: int | None = None
) -> tuple[int, DatasetName]:
    """Return id and full name of a dataset version.

    Args:
        connection: An open transaction.
        dataset: A name alone stands for its version where there is but one.
        size: Entries of the log that count; all of them by default.

    Raises:
        NotRecordedError: There is none.
        NameRefusedError: The name stands for several.
    """
    datasets = load_datasets(connection, size, dataset.name)
    recorded = {name: number for number, name in datasets.items()}
    if dataset in recorded:
        return recorded[dataset], dataset
    versions = sorted(recorded)
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
    raise _not_recorded(dataset, "" if size is None else f" as of {size}")


def find_versions(
    connection: sa.Connection, dataset: DatasetName
) -> dict[int, DatasetName]:
    """Return every version that a name stands for, by its id.

    Raises:
        NotRecordedError: There is none.
    """
    found = {
        number: name
        for number, name in load_datasets(connection, name=dataset.name).items()
        if dataset.version in ("", name.version)
    }
    if not found:
        raise _not_recorded(dataset)
    return found


def _not_recorded(dataset: DatasetName, when: str = "") -> NotRecordedError:
    return NotRecordedError(
        f"no dataset {str(dataset)!r} is recorded{when}",
        hint="See: provenance dataset list",
    )


def _loops_of(view: Standpoint, number: int, name: str) -> list[Loop]:
    """The loops that a dataset version stands in, by its models or its items."""
    by_model = list_model_loops(view)
    models = view.models(number) if by_model else set()
    items = _looped_items(view, number)
    return [
        *(
            loop
            for loop in by_model
            if name in loop.datasets or models & set(loop.models)
        ),
        *(loop for loop in list_item_loops(view) if loop.number in items),
    ]


def _looped_items(view: Standpoint, number: int) -> set[int]:
    loops, records, batches = schema.item_loops, schema.records, schema.batches
    inside = sa.exists(
        sa.select(sa.literal(1))
        .join_from(records, batches, batches.c.id == records.c.batch_id)
        .where(
            records.c.content_key == loops.c.content_key,
            sa.func.coalesce(records.c.item, records.c.digest) == loops.c.item,
            batches.c.dataset_id == number,
            standing(batches.c.id, view.size),
        )
    )
    query = sa.select(loops.c.loop).where(standing_loop(view.size), inside)
    return set(view.connection.execute(query).scalars())


def _parents(view: Standpoint, number: int) -> list[dict[str, Any]]:
    """Declared parents with their own intervals, never merged into the tiers."""
    table = schema.dataset_parents
    query = sa.select(table).where(
        table.c.dataset_id == number, standing_fact(table.c.position, view.size)
    )
    found = []
    for row in view.connection.execute(query).all():
        wanted = DatasetName(row.parent_name, row.parent_version)
        recorded = load_datasets(view.connection, view.size, wanted.name)
        versions = [
            (one, name)
            for one, name in recorded.items()
            if wanted.version in ("", name.version)
        ]
        if not versions:
            found.append({"dataset": str(wanted), "recorded": False, "units": {}})
        for one, name in versions:
            units, _, _ = load_units(view, one, Unit.ITEMS)
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
    """Return recorded models, and those that only rows or other models mention.

    Of the latter nobody confirmed that the name is a model's, and its own.
    """
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
