"""Claims that speak of a part of a dataset, not said which: what they ask for.

Such a share counts in its own unit only and includes what is known already. What is
asked for beyond that moves from unknown to generated, as far as unknown goes.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.domain import Tier, Unit
from provenance.store.amounts import ASSESSED, select_amounts, select_stored
from provenance.store.claims import stands
from provenance.store.schema import claim_assessments, claims, datasets

__all__ = ["select_needs", "select_shares"]

_Policy = ColumnElement[int] | sa.ScalarSelect[int] | int


def select_shares(policy: _Policy) -> sa.Select[Any]:
    """The standing shares of each dataset version, as a policy assesses them.

    Returns:
        Columns ``dataset_id, position, unit, share, model, tier``; a share counts
        where the tier is *generated*.
    """
    of_version = sa.or_(
        claims.c.version.is_(None), claims.c.version == datasets.c.version
    )
    return (
        sa.select(
            datasets.c.id.label("dataset_id"),
            claims.c.position,
            claims.c.unit,
            claims.c.share,
            claim_assessments.c.model,
            claim_assessments.c.tier,
        )
        .select_from(claims)
        .join(datasets, sa.and_(datasets.c.name == claims.c.name, of_version))
        .join(
            claim_assessments,
            sa.and_(
                claim_assessments.c.claim_id == claims.c.id,
                claim_assessments.c.policy_id == policy,
            ),
        )
        .where(claims.c.share.is_not(None), stands())
    )


def select_needs(policy: _Policy, unit: Unit) -> sa.Select[Any]:
    """How much of each dataset version its shares ask for beyond what is known.

    Of several shares of one model the greatest counts: each includes what is known.

    Returns:
        Columns ``dataset_id, needed``, in plain units.
    """
    said = select_shares(policy).subquery()
    shares = (
        sa.select(
            said.c.dataset_id, said.c.model, sa.func.max(said.c.share).label("share")
        )
        .where(said.c.unit == str(unit), said.c.tier == str(Tier.GENERATED))
        .group_by(said.c.dataset_id, said.c.model)
        .subquery()
    )
    within = sa.select(shares.c.dataset_id)
    whole = select_amounts(select_stored(policy), dataset=within).subquery()
    by_model = select_amounts(
        select_stored(policy, "model"), aspect="model", dataset=within
    ).subquery()
    totals = (
        sa.select(whole.c.dataset_id, _amount(whole, unit).label("total"))
        .group_by(whole.c.dataset_id)
        .subquery()
    )
    known = (
        sa.select(
            by_model.c.dataset_id,
            by_model.c.value,
            _amount(by_model, unit).label("known"),
        )
        .where(by_model.c.tier == str(Tier.GENERATED))
        .group_by(by_model.c.dataset_id, by_model.c.value)
        .subquery()
    )
    zero: ColumnElement[Any] = sa.literal_column("0.0")
    more = shares.c.share * totals.c.total - sa.func.coalesce(known.c.known, zero)
    noise = totals.c.total * sa.literal_column("1e-12")  # of binary fractions
    return (
        sa.select(
            shares.c.dataset_id,
            sa.func.sum(sa.case((more > noise, more), else_=zero)).label("needed"),
        )
        .join(totals, totals.c.dataset_id == shares.c.dataset_id)
        .outerjoin(
            known,
            sa.and_(
                known.c.dataset_id == shares.c.dataset_id,
                known.c.value == shares.c.model,
            ),
        )
        .group_by(shares.c.dataset_id)
    )


def _amount(found: sa.Subquery, unit: Unit) -> ColumnElement[Any]:
    summed: ColumnElement[Any] = sa.cast(sa.func.sum(found.c[str(unit)]), sa.Double())
    return summed / sa.literal_column("1000.0") if unit in ASSESSED else summed
