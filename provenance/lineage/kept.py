"""Keep the assessments of stored policies, as of the head, for plain SQL to join."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from provenance.domain import DatasetName, Policy, parse_dataset
from provenance.lineage.assessments import (
    ASPECTS,
    Judged,
    is_trained_on,
    judge,
    select_assessed,
)
from provenance.lineage.claimed import assess_claims
from provenance.lineage.depth import ModelLoop
from provenance.store import schema
from provenance.store.arrow import insert_rows
from provenance.store.claims import load_claims
from provenance.store.facts import load_datasets, load_models, load_policies

__all__ = ["assess_change", "assess_policy", "load_loops", "reassess"]

_KEPT = (schema.assessments, schema.model_loops, schema.claim_assessments)

_ASSESSED = 1 << 14
"""Pedigrees at a time: as many models as rows take no more memory than a few."""


def reassess(connection: sa.Connection) -> None:
    """Assess every pedigree and claim anew under every stored policy.

    Enough after a change of models that leaves the pedigrees alone.
    """
    for table in _KEPT:
        connection.execute(table.delete())
    stored = load_policies(connection)
    for number, judged in zip(stored, judge(connection, stored.values()), strict=True):
        _keep(connection, number, judged)
    assess_claims(connection, load_claims(connection, withdrawn=True), stored)


def assess_policy(
    connection: sa.Connection, number: int, policy: Policy, before: int | None
) -> None:
    """Assess every pedigree and claim under a new policy, and no other policy anew.

    Args:
        connection: A writing transaction in which it was recorded.
        number: Its id.
        policy: The policy.
        before: Id of the version that it takes the place of.
    """
    for table in _KEPT:
        connection.execute(table.delete().where(table.c.policy_id == before))
    (judged,) = judge(connection, [policy])
    _keep(connection, number, judged)
    claims = load_claims(connection, withdrawn=True)
    assess_claims(connection, claims, {number: policy})


def _keep(connection: sa.Connection, number: int, judged: Judged) -> None:
    """Keep what a stored policy makes of every pedigree, and of loops of models."""
    _insert(connection, number, judged, None)
    ids = {name: number for number, name in load_datasets(connection).items()}
    members_of_loops = [
        (number, place, *member)
        for place, loop in enumerate(judged.depths.loops)
        for member in (
            *((model, None) for model in loop.models),
            *((None, ids[dataset]) for dataset in loop.datasets),
        )
    ]
    columns = ("policy_id", "loop", "model", "dataset_id")
    insert_rows(connection, schema.model_loops, columns, members_of_loops)


def assess_change(
    connection: sa.Connection, new: Collection[int], touched: Collection[int]
) -> None:
    """Assess the pedigrees that a change brought.

    Where it touched what a model was trained on, the depth of everything that the
    model made may be another, and all are assessed anew.

    Args:
        connection: A writing transaction with the tallies as they are after it.
        new: Ids of the new pedigrees, which follow each other.
        touched: Ids of the dataset versions whose tallies moved.
    """
    datasets = load_datasets(connection)
    trained = {
        parse_dataset(text)
        for model in load_models(connection)
        for text in model.trained_on
    }
    if any(is_trained_on(datasets[number], trained) for number in touched):
        reassess(connection)
        return
    if not new:
        return
    table, stored = schema.pedigrees, load_policies(connection)
    for first in range(min(new), max(new) + 1, _ASSESSED):
        last = min(first + _ASSESSED - 1, max(new))
        asked = sa.select(table.c.id).where(table.c.id.between(first, last))
        every = judge(connection, stored.values(), pedigrees=asked)
        for number, judged in zip(stored, every, strict=True):
            _insert(connection, number, judged, asked)


def _insert(
    connection: sa.Connection,
    policy: int,
    judged: Judged,
    pedigrees: sa.Select[tuple[int]] | None,
) -> None:
    columns = ("policy_id", "pedigree_id", "aspect", "value", "tier", "depth", "open")
    found = select_assessed(connection, judged, pedigrees, ("", *ASPECTS))
    rows = found.add_columns(sa.literal(policy).label("policy_id")).subquery()
    connection.execute(
        schema.assessments.insert().from_select(
            columns, sa.select(*(rows.c[name] for name in columns))
        )
    )


def load_loops(connection: sa.Connection, policy: int) -> tuple[ModelLoop, ...]:
    """Return the loops of models and datasets that are kept for a stored policy."""
    table, names = schema.model_loops, schema.datasets
    models: dict[int, list[str]] = {}
    datasets: dict[int, list[DatasetName]] = {}
    query = (
        sa.select(table.c.loop, table.c.model, names.c.name, names.c.version)
        .outerjoin(names, names.c.id == table.c.dataset_id)
        .where(table.c.policy_id == policy)
    )
    for row in connection.execute(query):
        if row.model is not None:
            models.setdefault(row.loop, []).append(row.model)
        else:
            name = DatasetName(row.name, row.version)
            datasets.setdefault(row.loop, []).append(name)
    return tuple(
        ModelLoop(
            models=tuple(sorted(members)),
            datasets=tuple(sorted(datasets.get(number, ()))),
        )
        for number, members in models.items()
    )
