"""Encode the records of a batch as leaves, a column at a time."""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.domain.leaf import LEAF_TAG, SALTED_TAG

__all__ = [
    "LEAF_SCHEMA",
    "SALTED_SCHEMA",
    "encode_leaves",
    "join_fields",
    "join_leaves",
]

_TYPES: dict[str, pa.DataType] = {
    "row": pa.int64(),
    "part": pa.int64(),
    "digest": pa.binary(),
    "name": pa.string(),
    "url": pa.string(),
    "fetched_at": pa.int64(),
    "bytes": pa.int64(),
    "tokens": pa.int64(),
    "items": pa.int64(),
    "copies": pa.int64(),
    "language": pa.string(),
    "media_type": pa.string(),
    "medium": pa.string(),
    "split": pa.string(),
    "origins": pa.string(),
    "parents": pa.string(),
}

LEAF_SCHEMA = pa.schema(_TYPES)
"""The columns of a leaf; edges are written out already, empty where none."""

SALTED_SCHEMA = LEAF_SCHEMA.append(pa.field("salt", pa.binary()))
"""The columns of a salted leaf; only what remains of an erased record has no salt."""

_ROWS_JOINED = 32_768
_BYTES_JOINED = 256 << 20
_LENGTHS_KEPT = 2048
_SAMPLE = 1024
_FEW = 16
"""A text that stands this many times in a sample is worth writing once."""


def encode_leaves(records: pa.Table | pa.RecordBatch) -> list[bytes]:
    """Return the leaf of each row of ``LEAF_SCHEMA`` or ``SALTED_SCHEMA``, in order.

    The same bytes as ``domain.format_leaf`` on each row.
    """
    leaves: list[bytes] = []
    for texts in join_leaves(records):
        leaves += texts.cast(pa.binary()).to_pylist()
    return leaves


def join_leaves(
    records: pa.Table | pa.RecordBatch, before: str = ""
) -> Iterator[pa.Array[Any]]:
    """Yield the leaves of the rows of ``LEAF_SCHEMA`` as texts, many at a time.

    Args:
        records: The fields.
        before: Stands before each leaf.
    """
    rows = len(records)
    if rows > _ROWS_JOINED or (rows > 1 and records.nbytes > _BYTES_JOINED):
        # Texts are joined with 32-bit offsets, and faster in the processor's cache.
        step = min(_ROWS_JOINED, -(-rows // 2))
        for start in range(0, rows, step):
            yield from join_leaves(records.slice(start, step), before)
        return
    salted = "salt" in records.schema.names
    names = (SALTED_SCHEMA if salted else LEAF_SCHEMA).names
    columns = [_chunk(records.column(name)) for name in names]
    tag = SALTED_TAG if salted else LEAF_TAG
    yield join_fields(columns, tag=before + tag.decode())


def join_fields(columns: Sequence[pa.Array[Any]], *, tag: str = "") -> pa.Array[Any]:
    """Write each row of some columns as netstrings, one after the other.

    Bytes are written in lower-case hex, numbers in decimal (floats as Python's
    ``repr``), null as ``-``.

    Args:
        columns: Arrays of one length.
        tag: Stands before the first field of each row.
    """
    pieces: list[Any] = []
    before = tag
    for column in columns:
        before = _add_netstring(pieces, before, column)
    if before:
        pieces.append(pa.scalar(before))
    if all(isinstance(piece, pa.Scalar) for piece in pieces):
        text = "".join(piece.as_py() for piece in pieces)
        return pa.repeat(text, len(columns[0]))
    return pc.binary_join_element_wise(*pieces, "")


def _add_netstring(pieces: list[Any], before: str, column: pa.Array[Any]) -> str:
    """Add what makes up a field to what is to be joined.

    Args:
        pieces: Arrays and scalars to be joined row by row.
        before: Text that stands before the field in every row, not yet added.

    Returns:
        Text that follows in every row, not yet added.
    """
    nulls = column.null_count
    if nulls == len(column):
        return f"{before}-"
    if pa.types.is_integer(column.type) and not nulls:
        ends = pc.min_max(column).as_py()
        if ends["min"] == ends["max"]:
            text = str(ends["min"])
            return f"{before}{len(text)}:{text},"
    if pa.types.is_string(column.type) and _repeats(column):
        if before:
            pieces.append(pa.scalar(before))
        pieces.append(_spread(column.dictionary_encode(), nulls))
        return ""
    texts = _to_texts(column)
    if nulls:
        if before:
            pieces.append(pa.scalar(before))
        written = pc.binary_join_element_wise(
            _lengths(pc.binary_length(texts), ""), texts, ",", ""
        )
        pieces.append(written.fill_null("-"))
        return ""
    pieces += [_lengths(pc.binary_length(texts), before), texts]
    return ","


def _repeats(column: pa.Array[Any]) -> bool:
    sample = column[:_SAMPLE]
    return len(pc.unique(sample)) * _FEW < len(sample)


def _spread(encoded: pa.DictionaryArray[Any], nulls: int) -> pa.Array[Any]:
    """Write a column of few distinct texts: each text once, then looked up."""
    distinct = encoded.dictionary
    written = pc.binary_join_element_wise(
        pc.binary_length(distinct).cast(pa.string()), ":", distinct, ",", ""
    )
    places = encoded.indices
    if nulls:
        written = pa.concat_arrays([written, pa.array(["-"])])
        places = places.fill_null(len(distinct))
    return written.take(places)


def _lengths(lengths: pa.Array[Any], before: str) -> Any:
    """Write lengths as the beginnings of netstrings, after some text."""
    ends = pc.min_max(lengths).as_py()
    if ends["min"] == ends["max"] and not lengths.null_count:
        return pa.scalar(f"{before}{ends['min']}:")
    if ends["max"] < _LENGTHS_KEPT:
        return _known_lengths(before).take(lengths)
    return pc.binary_join_element_wise(before, lengths.cast(pa.string()), ":", "")


@lru_cache(maxsize=64)
def _known_lengths(before: str) -> pa.Array[Any]:
    return pa.array([f"{before}{length}:" for length in range(_LENGTHS_KEPT)])


def _to_texts(column: pa.Array[Any]) -> pa.Array[Any]:
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_binary(kind):
        return _to_hex(column)
    if pa.types.is_floating(kind):
        values: list[Any] = column.to_pylist()
        return pa.array(
            [None if value is None else repr(value) for value in values], pa.string()
        )
    return column.cast(pa.string())


def _to_hex(column: pa.Array[Any]) -> pa.Array[Any]:
    """Write bytes in hex: all of them at once, each twice as far from the start."""
    valid, offsets, octets = column.buffers()
    places = pa.Array.from_buffers(
        pa.int32(), len(column) + 1, [None, offsets], 0, column.offset
    )
    doubled = pc.multiply(pc.subtract(places, places[0]), pa.scalar(2, pa.int32()))
    first, last = places[0].as_py(), places[-1].as_py()
    text = binascii.hexlify(memoryview(octets)[first:last]) if octets else b""
    mask = pc.is_valid(column).buffers()[1] if column.null_count else None
    del valid  # it may start within a byte
    return pa.Array.from_buffers(
        pa.string(), len(column), [mask, doubled.buffers()[1], pa.py_buffer(text)]
    )


def _chunk(column: Any) -> pa.Array[Any]:
    """One array of what may be a chunked one."""
    if isinstance(column, pa.ChunkedArray):
        return column.combine_chunks()
    return column
