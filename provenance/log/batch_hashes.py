"""The leaf hashes of a batch, hashed anew from its records."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.log.leaves import encode_leaves
from provenance.log.reread import reread_records
from provenance.merkle import (
    TILE_WIDTH,
    LeafHash,
    ReadTile,
    TilePath,
    format_tile,
    hash_leaves,
)
from provenance.store import schema

__all__ = ["iter_leaf_hashes", "read_batch_tile", "read_leaf"]


def read_leaf(connection: sa.Connection, record_id: int) -> bytes:
    """Return the leaf of one record.

    Raises:
        VerificationError: The record is not there.
    """
    for fields in reread_records(connection, record_id, 1):
        return encode_leaves(fields)[0]
    raise VerificationError(f"records: the record with id {record_id} is missing")


def iter_leaf_hashes(
    connection: sa.Connection, first_record: int, records: int
) -> Iterator[list[LeafHash]]:
    """Yield the hashes of neighbouring leaves of a batch, many at a time.

    Raises:
        VerificationError: Records are missing.
    """
    found = 0
    for fields in reread_records(connection, first_record, records):
        hashes = hash_leaves(encode_leaves(fields))
        found += len(hashes)
        yield hashes
    if found != records:
        raise VerificationError(
            f"records: {records - found} of those with ids {first_record} to "
            f"{first_record + records - 1} are missing"
        )


def read_batch_tile(
    connection: sa.Connection, batch_id: int, first_record: int
) -> ReadTile:
    """Return a reader of the tiles of a batch's tree.

    Tiles of level 1 and above are kept; level 0 is hashed from the records.

    Raises:
        VerificationError: (The reader.) A tile or a record is not there.
    """
    table = schema.batch_tiles

    def read_tile(path: TilePath) -> bytes:
        if path.level == 0:
            first = first_record + path.index * TILE_WIDTH
            parts = iter_leaf_hashes(connection, first, path.width)
            return b"".join(format_tile(part) for part in parts)
        kept = connection.execute(
            sa.select(table.c.hashes).where(
                table.c.batch_id == batch_id,
                table.c.level == path.level,
                table.c.number == path.index,
            )
        ).scalar_one_or_none()
        if kept is None:
            raise VerificationError(
                f"batch_tiles: batch {batch_id} lacks tile {path.index} of level "
                f"{path.level}"
            )
        return bytes(kept)

    return read_tile
