"""Assess pedigrees in the database, under any policy, as of any position of the log.

What a policy makes of a single element is a few thousand rows, told by pure code
(``assess``, ``depth``); to unite them for each pedigree is one grouping over the
elements, which the database does best. What that gives for stored policies as of the
head is kept (``kept``); for any other policy, or an earlier position of the log, the
same query is part of the question, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeEngine

from provenance.domain import DatasetName, ModelBook, Policy, Tier, parse_dataset
from provenance.lineage.assess import NONE, Assessor, Mark, Verdict, tell_tier
from provenance.lineage.depth import Depths, measure_depths
from provenance.lineage.pedigree import Element, Pedigree
from provenance.store import schema
from provenance.store.amounts import DIMENSIONS
from provenance.store.facts import (
    load_datasets,
    load_models,
    load_origins,
)
from provenance.store.given import give_rows
from provenance.store.keys import split_asked
from provenance.store.standing import logged_by

__all__ = [
    "ASPECTS",
    "Judged",
    "is_trained_on",
    "judge",
    "load_members",
    "load_pedigrees",
    "select_assessed",
]

ASPECTS = ("model", "mode", "evidence")
"""What a report can be broken down by inside a pedigree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a policy makes of every element, and of every model."""

    verdicts: tuple[Verdict, ...]
    depths: Depths


def load_pedigrees(connection: sa.Connection) -> dict[int, Pedigree]:
    """Return every pedigree by its id."""
    found: dict[int, list[Element]] = {
        number: []
        for number in connection.execute(sa.select(schema.pedigrees.c.id)).scalars()
    }
    table = schema.pedigree_origins
    for row in connection.execute(sa.select(table)):
        found[row.pedigree_id].append(
            Element(
                row.origin_id,
                row.grade,
                bool(row.own),
                row.least_hops,
                row.greatest_hops,
            )
        )
    return {number: tuple(sorted(elements)) for number, elements in found.items()}


def judge(
    connection: sa.Connection,
    policies: Iterable[Policy],
    size: int | None = None,
    pedigrees: sa.Select[tuple[int]] | None = None,
) -> list[Judged]:
    """Say what policies make of elements and models.

    Args:
        connection: An open transaction.
        policies: Stored ones, or any.
        size: Entries of the log that count; all of them by default.
        pedigrees: Ids of those whose elements are asked about; all by default.
    """
    book = load_models(connection, size)
    members = load_members(connection, book, size)
    wanted: set[int] | None = None
    if pedigrees is not None:
        table = schema.pedigree_origins
        found = sa.select(table.c.origin_id).where(table.c.pedigree_id.in_(pedigrees))
        wanted = {element.origin for part in members.values() for element in part}
        wanted.update(connection.execute(found.distinct()).scalars())
    origins = load_origins(connection, wanted)
    judged = []
    for policy in policies:
        assessor = Assessor(policy, book, origins)
        depths = measure_depths(assessor, book, members)
        judged.append(Judged(verdicts=tuple(assessor.verdicts()), depths=depths))
    return judged


def load_members(
    connection: sa.Connection, book: ModelBook, size: int | None = None
) -> dict[DatasetName, Pedigree]:
    """Return all that flows into each dataset version that a model was trained on.

    Args:
        connection: An open transaction.
        book: The models as recorded.
        size: Entries of the log that count; all of them by default.
    """
    trained = {parse_dataset(text) for model in book for text in model.trained_on}
    if not trained:
        return {}
    datasets = {
        number: name
        for number, name in load_datasets(connection, size).items()
        if is_trained_on(name, trained)
    }
    return {
        datasets[number]: elements
        for number, elements in _read_members(connection, datasets, size).items()
    }


def is_trained_on(name: DatasetName, trained: Collection[DatasetName]) -> bool:
    """Whether a dataset version is among those that models were trained on."""
    return name in trained or DatasetName(name.name, "") in trained


def _read_members(
    connection: sa.Connection, datasets: Iterable[int], size: int | None
) -> dict[int, Pedigree]:
    """Return all that flows into each dataset version that has records."""
    tallied, table = schema.tallies, schema.pedigree_origins
    found: dict[int, list[Element]] = {}
    for asked in split_asked(datasets):
        inside = (
            sa.select(tallied.c.dataset_id, tallied.c.pedigree_id)
            .where(
                tallied.c.dimension == DIMENSIONS[""],
                tallied.c.dataset_id.in_(asked),
                logged_by(tallied.c.position, size),
            )
            .group_by(tallied.c.dataset_id, tallied.c.pedigree_id)
            .having(sa.func.sum(tallied.c.records) != 0)
            .subquery()
        )
        keys = (inside.c.dataset_id, table.c.origin_id, table.c.grade, table.c.own)
        least, greatest = table.c.least_hops, table.c.greatest_hops
        query = (
            sa.select(*keys, sa.func.min(least), sa.func.max(greatest))
            .join(table, table.c.pedigree_id == inside.c.pedigree_id)
            .group_by(*keys)
        )
        for number, origin, grade, own, fewest, most in connection.execute(query):
            element = Element(origin, grade, bool(own), fewest, most)
            found.setdefault(number, []).append(element)
    return {number: tuple(sorted(elements)) for number, elements in found.items()}


_VERDICTS: dict[str, TypeEngine[Any]] = {
    "origin_id": sa.BigInteger(),
    "grade": sa.Integer(),
    "own": sa.Integer(),
    "marks": sa.Integer(),
    "depth": sa.Integer(),
    "open": sa.Integer(),
    **{aspect: sa.Text() for aspect in ASPECTS},
}

_UNITED: ColumnElement[int] = sa.literal_column(
    " + ".join(f"max(verdicts.marks & {int(mark)})" for mark in Mark), sa.Integer()
)
"""The marks of a group together: SQLite has no ``bit_or``."""

_TIERS = [(marks, str(tell_tier(marks))) for marks in range(2 * max(Mark))]

_NO_DEPTH: ColumnElement[Any] = sa.cast(sa.null(), sa.Integer())
_NOT_OPEN: ColumnElement[bool] = sa.false()


def select_assessed(
    connection: sa.Connection,
    judged: Judged,
    pedigrees: sa.Select[tuple[int]] | None = None,
    aspects: Collection[str] = ("",),
) -> sa.Select[Any]:
    """Assess pedigrees as a policy has it.

    Args:
        connection: Says which database it is for.
        judged: What the policy makes of elements and models.
        pedigrees: Ids of those that are asked about; all by default.
        aspects: Of model, mode, evidence, and empty for the whole.

    Returns:
        Columns ``pedigree_id, aspect, value, tier, depth, open``, one row per pedigree
        and value of each aspect.
    """
    verdicts = _give_verdicts(connection, judged)
    tiers = give_rows(
        connection, "tiers", {"marks": sa.Integer(), "tier": sa.Text()}, _TIERS
    )
    table = schema.pedigree_origins
    joined = sa.and_(
        verdicts.c.origin_id == table.c.origin_id,
        verdicts.c.grade == table.c.grade,
        verdicts.c.own == sa.cast(table.c.own, sa.Integer),
    )
    asked = sa.true() if pedigrees is None else table.c.pedigree_id.in_(pedigrees)
    whole = (
        sa.select(
            table.c.pedigree_id,
            _UNITED.label("marks"),
            sa.func.max(table.c.greatest_hops + verdicts.c.depth).label("depth"),
            sa.func.max(sa.func.coalesce(verdicts.c.open, 0)).label("open"),
            *(sa.func.count(verdicts.c[name]).label(name) for name in aspects if name),
        )
        .join(verdicts, joined)
        .where(asked)
        .group_by(table.c.pedigree_id)
        .cte("whole")
    )
    found: list[sa.Select[Any]] = []
    for aspect in aspects:
        if not aspect:
            depth = sa.case(
                (whole.c.depth.is_not(None), whole.c.depth),
                (tiers.c.tier != str(Tier.UNKNOWN), 0),
            )
            nothing = sa.cast(sa.null(), sa.Text())
            is_open = whole.c.open == 1
            found.append(_with_tier(whole, tiers, aspect, nothing, depth, is_open))
            continue
        value = verdicts.c[aspect]
        groups = (
            sa.select(table.c.pedigree_id, value.label("value"), _UNITED.label("marks"))
            .join(verdicts, joined)
            .where(value.is_not(None), asked)
            .group_by(table.c.pedigree_id, value)
            .subquery(f"by_{aspect}")
        )
        found.append(_with_tier(groups, tiers, aspect, groups.c.value))
        bare = _with_tier(whole, tiers, aspect, sa.literal(NONE))
        found.append(bare.where(whole.c[aspect] == 0))
    every = sa.union_all(*found).subquery("every")
    return sa.select(*every.c)


def _give_verdicts(connection: sa.Connection, judged: Judged) -> sa.CTE:
    """What the policy makes of every element, and of the model behind it."""
    models = judged.depths.models
    rows = []
    for verdict in judged.verdicts:
        model = models[verdict.model] if verdict.generating and verdict.model else None
        rows.append(
            (
                verdict.origin,
                verdict.grade,
                int(verdict.own),
                int(verdict.marks),
                model.depth if model else None,
                int(model.open) if model else None,
                *(verdict.model, verdict.mode, verdict.evidence),
            )
        )
    return give_rows(connection, "verdicts", _VERDICTS, rows)


def _with_tier(
    assessed: sa.FromClause,
    tiers: sa.FromClause,
    aspect: str,
    value: ColumnElement[Any],
    depth: ColumnElement[Any] = _NO_DEPTH,
    is_open: ColumnElement[bool] = _NOT_OPEN,
) -> sa.Select[Any]:
    """Look the tiers of united marks up, and lay the columns out."""
    return sa.select(
        assessed.c.pedigree_id,
        sa.literal(aspect).label("aspect"),
        value.label("value"),
        tiers.c.tier,
        depth.label("depth"),
        is_open.label("open"),
    ).join(tiers, tiers.c.marks == assessed.c.marks)
