"""What policies make of claims: whom they name, and whether that is generation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from provenance.domain import DatasetName, Policy
from provenance.lineage.assess import Assessor
from provenance.lineage.pedigree import own_part
from provenance.store import schema
from provenance.store.arrow import insert_rows
from provenance.store.claims import LoggedClaim, load_shares_of
from provenance.store.facts import load_models

__all__ = ["assess_claims", "assess_shares"]


def assess_claims(
    connection: sa.Connection,
    claims: Collection[LoggedClaim],
    policies: Mapping[int, Policy],
) -> None:
    """Assess claims under stored policies, by their ids: where they are not yet."""
    rows: list[tuple[object, ...]] = []
    for number, policy in policies.items():
        judged = _judge(connection, policy, claims, None)
        rows += [
            (number, claim.id, model, tier)
            for claim, (model, tier) in zip(claims, judged, strict=True)
        ]
    columns = ("policy_id", "claim_id", "model", "tier")
    insert_rows(connection, schema.claim_assessments, columns, rows)


def assess_shares(
    connection: sa.Connection,
    dataset: DatasetName,
    policy: Policy,
    size: int | None = None,
) -> list[dict[str, Any]]:
    """Return the standing shares of a dataset version, as a policy assesses them.

    Args:
        connection: An open transaction.
        dataset: The dataset version.
        policy: A stored one, or any.
        size: Entries of the log that count; all of them by default.

    Returns:
        The same as ``select_shares``, in the order of the log.
    """
    claims = load_shares_of(connection, dataset, size)
    judged = _judge(connection, policy, claims, size)
    return [
        {
            "position": logged.position,
            "unit": logged.claim.unit,
            "share": float(logged.claim.share or 0),
            "model": model,
            "tier": tier,
        }
        for logged, (model, tier) in zip(claims, judged, strict=True)
    ]


def _judge(
    connection: sa.Connection,
    policy: Policy,
    claims: Collection[LoggedClaim],
    size: int | None,
) -> list[tuple[str | None, str]]:
    """Model and tier of each claim; nothing is read where there is none."""
    if not claims:
        return []
    origins = {one.origin_id: one.claim.origin for one in claims}
    book = load_models(connection, size)
    assessor = Assessor(policy, book, origins)
    found = []
    for one in claims:
        of_item = own_part({}, {one.origin_id: one.claim.origin}, book)
        name = one.claim.origin.model
        model = None if name is None else book.find(name).name
        found.append((model, str(assessor.tier(of_item.elements))))
    return found
