"""Log that name, URL and salt of records are erased, and erase them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.log.append import append_entry
from provenance.log.batch_hashes import read_batch_tile
from provenance.log.batches import LoggedBatch, find_batch, split_batch
from provenance.log.fields import leaf_fields
from provenance.log.leaves import encode_leaves
from provenance.log.redactions import Redaction
from provenance.log.shared import load_shared
from provenance.log.stored import read_piece
from provenance.merkle import (
    RootHash,
    TreeHead,
    hash_leaf,
    lookup_tiles,
    prove_inclusion,
    verify_inclusion,
)
from provenance.merkle.tree import Hash
from provenance.store import schema
from provenance.store.arrow import read_batches
from provenance.store.triggers import lift_triggers

__all__ = ["redact_records"]

_AN_ENTRY = 250
"""Records in one entry, at most: it has to fit the log format."""

_ASKED = 500
_ERASED = ("name", "url", "salt")


def redact_records(
    connection: sa.Connection, ids: Sequence[int], why: str, now: int
) -> list[int]:
    """Log a redaction and erase name, source, path and salt of records.

    Every record is shown to stand in its batch first: what was changed behind the
    log's back is not washed by an erasure.

    Args:
        connection: An open writing transaction, of the owner of the tables.
        ids: Records that were not erased before.
        why: Said in the log, for good: name nobody in it.
        now: Microseconds since 1970 UTC.

    Returns:
        Log positions of the redaction.

    Raises:
        VerificationError: A record is not what was logged. Nothing is erased.
    """
    found = list(_hash_records(connection, sorted(ids)))
    positions = []
    for start in range(0, len(found), _AN_ENTRY):
        part = found[start : start + _AN_ENTRY]
        body = {
            "redacted": [
                {
                    "batch": batch,
                    "index": index,
                    "item": None if said.item is None else said.item.hex(),
                    "leaf": said.leaf.hex(),
                    "remains": said.remains.hex(),
                }
                for batch, index, said in part
            ],
            "why": why,
        }
        position = append_entry(connection, "redaction", body, now)
        rows = [
            {
                "batch": batch,
                "leaf_index": index,
                "item": said.item,
                "leaf": said.leaf,
                "remains": said.remains,
                "position": position,
            }
            for batch, index, said in part
        ]
        connection.execute(schema.redactions.insert(), rows)
        positions.append(position)
    _erase(connection, sorted(ids))
    return positions


def _hash_records(
    connection: sa.Connection, ids: Sequence[int]
) -> Iterator[tuple[int, int, Redaction]]:
    """Yield batch position, leaf index and redaction of each record."""
    table = schema.batches
    for batch, members in groupby(ids, _Batches(connection).find):
        position = connection.execute(
            sa.select(table.c.position).where(table.c.id == batch.id)
        ).scalar_one()
        lookup = lookup_tiles(
            read_batch_tile(connection, batch), tree_size=batch.records
        )
        head = TreeHead(tree_size=batch.records, root=RootHash(Hash(batch.root)))
        for number in members:
            index = number - batch.first_record
            said = _hash_record(connection, batch, number)
            proof = prove_inclusion(lookup, leaf_index=index, tree_size=batch.records)
            verify_inclusion(said.leaf, proof, head)
            yield position, index, said


class _Batches:
    """Finds the batch of each record; neighbours mostly share it."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._last: LoggedBatch | None = None

    def find(self, number: int) -> LoggedBatch:
        last = self._last
        if last is None or not 0 <= number - last.first_record < last.records:
            self._last = last = find_batch(self._connection, number)
        return last


def _hash_record(
    connection: sa.Connection, batch: LoggedBatch, number: int
) -> Redaction:
    read = partial(read_batches, connection)
    (piece,) = split_batch(batch, number, 1)
    stored = read_piece(read, piece, join_sources=True)
    if stored.redactions:
        raise VerificationError(f"records, id {number}: it was erased before")
    fields = leaf_fields(stored, load_shared(read, join_sources=True))
    columns: list[Any] = [
        pa.nulls(1, field.type) if field.name in _ERASED else column
        for field, column in zip(fields.schema, fields.columns, strict=True)
    ]
    remains = pa.record_batch(columns, schema=fields.schema)
    return Redaction(
        item=stored.records.column("item")[0].as_py(),
        leaf=hash_leaf(encode_leaves(fields)[0]),
        remains=hash_leaf(encode_leaves(remains)[0]),
    )


def _erase(connection: sa.Connection, ids: Sequence[int]) -> None:
    """Empty name, source and path; drop salts, and sources with no record left."""
    records, sources, salts = schema.records, schema.sources, schema.record_salts
    with lift_triggers(connection, records, sources, salts):
        for start in range(0, len(ids), _ASKED):
            asked = records.c.id.in_(ids[start : start + _ASKED])
            pointed = sa.select(records.c.source_id).where(asked).distinct()
            left = [n for n in connection.execute(pointed).scalars() if n is not None]
            connection.execute(
                records.update()
                .where(asked)
                .values(name=None, source_id=None, path=None)
            )
            salted = salts.c.record_id.in_(ids[start : start + _ASKED])
            connection.execute(salts.delete().where(salted))
            used = sa.exists().where(records.c.source_id == sources.c.id)
            connection.execute(sources.delete().where(sources.c.id.in_(left), ~used))
