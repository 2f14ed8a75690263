"""Find the claims that make own origins of items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from provenance.domain import Claim, Subject
from provenance.query.items import ItemKey
from provenance.query.occurrences import Found
from provenance.store import schema
from provenance.store.claims import LoggedClaim, load_claims
from provenance.store.keys import split_asked

__all__ = ["find_claims"]


def find_claims(
    connection: sa.Connection,
    records: Mapping[ItemKey, list[Found]],
    pedigrees: Mapping[ItemKey, int],
) -> dict[ItemKey, list[tuple[LoggedClaim, sa.Row[Any]]]]:
    """Return the claims behind the own origins of items, with their origins.

    Args:
        connection: An open transaction.
        records: The records of each item.
        pedigrees: The pedigree of each item, which holds the claims that reach it.
    """
    claims = load_claims(connection)
    if not claims:
        return {}
    own, origins = _own(connection, pedigrees.values())
    return {
        key: [
            (logged, origins[logged.origin_id])
            for logged in claims
            if logged.origin_id in own.get(pedigrees[key], ())
            and any(_is_about(logged.claim, record) for record in found)
        ]
        for key, found in records.items()
    }


def _own(
    connection: sa.Connection, pedigrees: Iterable[int]
) -> tuple[dict[int, set[int]], dict[int, sa.Row[Any]]]:
    """The own origins of pedigrees by id, and those origins."""
    elements, origins = schema.pedigree_origins, schema.origins
    own: dict[int, set[int]] = {}
    known: dict[int, sa.Row[Any]] = {}
    for asked in split_asked(sorted(set(pedigrees))):
        query = (
            sa.select(
                elements.c.pedigree_id,
                sa.literal(None).label("score"),
                sa.literal(None).label("threshold"),
                *(column for column in origins.c if column.name != "score"),
            )
            .join(origins, origins.c.id == elements.c.origin_id)
            .where(elements.c.pedigree_id.in_(asked), elements.c.own)
        )
        for row in connection.execute(query):
            own.setdefault(row.pedigree_id, set()).add(row.id)
            known[row.id] = row
    return own, known


def _is_about(claim: Claim, record: Found) -> bool:
    row = record.row
    if row.dataset is None or claim.share is not None:
        return False
    if claim.first_at is not None or claim.last_at is not None:
        least = claim.first_at if claim.first_at is not None else row.fetched_at
        last = claim.last_at if claim.last_at is not None else row.fetched_at
        if row.fetched_at is None or not least <= row.fetched_at <= last:
            return False
    if claim.subject is Subject.DATASET:
        return row.dataset == claim.name and claim.version in (None, row.version)
    return claim.subject is Subject.SOURCE and claim.name in (row.host, row.domain)
