"""Keys of items, a column at a time; equal to ``domain.digests`` value by value."""

from __future__ import annotations

import os
from array import array
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.domain import DatasetName
from provenance.domain.digests import NAMED_PREFIX, frame

if TYPE_CHECKING:
    import duckdb

__all__ = ["digest_keys", "item_keys", "items_within"]

_PREFIX = 2
_MD5_PREFIX = 3
_KEY_BYTES = 8


def items_within(
    prefix: bytes, dataset: DatasetName, parts: pa.Array[Any]
) -> pa.Array[Any]:
    """Return the keys of items that are the same only within a dataset version.

    Args:
        prefix: ``NAMED_PREFIX`` or ``SCOPED_PREFIX``.
        dataset: The dataset version.
        parts: Names in UTF-8, or digests, as binary; nulls stay null.
    """
    before = frame(dataset.name.encode(), dataset.version.encode())
    with _open_duck(os.getpid()).cursor() as duck:
        duck.register("parts", pa.table({"part": parts.cast(pa.binary())}))
        hashed = duck.sql(
            """
            SELECT $prefix::BLOB || unhex(sha256(
                $before::BLOB || unhex(printf('%08x', octet_length(part))) || part
            )) AS item FROM parts
            """,
            params={"prefix": prefix, "before": before},
        ).to_arrow_table()
    items: pa.Array[Any] = hashed["item"].combine_chunks().cast(pa.binary())
    return items


@cache
def _open_duck(process: int) -> duckdb.DuckDBPyConnection:  # noqa: ARG001 - each has its own, a forked one too
    """An empty database that stays open: to open one takes longer than few hashes."""
    import duckdb  # noqa: PLC0415 - worker processes that need none start sooner

    return duckdb.connect(config={"threads": "1"})


def item_keys(items: pa.Array[Any]) -> pa.Array[Any]:
    """Return the content key of each item that ``items_within`` made."""
    return _signed(items, len(NAMED_PREFIX))


def digest_keys(digests: pa.Array[Any]) -> pa.Array[Any]:
    """Return the first 8 hash bytes of each multihash as signed integers.

    Nulls stay null. Equal to ``domain.content_key`` of each, without a loop.
    """
    keys = _signed(digests, _PREFIX)
    is_md5 = pc.starts_with(digests, b"\xd5").fill_null(fill_value=False)
    if not pc.any(is_md5).as_py():
        return keys
    of_md5: pa.Array[Any] = pc.if_else(is_md5, _signed(digests, _MD5_PREFIX), keys)
    return of_md5


def _signed(texts: pa.Array[Any], start: int) -> pa.Array[Any]:
    """Read the 8 bytes from a place on as big-endian signed integers."""
    raw = pc.binary_slice(texts, start, start + _KEY_BYTES)
    raw = raw.fill_null(bytes(_KEY_BYTES))
    if len(raw) and pc.min(pc.binary_length(raw)).as_py() != _KEY_BYTES:
        raise ValueError("an item is shorter than its key")
    numbers = array("q")
    if len(raw):
        data = raw.buffers()[2]
        first = raw.offset * _KEY_BYTES
        numbers.frombytes(memoryview(data)[first : first + len(raw) * _KEY_BYTES])
    numbers.byteswap()
    keys = pa.array(numbers, pa.int64())
    nothing: pa.Array[Any] = pa.nulls(len(keys), pa.int64())
    known: pa.Array[Any] = pc.if_else(pc.is_valid(texts), keys, nothing)
    return known
