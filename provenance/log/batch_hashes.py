"""The leaf hashes of a batch, hashed anew from its records."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import sqlalchemy as sa

from provenance.errors import LedgerStateError, VerificationError
from provenance.log.batches import LoggedBatch, find_batch, split_batch
from provenance.log.fields import leaf_fields
from provenance.log.leaves import encode_leaves
from provenance.log.many import hash_fields
from provenance.log.redactions import put_leaves_back
from provenance.log.shared import load_shared
from provenance.log.stored import read_piece
from provenance.merkle import (
    TILE_WIDTH,
    LeafHash,
    ReadTile,
    TilePath,
    format_tile,
)
from provenance.store import schema
from provenance.store.arrow import read_batches

__all__ = ["iter_leaf_hashes", "read_batch_tile", "read_leaf"]


def read_leaf(connection: sa.Connection, record_id: int) -> bytes:
    """Return the leaf of one record.

    Raises:
        LedgerStateError: Its name and URL were erased.
        VerificationError: The record is not there.
    """
    batch = find_batch(connection, record_id)
    read = partial(read_batches, connection)
    (piece,) = split_batch(batch, record_id, 1)
    stored = read_piece(read, piece, join_sources=True)
    if stored.redactions:
        raise LedgerStateError(
            "name and URL of this record were erased: its leaf cannot be shown",
            hint="Proofs that were made before still hold.",
        )
    shared = load_shared(read, join_sources=True)
    return encode_leaves(leaf_fields(stored, shared))[0]


def iter_leaf_hashes(
    connection: sa.Connection,
    batch: LoggedBatch,
    first: int | None = None,
    records: int | None = None,
) -> Iterator[list[LeafHash]]:
    """Yield the hashes of neighbouring leaves of a batch, many at a time.

    Args:
        connection: An open transaction.
        batch: What the log has of it.
        first: Id of the first record, unless all are meant.
        records: How many, unless all are meant.

    Raises:
        VerificationError: Records are missing, or point to what is not there.
    """
    read = partial(read_batches, connection)
    shared = load_shared(read, join_sources=True)
    for piece in split_batch(batch, first, records):
        stored = read_piece(read, piece, join_sources=True)
        hashes = hash_fields(leaf_fields(stored, shared))
        yield put_leaves_back(hashes, stored.redactions, piece.first)


def read_batch_tile(connection: sa.Connection, batch: LoggedBatch) -> ReadTile:
    """Return a reader of the tiles of a batch's tree.

    Tiles of level 1 and above are kept; level 0 is hashed from the records.

    Raises:
        VerificationError: (The reader.) A tile or a record is not there.
    """
    table = schema.batch_tiles

    def read_tile(path: TilePath) -> bytes:
        if path.level == 0:
            first = batch.first_record + path.index * TILE_WIDTH
            parts = iter_leaf_hashes(connection, batch, first, path.width)
            return b"".join(format_tile(part) for part in parts)
        kept = connection.execute(
            sa.select(table.c.hashes).where(
                table.c.batch_id == batch.id,
                table.c.level == path.level,
                table.c.number == path.index,
            )
        ).scalar_one_or_none()
        if kept is None:
            raise VerificationError(
                f"batch_tiles: batch {batch.id} lacks tile {path.index} of level "
                f"{path.level}"
            )
        return bytes(kept)

    return read_tile
