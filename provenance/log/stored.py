"""Read a piece of a batch back from the database: its records and their edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.log.batches import Piece
from provenance.log.redactions import Redaction, read_redactions
from provenance.log.shared import Read
from provenance.store import schema

__all__ = ["StoredPiece", "read_piece"]

_NUMBER, _TEXT, _BYTES = pa.int64(), pa.string(), pa.binary()


def _not_null(name: str, kind: pa.DataType) -> pa.Field[Any]:
    return pa.field(name, kind, nullable=False)


_RECORDS = pa.schema(
    [
        _not_null("row", _NUMBER),
        _not_null("part", _NUMBER),
        _not_null("content_key", _NUMBER),
        pa.field("digest", _BYTES),
        pa.field("item", _BYTES),
        pa.field("name", _TEXT),
        pa.field("source_id", _NUMBER),
        pa.field("path", _TEXT),
        pa.field("fetched_at", _NUMBER),
        pa.field("bytes", _NUMBER),
        pa.field("tokens", _NUMBER),
        pa.field("items", _NUMBER),
        _not_null("copies", _NUMBER),
        pa.field("language", _TEXT),
        pa.field("media_type_id", _NUMBER),
        pa.field("split", _TEXT),
    ]
)

_GENERATED_BY = pa.schema(
    [
        _not_null("record_id", _NUMBER),
        _not_null("origin_id", _NUMBER),
        pa.field("score", pa.float64()),
        pa.field("threshold", pa.float64()),
    ]
)

_DERIVED_FROM = pa.schema(
    [
        _not_null("record_id", _NUMBER),
        _not_null("ordinal", _NUMBER),
        pa.field("parent_key", _NUMBER),
        pa.field("parent_digest", _BYTES),
        pa.field("parent_reference", _TEXT),
        _not_null("derivation_id", _NUMBER),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPiece:
    """A piece of a batch as the database holds it, in the order of its leaves."""

    piece: Piece
    records: pa.RecordBatch
    """Columns as stored; with ``prefix`` of the source where that was joined, and
    ``salt`` in a salted batch."""
    generated_by: pa.RecordBatch
    derived_from: pa.RecordBatch
    redactions: Mapping[int, Redaction]
    """What stands for erased records, by place in the piece."""


def read_piece(read: Read, piece: Piece, *, join_sources: bool) -> StoredPiece:
    """Read the records of a piece and their edges.

    Args:
        read: Runs a query.
        piece: What to read.
        join_sources: Bring the prefix of each record's source as well.

    Raises:
        VerificationError: A record is missing, stands in another batch, or holds a
            value that is none of its column; names the record.
    """
    try:
        stored = _read_all(read, piece, join_sources=join_sources)
    except VerificationError as error:
        raise _narrow(read, piece, error, join_sources=join_sources) from error
    if len(stored.records) != piece.records:
        raise _say_missing(read, piece)
    return stored


def _read_all(read: Read, piece: Piece, *, join_sources: bool) -> StoredPiece:
    query, kept = _select_records(piece, join_sources=join_sources)
    edges = {schema.generated_by: _GENERATED_BY, schema.derived_from: _DERIVED_FROM}
    made, derived = (
        _read(read, table, _select_edges(table, piece, columns), columns)
        for table, columns in edges.items()
    )
    return StoredPiece(
        piece=piece,
        records=_read(read, schema.records, query, kept),
        generated_by=made,
        derived_from=derived,
        redactions=read_redactions(read, piece),
    )


def _read(
    read: Read, table: sa.Table, query: sa.Select[Any], kept: pa.Schema
) -> pa.RecordBatch:
    try:
        rows = pa.Table.from_batches(read(query, kept), kept)
    except VerificationError as error:
        raise VerificationError(
            f"{table.name}: {error.message}", hint=error.hint
        ) from error
    if not len(rows):
        return pa.RecordBatch.from_pylist([], schema=kept)
    return rows.combine_chunks().to_batches()[0]


def _narrow(
    read: Read, piece: Piece, error: VerificationError, *, join_sources: bool
) -> VerificationError:
    """Find the record at which a piece cannot be read, by halves."""
    while piece.records > 1:
        half = piece.records // 2
        for start, count in ((0, half), (half, piece.records - half)):
            part = Piece(batch=piece.batch, first=piece.first + start, records=count)
            try:
                _read_all(read, part, join_sources=join_sources)
            except VerificationError as found:
                piece, error = part, found
                break
        else:
            return error
    table, _, what = error.message.partition(": ")
    return VerificationError(
        f"{table}, of record id {piece.first}: {what}", hint=error.hint
    )


def _select_records(
    piece: Piece, *, join_sources: bool
) -> tuple[sa.Select[Any], pa.Schema]:
    records, sources, salts = schema.records, schema.sources, schema.record_salts
    kept = _RECORDS
    joined: sa.FromClause = records
    query = (
        sa.select(*(records.c[name] for name in _RECORDS.names))
        .where(
            records.c.id >= piece.first,
            records.c.id < piece.first + piece.records,
            records.c.batch_id == piece.batch.id,
        )
        .order_by(records.c.id)
    )
    if join_sources:
        joined = joined.outerjoin(sources, sources.c.id == records.c.source_id)
        query = query.add_columns(sources.c.prefix)
        kept = kept.append(pa.field("prefix", _TEXT))
    if piece.batch.salted:
        joined = joined.outerjoin(salts, salts.c.record_id == records.c.id)
        query = query.add_columns(salts.c.salt)
        kept = kept.append(pa.field("salt", _BYTES))
    return query.select_from(joined), kept


def _select_edges(table: sa.Table, piece: Piece, kept: pa.Schema) -> sa.Select[Any]:
    record, second, *_ = kept.names
    return (
        sa.select(*(table.c[name] for name in kept.names))
        .where(
            table.c[record] >= piece.first,
            table.c[record] < piece.first + piece.records,
        )
        .order_by(table.c[record], table.c[second])
    )


def _say_missing(read: Read, piece: Piece) -> VerificationError:
    records = schema.records
    kept = pa.schema({"id": pa.int64(), "batch_id": pa.int64()})
    query = (
        sa.select(records.c.id, records.c.batch_id)
        .where(records.c.id >= piece.first, records.c.id < piece.first + piece.records)
        .order_by(records.c.id)
    )
    expected = piece.first
    for batch in read(query, kept):
        for row in batch.to_pylist():
            if row["id"] != expected:
                break
            if row["batch_id"] != piece.batch.id:
                return VerificationError(
                    f"records, id {expected}, column batch_id: {row['batch_id']}, the "
                    f"log has the record in batch {piece.batch.id}"
                )
            expected += 1
    return VerificationError(
        f"records, id {expected}: the record is missing from batch {piece.batch.id}",
        hint="Rows were removed without the log. Restore the ledger from a backup.",
    )
