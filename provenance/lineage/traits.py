"""What must be looked up when a row of a dataset version is called a parent.

Traits only ever make more look-ups necessary: one too many costs time, never truth.
"""

from __future__ import annotations

import string

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.lineage.called import DIGEST_LENGTHS, DIGEST_NAME
from provenance.store import schema
from provenance.store.arrow import insert_rows

__all__ = ["find_traits", "note_traits"]


def note_traits(connection: sa.Connection, dataset_id: int, rows: pa.Table) -> None:
    """Remember the traits of new records: ``digest``, ``item`` and ``name``."""
    short = pc.and_(pc.is_valid(rows["item"]), pc.is_valid(rows["digest"]))
    names = rows["name"]
    like_digests = names.null_count < len(names) and bool(
        pc.any(pc.match_substring_regex(names, DIGEST_NAME)).as_py()
    )
    _add(
        connection,
        dataset_id,
        short_contents=bool(pc.any(short).as_py()),
        digest_names=like_digests,
    )


def find_traits(connection: sa.Connection) -> None:
    """Find the traits of every dataset version anew, withdrawn records included."""
    records, batches = schema.records, schema.batches
    short = sa.and_(records.c.item.is_not(None), records.c.digest.is_not(None))
    other = sa.func.ltrim(records.c.name, string.hexdigits)  # from the first on
    named = sa.and_(sa.func.length(records.c.name).in_(DIGEST_LENGTHS), other == "")
    query = (
        sa.select(
            batches.c.dataset_id,
            sa.func.max(sa.case((short, 1), else_=0)),
            sa.func.max(sa.case((named, 1), else_=0)),
        )
        .join(records, records.c.batch_id == batches.c.id)
        .where(batches.c.dataset_id.is_not(None))
        .group_by(batches.c.dataset_id)
    )
    for number, has_short, has_named in connection.execute(query).all():
        _add(
            connection,
            number,
            short_contents=bool(has_short),
            digest_names=bool(has_named),
        )


def _add(
    connection: sa.Connection,
    dataset_id: int,
    *,
    short_contents: bool,
    digest_names: bool,
) -> None:
    """Add to the traits of a dataset version; none is ever taken back."""
    table = schema.dataset_traits
    row = connection.execute(
        sa.select(table).where(table.c.dataset_id == dataset_id)
    ).first()
    if row is None:
        columns = ("dataset_id", "short_contents", "digest_names")
        values = (dataset_id, short_contents, digest_names)
        insert_rows(connection, table, columns, [values])
        return
    before = bool(row.short_contents), bool(row.digest_names)
    after = before[0] or short_contents, before[1] or digest_names
    if before != after:
        connection.execute(
            table.update()
            .where(table.c.dataset_id == dataset_id)
            .values(short_contents=after[0], digest_names=after[1])
        )
