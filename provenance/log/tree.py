"""The tree over the records of a batch: its root, and the tiles worth keeping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.log.edges import write_origins, write_parents
from provenance.log.leaves import LEAF_SCHEMA, SALTED_SCHEMA
from provenance.log.many import hash_tops
from provenance.merkle import (
    EMPTY_ROOT,
    TILE_WIDTH,
    Frontier,
    Hash,
    LeafHash,
    TilePath,
    grow_tiles,
)

__all__ = ["BatchTree", "grow_tree", "hash_batch"]

_TOP_LEVEL = TILE_WIDTH.bit_length() - 1

_PIECE = 1 << 15
"""Leaves that are hashed at a time: full tiles, and few enough to be held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchTree:
    """What is kept of the Merkle tree over a batch's records."""

    size: int
    root: bytes
    tiles: tuple[tuple[TilePath, bytes], ...]
    """Tiles of level 1 and above; level 0 is hashed anew from the records."""


EMPTY_TREE = BatchTree(size=0, root=EMPTY_ROOT, tiles=())
"""Of a manifest that states facts and has no rows."""


def hash_batch(
    tables: Mapping[str, pa.Table], records: Iterable[pa.RecordBatch] | None = None
) -> BatchTree:
    """Hash the records of a batch, in the order in which they are kept.

    Args:
        tables: Rows of the batch under the names and columns that the tables of a
            ledger have; their numbers count from 1 within the batch. With salts in
            it, the leaves are salted.
        records: The records, if they are not among the tables: a stream of which
            only a part is held at a time.
    """
    if records is None:
        records = tables["records"].to_batches()
    tops: list[Hash] = []
    rest: list[LeafHash] = []
    first = 1
    for piece in _cut(records):
        found, rest = hash_tops(_leaves(tables, piece, first))
        tops += found
        first += len(piece)
    return grow_tree(tops, rest)


def _cut(records: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield pieces of full tiles; only the last may be shorter."""
    waiting: list[pa.RecordBatch] = []
    missing = _PIECE
    for batch in records:
        while len(batch) >= missing:
            yield pa.Table.from_batches([*waiting, batch.slice(0, missing)])
            batch = batch.slice(missing)  # noqa: PLW2901 - the rest of it
            waiting, missing = [], _PIECE
        waiting.append(batch)
        missing -= len(batch)
    if any(map(len, waiting)):
        yield pa.Table.from_batches(waiting)


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


def _leaves(tables: Mapping[str, pa.Table], records: pa.Table, first: int) -> pa.Table:
    """Put the fields of leaves together from rows of a batch.

    Args:
        tables: As for ``hash_batch``.
        records: Neighbouring ones.
        first: The number of the first.
    """
    made, derived = (
        _of_records(tables[name], first, records.num_rows)
        for name in ("generated_by", "derived_from")
    )
    prefixes = _follow(tables["sources"], "prefix", records["source_id"])
    columns: dict[str, Any] = {
        name: records[name]
        for name in LEAF_SCHEMA.names
        if name in records.schema.names
    }
    columns["url"] = pc.binary_join_element_wise(
        prefixes.fill_null(""), _whole(records["path"]), ""
    )
    for name in ("media_type", "medium"):
        columns[name] = _follow(tables["media_types"], name, records["media_type_id"])
    columns["origins"] = write_origins(
        records.num_rows,
        pc.subtract(_whole(made["record_id"]), first),
        [
            *(
                _follow(tables["origins"], name, made["origin_id"])
                for name in ("kind", "model", "mode", "evidence", "detector")
            ),
            _whole(made["score"]),
            _whole(made["threshold"]),
        ],
    )
    columns["parents"] = write_parents(
        records.num_rows,
        pc.subtract(_whole(derived["record_id"]), first),
        [
            _whole(derived["parent_digest"]),
            _whole(derived["parent_reference"]),
            *(
                _follow(tables["derivations"], name, derived["derivation_id"])
                for name in ("mode", "evidence")
            ),
        ],
    )
    leaves = LEAF_SCHEMA
    if "record_salts" in tables:
        salts = tables["record_salts"].slice(first - 1, records.num_rows)
        columns["salt"], leaves = salts["salt"], SALTED_SCHEMA
    return pa.table(columns).select(leaves.names).cast(leaves)


def _of_records(edges: pa.Table, first: int, count: int) -> pa.Table:
    """The edges of neighbouring records; both are in order."""
    numbers = edges["record_id"]
    start, end = (
        pc.sum(pc.less(numbers, bound)).as_py() or 0 for bound in (first, first + count)
    )
    return edges.slice(start, end - start)


def _follow(target: pa.Table, column: str, numbers: Any) -> pa.Array[Any]:
    """Look a value up by its number, which counts from 1; null stays null."""
    values = _whole(target[column])
    found: pa.Array[Any] = values.take(pc.subtract(_whole(numbers), 1))
    return found


def _whole(column: Any) -> pa.Array[Any]:
    """One array of what may be a chunked one."""
    if isinstance(column, pa.ChunkedArray):
        return column.combine_chunks()
    return column
