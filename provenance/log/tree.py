"""The tree over the records of a batch: its root, and the tiles worth keeping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.log.leaves import LEAF_SCHEMA, encode_leaves, list_origins, list_parents
from provenance.merkle import (
    Frontier,
    TilePath,
    grow_tiles,
    hash_leaves,
    hash_tiles,
)

__all__ = ["BatchTree", "hash_batch", "hash_records"]


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
    return hash_records(_records_of(batch))


def hash_records(records: pa.Table) -> BatchTree:
    """Hash a table of ``LEAF_SCHEMA``; its order is the order of the leaves."""
    hashes = hash_leaves(encode_leaves(records))
    return BatchTree(
        size=len(hashes),
        root=Frontier().extend(hashes).root(),
        tiles=tuple(grow_tiles(hash_tiles(hashes), level=1)),
    )


def _records_of(batch: pa.RecordBatch) -> pa.Table:
    columns: dict[str, Any] = {
        name: batch.column(name)
        for name in LEAF_SCHEMA.names
        if name in batch.schema.names
    }
    medium = batch.column("medium")
    columns["media_type"] = pc.coalesce(batch.column("media_type"), medium)
    columns["fetched_at"] = batch.column("fetched_at").cast(pa.int64())
    for name, write in (("origins", list_origins), ("parents", list_parents)):
        edges = batch.column(name)
        places = pc.list_parent_indices(edges).to_pylist()
        texts = write(len(batch), places, pc.list_flatten(edges).to_pylist())
        columns[name] = pa.array(texts, pa.string())
    return pa.table(columns).select(LEAF_SCHEMA.names).cast(LEAF_SCHEMA)
