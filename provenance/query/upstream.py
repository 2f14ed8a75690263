"""Find the records elsewhere that decide the pedigrees of a dataset's items.

Records of the same content in other datasets, evidence about it, the records of its
parents, and so on up: what makes a dataset's report the same somewhere else.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from provenance.store import schema
from provenance.store.keys import ASKED_RECORDS, InOrder, prefer_indexes
from provenance.store.records import IDENTITY, OF_BATCH
from provenance.store.standing import standing

__all__ = ["ask_upstream"]


def ask_upstream(connection: sa.Connection, batches: Iterable[int]) -> int:
    """Fill ``ASKED_RECORDS`` with the records that items of batches hang on.

    Args:
        connection: An open transaction that may make temporary tables.
        batches: Ids of the batches of the dataset; their own records are left out.

    Returns:
        How many records those are.
    """
    records, derived = schema.records, schema.derived_from
    named = schema.named_parents
    inside = list(batches)
    prefer_indexes(connection)
    wanted = (
        sa.select(records.c.content_key, IDENTITY.label("item"))
        .select_from(InOrder(schema.batches, records, OF_BATCH))
        .where(schema.batches.c.id.in_(inside))
        .cte("wanted", recursive=True)
    )
    links = sa.union_all(
        sa.select(
            derived.c.record_id,
            derived.c.parent_key.label("content_key"),
            derived.c.parent_digest.label("item"),
        ).where(derived.c.parent_digest.is_not(None)),
        sa.select(named.c.record_id, named.c.content_key, named.c.item),
    ).subquery("links")
    same = sa.and_(
        records.c.content_key == wanted.c.content_key, wanted.c.item == IDENTITY
    )
    above = (
        sa.select(links.c.content_key, links.c.item)
        .select_from(wanted)
        .join(records, sa.and_(same, standing()))
        .join(links, links.c.record_id == records.c.id)
    )
    wanted = wanted.union(above)
    same = sa.and_(
        records.c.content_key == wanted.c.content_key, wanted.c.item == IDENTITY
    )
    outside = (
        sa.select(records.c.id)
        .select_from(wanted)
        .join(records, same)
        .where(standing(), records.c.batch_id.not_in(inside))
    )
    connection.execute(sa.schema.CreateTable(ASKED_RECORDS, if_not_exists=True))
    connection.execute(ASKED_RECORDS.delete())
    connection.execute(ASKED_RECORDS.insert().from_select(["record_id"], outside))
    return connection.execute(
        sa.select(sa.func.count()).select_from(ASKED_RECORDS)
    ).scalar_one()
