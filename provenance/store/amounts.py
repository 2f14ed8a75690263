"""The one query behind every number: tallies joined with an assessment."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.domain import DEFAULT, Unit
from provenance.store.schema import (
    assessments,
    datasets,
    policies,
    tallies,
    tally_values,
)

__all__ = ["ASSESSED", "DIMENSIONS", "default_policy", "select_amounts"]

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


def select_amounts(
    policy: ColumnElement[int] | sa.ScalarSelect[int] | int,
    *,
    dimension: str = "",
    aspect: str = "",
    by_depth: bool = False,
    only: Unit | None = None,
) -> sa.Select[Any]:
    """Sum the tallies by dataset, group and tier under a policy.

    Args:
        policy: Id of a stored policy.
        dimension: month, source, language, split or medium; empty for none.
        aspect: model, mode or evidence; empty for none.
        by_depth: Group by generation depth.
        only: Leave out the other units, and what records lack: a breakdown by a
            dimension of many values takes half the time.

    Returns:
        Columns ``dataset_id, value, tier``, one per unit, and ``without_…`` for the
        units a record may lack. Items, bytes and tokens are in thousandths.
    """
    value: ColumnElement[Any] = sa.null().label("value")
    rows: Any = tallies.join(
        assessments, assessments.c.pedigree_id == tallies.c.pedigree_id
    )
    if dimension:
        value = tally_values.c.value.label("value")
        rows = rows.join(tally_values, tally_values.c.id == tallies.c.value_id)
    elif aspect:
        value = assessments.c.value.label("value")
    elif by_depth:
        value = assessments.c.depth.label("value")
    keys: list[ColumnElement[Any]] = [tallies.c.dataset_id, assessments.c.tier]
    if dimension or aspect or by_depth:
        keys.append(value.element if isinstance(value, sa.Label) else value)
    summed = [only] if only else [*Unit, *(f"without_{unit}" for unit in ASSESSED)]
    return (
        sa.select(
            tallies.c.dataset_id,
            value,
            assessments.c.tier,
            *(
                sa.cast(sa.func.sum(tallies.c[str(name)]), sa.BigInteger).label(
                    str(name)
                )
                for name in summed
            ),
        )
        .select_from(rows)
        .where(
            tallies.c.dimension == DIMENSIONS[dimension],
            assessments.c.aspect == aspect,
            assessments.c.policy_id == policy,
        )
        .group_by(*keys)
        .having(sa.func.sum(tallies.c.records) != 0)
    )


def dataset_columns() -> list[ColumnElement[Any]]:
    """The columns that name a dataset version in every view."""
    return [datasets.c.name.label("dataset"), datasets.c.version.label("version")]
