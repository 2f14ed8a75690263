"""Find the claims that make own origins of items."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from provenance.domain import Claim, Subject
from provenance.query.items import ItemKey
from provenance.query.occurrences import Found
from provenance.store import schema
from provenance.store.claims import LoggedClaim, load_claims
from provenance.store.keys import split_asked

__all__ = ["find_claims", "find_own"]


def find_claims(
    connection: sa.Connection,
    records: Mapping[ItemKey, list[Found]],
    own: Mapping[ItemKey, Collection[int]],
    size: int | None = None,
) -> dict[ItemKey, list[tuple[LoggedClaim, sa.Row[Any]]]]:
    """Return the claims behind the own origins of items, with their origins.

    Args:
        connection: An open transaction.
        records: The records of each item.
        own: Ids of the own origins of each item, those of claims that reach it too.
        size: Entries of the log that count; all of them by default.
    """
    claims = load_claims(connection, size=size)
    if not claims:
        return {}
    origins = _read_origins(connection, {logged.origin_id for logged in claims})
    return {
        key: [
            (logged, origins[logged.origin_id])
            for logged in claims
            if logged.origin_id in own.get(key, ())
            and any(_is_about(logged.claim, record) for record in found)
        ]
        for key, found in records.items()
    }


def find_own(
    connection: sa.Connection, pedigrees: Mapping[ItemKey, int]
) -> dict[ItemKey, set[int]]:
    """Return the ids of the own origins of items, by the pedigrees they have."""
    elements = schema.pedigree_origins
    own: dict[int, set[int]] = {}
    for asked in split_asked(sorted(set(pedigrees.values()))):
        query = sa.select(elements.c.pedigree_id, elements.c.origin_id).where(
            elements.c.pedigree_id.in_(asked), elements.c.own
        )
        for number, origin in connection.execute(query):
            own.setdefault(number, set()).add(origin)
    return {key: own.get(number, set()) for key, number in pedigrees.items()}


def _read_origins(
    connection: sa.Connection, numbers: Iterable[int]
) -> dict[int, sa.Row[Any]]:
    origins = schema.origins
    known: dict[int, sa.Row[Any]] = {}
    for asked in split_asked(sorted(numbers)):
        query = sa.select(
            sa.literal(None).label("score"),
            sa.literal(None).label("threshold"),
            *(column for column in origins.c if column.name != "score"),
        ).where(origins.c.id.in_(asked))
        known |= {row.id: row for row in connection.execute(query)}
    return known


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
