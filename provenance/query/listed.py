"""Every standing record of a dataset version, as a list that is streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.domain import Unit
from provenance.store.records import OF_BATCH, OF_ITEM
from provenance.store.schema import (
    batches,
    item_pedigrees,
    media_types,
    records,
    sources,
)
from provenance.store.standing import standing
from provenance.store.stream import read_committed

__all__ = ["LISTED", "read_listed"]

LISTED = pa.schema(
    [
        pa.field("position", pa.int64(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("part", pa.int64(), nullable=False),
        pa.field("digest", pa.binary()),
        pa.field("name", pa.string()),
        pa.field("url", pa.string()),
        pa.field("source", pa.string()),
        pa.field("fetched_at", pa.int64()),
        pa.field("language", pa.string()),
        pa.field("split", pa.string()),
        pa.field("medium", pa.string()),
        pa.field("weight", pa.int64()),
        pa.field("pedigree_id", pa.int64()),
    ]
)
"""Position of the batch in the log, row and part: together they name a record.

The weight is what the record has of a unit × copies, in thousandths; null where it
lacks the unit. The pedigree is null where the month and the medium of the record's
capture are all there is to it.
"""


def read_listed(
    connection: sa.Connection, dataset: int, unit: Unit
) -> Iterator[pa.RecordBatch]:
    """Return the standing records of a dataset version, in no order.

    Args:
        connection: An open transaction that has written nothing.
        dataset: Id of the dataset version.
        unit: records, items, bytes or tokens.
    """
    return read_committed(connection, _select(dataset, unit), LISTED)


def _select(dataset: int, unit: Unit) -> sa.Select[Any]:
    one: ColumnElement[Any] = sa.literal_column("1")
    amount = one if unit is Unit.RECORDS else records.c[str(unit)]
    copies = sa.literal_column("1000") if unit is Unit.RECORDS else records.c.copies
    return (
        sa.select(
            batches.c.position,
            records.c.row,
            records.c.part,
            records.c.digest,
            records.c.name,
            sa.func.coalesce(sources.c.prefix, "").concat(records.c.path),
            sources.c.domain,
            records.c.fetched_at,
            records.c.language,
            records.c.split,
            media_types.c.medium,
            amount * copies,
            item_pedigrees.c.pedigree_id,
        )
        .select_from(batches)
        .join(records, OF_BATCH)
        .outerjoin(sources, sources.c.id == records.c.source_id)
        .outerjoin(media_types, media_types.c.id == records.c.media_type_id)
        .outerjoin(item_pedigrees, OF_ITEM)
        .where(batches.c.dataset_id == dataset, standing(batches.c.id))
    )
