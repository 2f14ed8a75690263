"""Read a few records of a batch back from the database, as leaves have them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa
import sqlalchemy as sa

from provenance.log.batches import find_batch, split_batch
from provenance.log.fields import leaf_fields
from provenance.log.shared import load_shared
from provenance.log.stored import read_piece
from provenance.store.arrow import read_batches

__all__ = ["reread_records"]


def reread_records(
    connection: sa.Connection, first_record: int, records: int
) -> Iterator[pa.RecordBatch]:
    """Yield neighbouring records of one batch in the order of its leaves.

    Args:
        connection: An open transaction.
        first_record: Id of the first.
        records: How many there should be.

    Returns:
        Batches of ``LEAF_SCHEMA``.

    Raises:
        VerificationError: One is missing, or points to what is not there.
    """
    batch = find_batch(connection, first_record)
    read = partial(read_batches, connection)
    shared = load_shared(read, join_sources=True)
    for piece in split_batch(batch, first_record, records):
        yield leaf_fields(read_piece(read, piece, join_sources=True), shared)
