"""The tree over the records of a batch: its root, and the tiles worth keeping."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.log.edges import (
    ORIGIN_FIELDS,
    PARENT_FIELDS,
    write_origins,
    write_parents,
)
from provenance.log.leaves import LEAF_SCHEMA, encode_leaves
from provenance.merkle import (
    TILE_WIDTH,
    Frontier,
    Hash,
    LeafHash,
    TilePath,
    grow_tiles,
    hash_leaves,
    hash_tiles,
)

__all__ = ["BatchTree", "grow_tree", "hash_batch"]

_TOP_LEVEL = TILE_WIDTH.bit_length() - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchTree:
    """What is kept of the Merkle tree over a batch's records."""

    size: int
    root: bytes
    tiles: tuple[tuple[TilePath, bytes], ...]
    """Tiles of level 1 and above; level 0 is hashed anew from the records."""


def hash_batch(batch: pa.RecordBatch) -> BatchTree:
    """Hash normalised rows, in the order in which their records are kept.

    Args:
        batch: Rows of the one schema, ordered by content key, row and part.
    """
    hashes = hash_leaves(encode_leaves(_records_of(batch)))
    rest = hashes[len(hashes) // TILE_WIDTH * TILE_WIDTH :]
    return grow_tree(hash_tiles(hashes), rest)


def grow_tree(tops: Iterable[Hash], rest: Iterable[LeafHash]) -> BatchTree:
    """Put a tree together from what was hashed of it.

    Args:
        tops: The root of each 256 leaves.
        rest: The hashes of the leaves after them, fewer than 256.
    """
    kept = list(tops)
    frontier = Frontier()
    for top in kept:
        frontier = frontier.append_subtree(_TOP_LEVEL, top)
    frontier = frontier.extend(rest)
    return BatchTree(
        size=frontier.tree_size,
        root=frontier.root(),
        tiles=tuple(grow_tiles(kept, level=1)),
    )


def _records_of(batch: pa.RecordBatch) -> pa.Table:
    """The rows of a batch as their records will be read back."""
    columns: dict[str, Any] = {
        name: batch.column(name)
        for name in LEAF_SCHEMA.names
        if name in batch.schema.names
    }
    medium = batch.column("medium")
    columns["media_type"] = pc.coalesce(batch.column("media_type"), medium)
    columns["fetched_at"] = batch.column("fetched_at").cast(pa.int64())
    for name, fields, write in (
        ("origins", ORIGIN_FIELDS, write_origins),
        ("parents", PARENT_FIELDS, write_parents),
    ):
        stated = batch.column(name)
        flat = pc.list_flatten(stated)
        columns[name] = write(
            len(batch),
            pc.list_parent_indices(stated),
            [pc.struct_field(flat, field) for field in fields],
        )
    return pa.table(columns).select(LEAF_SCHEMA.names).cast(LEAF_SCHEMA)
