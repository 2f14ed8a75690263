"""The one query behind every number: tallies joined with an assessment.

Tallies are differences, each stamped with the log position that brought it: those of
the first entries of the log are what a report said when it had no more of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.domain import DEFAULT, Tier, Unit
from provenance.store.keys import InOrder
from provenance.store.schema import (
    assessments,
    datasets,
    policies,
    tallies,
    tally_values,
)
from provenance.store.standing import logged_by

__all__ = [
    "ASSESSED",
    "DIMENSIONS",
    "default_policy",
    "select_amounts",
    "select_by_dimension",
    "select_pedigrees",
    "select_stored",
    "select_tallied",
]

DIMENSIONS = {"": 0, "month": 1, "source": 2, "language": 3, "split": 4, "medium": 5}
"""What tallies are kept by → its number; never the cross product of two."""

ASSESSED = ("items", "bytes", "tokens")
"""The units a record may lack; their tallies are in thousandths."""


def default_policy() -> sa.ScalarSelect[int]:
    """The id of the newest stored version of the default policy."""
    return (
        sa.select(policies.c.id)
        .where(policies.c.name == DEFAULT.name)
        .order_by(policies.c.version.desc())
        .limit(1)
        .scalar_subquery()
    )


def select_stored(
    policy: ColumnElement[int] | sa.ScalarSelect[int] | int, aspect: str = ""
) -> sa.Select[Any]:
    """What a stored policy makes of every pedigree, as of the head.

    Args:
        policy: Its id.
        aspect: model, mode or evidence; empty for the whole.
    """
    return sa.select(assessments).where(
        assessments.c.aspect == aspect, assessments.c.policy_id == policy
    )


def select_amounts(
    assessed: sa.Select[Any],
    *,
    dimension: str = "",
    aspect: str = "",
    by_depth: bool = False,
    only: Unit | None = None,
    dataset: int | sa.Select[tuple[int]] | None = None,
    size: int | None = None,
) -> sa.Select[Any]:
    """Sum the tallies by dataset, group and tier under a policy.

    Args:
        assessed: What the policy makes of pedigrees, by the aspect: of all that the
            datasets have.
        dimension: month, source, language, split or medium; empty for none.
        aspect: model, mode or evidence; empty for none.
        by_depth: Group by generation depth, and whether it is open.
        only: Leave out the other units, and what records lack.
        dataset: Id of the one dataset version that is asked about, or a query for
            those of several.
        size: Entries of the log that count; all of them by default.

    Returns:
        Columns ``dataset_id, value, tier``, one per unit, and ``without_…`` for the
        units a record may lack; ``open`` by depth. Items, bytes and tokens are in
        thousandths.
    """
    summed = _summed(only)
    moved = _sum_by_pedigree(summed, dimension, dataset, size)
    judged = assessed.subquery("assessed")
    rows: Any = moved.join(judged, judged.c.pedigree_id == moved.c.pedigree_id)
    value: ColumnElement[Any] = sa.null()
    if dimension:
        value = tally_values.c.value
        rows = rows.join(tally_values, tally_values.c.id == moved.c.value_id)
    elif aspect:
        value = judged.c.value
    elif by_depth:
        value = judged.c.depth
    keys: list[ColumnElement[Any]] = [moved.c.dataset_id, judged.c.tier]
    if dimension or aspect or by_depth:
        keys.append(value)
    opened = [judged.c.open] if by_depth else []
    return (
        sa.select(
            moved.c.dataset_id,
            value.label("value"),
            judged.c.tier,
            *opened,
            *_sums(moved, summed),
        )
        .select_from(rows)
        .group_by(*keys, *opened)
        .having(sa.func.sum(moved.c.present) != 0)
    )


def select_by_dimension(
    judged: sa.FromClause,
    *,
    dimension: str,
    only: Unit,
    dataset: int,
    size: int | None = None,
) -> sa.Select[Any]:
    """Sum the tallies of a dataset version by the values of a dimension, and tier.

    There may be millions: each is read once, in their order, and looks its pedigree
    up. ``select_amounts`` would make a row of each value and pedigree on the way.

    Args:
        judged: ``pedigree_id, tier`` of each of its pedigrees; a tier is its place in
            ``Tier``, so that one number tells value and tier, and sorts faster than
            two.
        dimension: month, source, language, split or medium.
        only: The unit to sum.
        dataset: Its id.
        size: Entries of the log that count; all of them by default.

    Returns:
        Value, tier and amount; items, bytes and tokens are in thousandths.
    """
    tiers = len(Tier)
    group = (tallies.c.value_id * tiers + judged.c.tier).label("value_and_tier")
    found = (
        sa.select(group, *_sums(tallies, [only]))
        .select_from(
            InOrder(tallies, judged, judged.c.pedigree_id == tallies.c.pedigree_id)
        )
        .where(
            tallies.c.dataset_id == dataset,
            tallies.c.dimension == DIMENSIONS[dimension],
            logged_by(tallies.c.position, size),
        )
        .group_by(group.name)
        .having(sa.func.sum(tallies.c.records) != 0)
        .subquery("found")
    )
    both = found.c.value_and_tier
    return sa.select(tally_values.c.value, both % tiers, found.c[only]).join_from(
        found, tally_values, tally_values.c.id == both // tiers
    )


def _summed(only: Unit | None) -> list[str]:
    """What is added up: a unit, or all of them and what records lack."""
    return [only] if only else [*Unit, *(f"without_{unit}" for unit in ASSESSED)]


def _sums(rows: sa.FromClause, summed: Iterable[str]) -> list[ColumnElement[Any]]:
    return [
        sa.cast(sa.func.sum(rows.c[name]), sa.BigInteger).label(name) for name in summed
    ]


def _sum_by_pedigree(
    summed: list[str],
    dimension: str,
    dataset: int | sa.Select[tuple[int]] | None,
    size: int | None,
) -> sa.Subquery:
    """Add up the differences before anything is joined: a few rows per pedigree.

    Joined first, they would be read once for each pedigree that a policy assesses.
    """
    keys = [tallies.c.dataset_id, tallies.c.pedigree_id]
    if dimension:
        keys.append(tallies.c.value_id)
    query = (
        sa.select(
            *keys,
            sa.func.sum(tallies.c.records).label("present"),
            *(sa.func.sum(tallies.c[name]).label(name) for name in summed),
        )
        .where(tallies.c.dimension == DIMENSIONS[dimension])
        .where(logged_by(tallies.c.position, size))
        .group_by(*keys)
    )
    if isinstance(dataset, int):
        query = query.where(tallies.c.dataset_id == dataset)
    elif dataset is not None:
        query = query.where(tallies.c.dataset_id.in_(dataset))
    return query.subquery()


def select_tallied(
    dataset: int, dimension: str = "", size: int | None = None
) -> sa.Select[Any]:
    """The sums of a dataset version by pedigree, before any policy.

    Args:
        dataset: Its id.
        dimension: month, source, language, split or medium; empty for none.
        size: Entries of the log that count; all of them by default.

    Returns:
        Columns ``pedigree_id, value_id``, one per unit, and ``without_…`` for the units
        a record may lack; only what has records. Items, bytes and tokens are in
        thousandths.
    """
    summed = _summed(None)
    moved = _sum_by_pedigree(summed, dimension, dataset, size)
    value = moved.c.value_id if dimension else sa.null()
    return sa.select(
        moved.c.pedigree_id,
        value.label("value_id"),
        *(sa.cast(moved.c[name], sa.BigInteger).label(name) for name in summed),
    ).where(moved.c.present != 0)


def select_pedigrees(dataset: int, size: int | None = None) -> sa.Select[tuple[int]]:
    """The pedigrees of the items of a dataset version, by its id."""
    return (
        sa.select(tallies.c.pedigree_id)
        .where(tallies.c.dataset_id == dataset, tallies.c.dimension == DIMENSIONS[""])
        .where(logged_by(tallies.c.position, size))
        .group_by(tallies.c.pedigree_id)
        .having(sa.func.sum(tallies.c.records) != 0)
    )


def dataset_columns() -> list[ColumnElement[Any]]:
    """The columns that name a dataset version in every view."""
    return [datasets.c.name.label("dataset"), datasets.c.version.label("version")]
