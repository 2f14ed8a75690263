"""What queries over records share: which item one is of, and what it is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.store.schema import batches, item_pedigrees, records, sources
from provenance.store.standing import standing

__all__ = ["IDENTITY", "OF_BATCH", "OF_ITEM", "select_called"]

IDENTITY: ColumnElement[Any] = sa.func.coalesce(records.c.item, records.c.digest)
"""The whole of what tells the item of a record from others."""

OF_BATCH: ColumnElement[bool] = sa.and_(
    records.c.id >= batches.c.first_record,
    records.c.id < batches.c.first_record + batches.c.records,
)
"""The condition that a record stands in a batch: its ids follow each other."""

OF_ITEM: ColumnElement[bool] = sa.and_(
    item_pedigrees.c.content_key == records.c.content_key,
    item_pedigrees.c.item == IDENTITY,
)
"""The condition that a pedigree that is written out is that of a record's item."""


def select_called(
    datasets: Iterable[int],
    names: sa.Select[tuple[str]] | list[str],
    size: int | None = None,
) -> sa.Select[Any]:
    """Find standing records by name or URL.

    Records of a batch have consecutive ids: the rows of the datasets in question are
    read and no others, though all of them are.

    Args:
        datasets: Ids of the dataset versions they stand in.
        names: What they are called.
        size: Entries of the log that count; all of them by default.

    Returns:
        Columns ``dataset_id, manifest_sha256, content_key``, item, ``name``, URL.
    """
    url = sa.func.coalesce(sources.c.prefix, "").concat(records.c.path)
    return (
        sa.select(
            batches.c.dataset_id,
            batches.c.manifest_sha256,
            records.c.content_key,
            IDENTITY,
            records.c.name,
            url,
        )
        .select_from(batches)
        .join(records, OF_BATCH)
        .outerjoin(sources, sources.c.id == records.c.source_id)
        .where(
            batches.c.dataset_id.in_(list(datasets)),
            standing(batches.c.id, size),
            sa.or_(records.c.name.in_(names), url.in_(names)),
        )
    )
