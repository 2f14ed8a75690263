"""A tree kept as tiles: grown by appending, and read back to make proofs.

Both ends are given the same `ReadTile`. A ledger that stores only the tiles of
level 1 and above answers for level 0 by hashing the entries again: 0.125 bytes
of hashes are then stored for each leaf, and a proof costs one tile of 256 leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from provenance.merkle.tile import (
    TILE_HEIGHT,
    TILE_WIDTH,
    TilePath,
    format_tile,
    parse_tile,
)
from provenance.merkle.tree import Hash, SubtreeHash, hash_pairs

__all__ = ["ReadTile", "grow_tiles", "hash_tiles", "lookup_tiles"]

ReadTile = Callable[[TilePath], bytes]
"""From a place to the content of the tile there, trusted as far as its source.

The tiles of an older size are asked for by their width then: the first hashes of
a wider tile in the same place are the same answer.
"""

_PROOF_TILES = 64  # two tiles at each of 8 levels make any proof; this is some more


def hash_tiles(hashes: Sequence[Hash]) -> list[Hash]:
    """Hash full tiles into one hash each, for the level above.

    A partial tile "MUST NOT be hashed into a tile at the level above": what
    follows the last full tile is left out.
    """
    tops: list[Hash] = []
    end = len(hashes) // TILE_WIDTH * TILE_WIDTH
    for start in range(0, end, TILE_WIDTH):
        nodes = list(hashes[start : start + TILE_WIDTH])
        for _ in range(TILE_HEIGHT):
            nodes = hash_pairs(nodes)
        tops += nodes
    return tops


def grow_tiles(
    hashes: Iterable[Hash],
    *,
    level: int = 0,
    tree_size: int = 0,
    read_tile: ReadTile | None = None,
) -> Iterator[tuple[TilePath, bytes]]:
    """Append leaves to a tree and list the tiles that are new, level by level.

    A partial tile is written again under its new width; the old one may go
    once no checkpoint needs it.

    Args:
        hashes: Leaf hashes; or at level 1 what `hash_tiles` made of them, so
            that workers can hash one shard of whole tiles each.
        tree_size: How many leaves the tree had before.
        read_tile: Asked for the partial tiles of that tree, so it may be left
            out for a new one.

    Raises:
        ValueError: A partial tile is needed, and nobody to ask for it.
    """
    nodes = list(hashes)
    before = tree_size >> TILE_HEIGHT * level
    while nodes:
        index, width = divmod(before, TILE_WIDTH)
        if width:
            if read_tile is None:
                raise ValueError(f"growing a tree of {tree_size} needs its tiles")
            path = TilePath(level=level, index=index, width=width)
            nodes = parse_tile(read_tile(path), path) + nodes
        for start in range(0, len(nodes), TILE_WIDTH):
            part = nodes[start : start + TILE_WIDTH]
            path = TilePath(
                level=level, index=index + start // TILE_WIDTH, width=len(part)
            )
            yield path, format_tile(part)
        nodes = hash_tiles(nodes)
        level, before = level + 1, index


def lookup_tiles(read_tile: ReadTile, *, tree_size: int) -> SubtreeHash:
    """Make proofs possible from tiles: give them to `prove_inclusion`.

    The tiles are not checked against a root here. A wrong tile makes a proof
    that does not verify.

    Example:
        >>> from provenance.merkle.proof import prove_inclusion
        >>> from provenance.merkle.tree import hash_leaves
        >>> leaves = hash_leaves(b"%d" % number for number in range(1000))
        >>> tiles = dict(grow_tiles(leaves))
        >>> lookup = lookup_tiles(tiles.__getitem__, tree_size=1000)
        >>> len(prove_inclusion(lookup, leaf_index=5, tree_size=1000).hashes)
        10
    """

    @lru_cache(maxsize=_PROOF_TILES)
    def read_hashes(path: TilePath) -> list[Hash]:
        return parse_tile(read_tile(path), path)

    def subtree_hash(level: int, index: int) -> Hash:
        if (index + 1) << level > tree_size:
            raise ValueError(
                f"no complete subtree {index} of {1 << level} leaves in {tree_size}"
            )
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile_index, start = divmod(index << height, TILE_WIDTH)
        stored = tree_size >> TILE_HEIGHT * tile_level
        width = min(TILE_WIDTH, stored - tile_index * TILE_WIDTH)
        path = TilePath(level=tile_level, index=tile_index, width=width)
        nodes = read_hashes(path)[start : start + (1 << height)]
        for _ in range(height):
            nodes = hash_pairs(nodes)
        return nodes[0]

    return subtree_hash
