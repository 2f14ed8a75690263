"""Hash many leaves, and the tiles over them, outside Python.

``hashlib`` takes 0.4 microseconds for an entry of any small size, nearly all of it for
the call. DataFusion hashes a column of them in a quarter of the time, and without the
interpreter's lock: a thread can do it while another writes.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from provenance.log.leaves import encode_leaves, join_leaves
from provenance.merkle import TILE_WIDTH, Hash, LeafHash, hash_leaves, hash_tiles
from provenance.merkle.tree import HASH_BYTES, hash_pairs

__all__ = ["hash_fields", "hash_tops"]

_WORTH_LOADING = 20_000
"""Leaves; fewer are hashed by ``hashlib`` before the library is loaded."""
_WORTH_CALLING = 1_000
"""Nodes; fewer are hashed by ``hashlib`` before a plan is made."""

_LEAF, _NODE = "\x00", b"\x01"
"""What RFC 6962, section 2.1, puts before the bytes of each."""


def hash_fields(records: pa.Table | pa.RecordBatch) -> list[LeafHash]:
    """Return the hash of the leaf of each row of ``LEAF_SCHEMA``."""
    if len(records) < _WORTH_LOADING:
        return hash_leaves(encode_leaves(records))
    return cast("list[LeafHash]", _hash_fields(records).to_pylist())


def hash_tops(
    records: pa.Table | pa.RecordBatch,
) -> tuple[list[Hash], list[LeafHash]]:
    """Hash the leaf of each row of ``LEAF_SCHEMA``, and full tiles of them.

    Returns:
        The root of each 256 leaves, and the hashes of the leaves after them.
    """
    end = len(records) // TILE_WIDTH * TILE_WIDTH
    if len(records) < _WORTH_LOADING:
        hashes = hash_fields(records)
        return hash_tiles(hashes), hashes[end:]
    leaves = _hash_fields(records)
    level = leaves.slice(0, end)
    while len(level) >= _WORTH_CALLING and len(level) > end // TILE_WIDTH:
        level = _hash_pairs(level)
    nodes = cast("list[Hash]", level.to_pylist())
    while len(nodes) > end // TILE_WIDTH:
        nodes = hash_pairs(nodes)
    return nodes, cast("list[LeafHash]", leaves.slice(end).to_pylist())


def _hash_fields(records: pa.Table | pa.RecordBatch) -> pa.Array[Any]:
    return pa.concat_arrays(
        [_hash(texts.cast(pa.binary())) for texts in join_leaves(records, _LEAF)]
    )


def _hash_pairs(nodes: pa.Array[Any]) -> pa.Array[Any]:
    """Hash neighbours two by two; there is an even number of them."""
    fixed = nodes.cast(pa.binary(HASH_BYTES))
    pairs = pa.Array.from_buffers(
        pa.binary(2 * HASH_BYTES),
        len(fixed) // 2,
        [None, fixed.buffers()[1]],
        offset=fixed.offset // 2,
    )
    return _hash(pc.binary_join_element_wise(_NODE, pairs.cast(pa.binary()), b""))


def _hash(entries: pa.Array[Any]) -> pa.Array[Any]:
    context, sha256 = _load()
    rows = pa.RecordBatch.from_arrays([entries], ["entry"])
    frame = context.from_arrow(rows, name="entries")
    try:
        hashed = frame.select(sha256).to_arrow_table()[0].combine_chunks()
    finally:
        context.deregister_table("entries")
    return hashed.cast(pa.binary())


@cache
def _load() -> tuple[Any, Any]:
    """Start the library, once in a process."""
    from datafusion import (  # noqa: PLC0415 - takes a tenth of a second
        SessionConfig,
        SessionContext,
        col,
        functions,
    )

    context = SessionContext(SessionConfig().with_target_partitions(1))
    return context, functions.sha256(col("entry"))
