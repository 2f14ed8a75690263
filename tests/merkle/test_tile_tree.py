"""`provenance.merkle.tile_tree`: trees kept as tiles."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle import vectors
from merkle.oracle import OracleTree

from provenance import merkle
from provenance.errors import VerificationError

ENTRIES = [b"entry %d" % number for number in range(70_000)]
LEAVES = merkle.hash_leaves(ENTRIES)
SIZES = [0, 1, 2, 3, 255, 256, 257, 65_535, 65_536, 65_537, 70_000]

Tiles = dict[merkle.TilePath, bytes]

TILES = dict(merkle.grow_tiles(LEAVES))
HEAD = merkle.Frontier().extend(LEAVES).head()


def grow(tiles: Tiles, before: int, after: int) -> Tiles:
    grown = merkle.grow_tiles(
        LEAVES[before:after], tree_size=before, read_tile=tiles.__getitem__
    )
    return tiles | dict(grown)


@pytest.mark.parametrize("tree_size", SIZES)
def test_a_new_tree_has_the_tiles_of_its_size(tree_size: int) -> None:
    grown = [path for path, _ in merkle.grow_tiles(LEAVES[:tree_size])]
    assert list(merkle.iter_tile_paths(tree_size)) == grown


def test_every_hash_in_every_tile_is_the_one_of_the_definition() -> None:
    """ "MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l])" """
    mth = OracleTree(ENTRIES).mth
    for path, octets in TILES.items():
        span = 256**path.level
        starts = range(path.index * 256 * span, 70_000, span)
        expected = [mth(start, start + span) for start in starts[: path.width]]
        assert expected == merkle.parse_tile(octets, path)


def test_the_last_tiles_give_the_root() -> None:
    lookup = merkle.lookup_tiles(TILES.__getitem__, tree_size=70_000)
    assert merkle.hash_tree(LEAVES) == merkle.hash_range(lookup, 0, 70_000)


@given(st.lists(st.integers(0, 600), min_size=1, max_size=8))
def test_growing_in_steps_gives_the_tiles_of_growing_at_once(
    lengths: list[int],
) -> None:
    tiles: Tiles = {}
    size = 0
    for length in lengths:
        tiles = grow(tiles, size, size + length)
        size += length
    expected = dict(merkle.grow_tiles(LEAVES[:size]))
    assert expected == {path: tiles[path] for path in merkle.iter_tile_paths(size)}


@pytest.mark.parametrize("before", [65_279, 65_280, 65_535, 65_536, 65_537])
def test_growing_across_the_edge_of_a_level(before: int) -> None:
    tiles = grow(dict(merkle.grow_tiles(LEAVES[:before])), before, 70_000)
    assert {path: tiles[path] for path in merkle.iter_tile_paths(70_000)} == TILES


def test_growing_lists_new_tiles_only() -> None:
    tiles = dict(merkle.grow_tiles(LEAVES[:600]))
    grown = merkle.grow_tiles(
        LEAVES[600:601], tree_size=600, read_tile=tiles.__getitem__
    )
    expected = [merkle.TilePath(level=0, index=2, width=89)]
    assert expected == [path for path, _ in grown]


def test_growing_a_partial_tile_needs_it() -> None:
    with pytest.raises(ValueError, match="growing a tree of 255 needs its tiles"):
        list(merkle.grow_tiles(LEAVES[:1], tree_size=255))
    assert len(list(merkle.grow_tiles(LEAVES[:1], tree_size=0))) == 1


@pytest.mark.parametrize("before", [0, 256, 4096])
def test_shards_of_whole_tiles_hashed_apart_give_the_tiles_above(before: int) -> None:
    size = before + 8 * 8192
    shards = [LEAVES[start : start + 8192] for start in range(before, size, 8192)]
    tops = [top for shard in shards for top in merkle.hash_tiles(shard)]
    tiles = dict(merkle.grow_tiles(LEAVES[:before]))
    tiles |= merkle.grow_tiles(
        tops, level=1, tree_size=before, read_tile=tiles.__getitem__
    )
    above = [path for path in merkle.iter_tile_paths(size) if path.level]
    expected = dict(merkle.grow_tiles(LEAVES[:size]))
    assert [expected[path] for path in above] == [tiles[path] for path in above]


def test_partial_tiles_are_not_hashed_into_the_level_above() -> None:
    assert merkle.hash_tiles(LEAVES[:255]) == []
    assert merkle.hash_tiles(LEAVES[:511]) == [merkle.hash_tree(LEAVES[:256])]


@pytest.mark.parametrize("tree_size", [1, 255, 256, 257, 65_536, 65_537, 70_000])
def test_proofs_from_tiles_are_those_from_leaves(tree_size: int) -> None:
    tiles = dict(merkle.grow_tiles(LEAVES[:tree_size]))
    from_tiles = merkle.lookup_tiles(tiles.__getitem__, tree_size=tree_size)
    from_leaves = merkle.lookup_leaves(LEAVES[:tree_size])
    places = {0, 1, 254, 255, 256, 65_535, tree_size // 2, tree_size - 1}
    for place in sorted(place for place in places if place < tree_size):
        inclusion = [
            merkle.prove_inclusion(lookup, leaf_index=place, tree_size=tree_size)
            for lookup in (from_tiles, from_leaves)
        ]
        consistency = [
            merkle.prove_consistency(lookup, older_size=place, newer_size=tree_size)
            for lookup in (from_tiles, from_leaves)
        ]
        assert inclusion[0] == inclusion[1]
        assert consistency[0] == consistency[1]


def recomputing(tiles: Tiles) -> Callable[[merkle.TilePath], bytes]:
    """Read level 1 and above; hash the entries again for level 0."""

    def read_tile(path: merkle.TilePath) -> bytes:
        if path.level:
            return tiles[path]
        start = path.index * merkle.TILE_WIDTH
        entries = ENTRIES[start : start + path.width]
        return merkle.format_tile(merkle.hash_leaves(entries))

    return read_tile


@given(st.integers(0, 69_999))
def test_level_0_need_not_be_stored(leaf_index: int) -> None:
    stored = {path: octets for path, octets in TILES.items() if path.level}
    read = []

    def read_tile(path: merkle.TilePath) -> bytes:
        read.append(path)
        return recomputing(stored)(path)

    lookup = merkle.lookup_tiles(read_tile, tree_size=70_000)
    proof = merkle.prove_inclusion(lookup, leaf_index=leaf_index, tree_size=70_000)
    merkle.verify_inclusion(LEAVES[leaf_index], proof, HEAD)
    assert len(read) == len(set(read)) <= 6


def test_a_tree_without_level_0_grows() -> None:
    tiles = {
        path: octets for path, octets in merkle.grow_tiles(LEAVES[:1000]) if path.level
    }
    grown = dict(
        merkle.grow_tiles(
            LEAVES[1000:2000], tree_size=1000, read_tile=recomputing(tiles)
        )
    )
    expected = dict(merkle.grow_tiles(LEAVES[:2000]))
    assert grown.items() <= expected.items()


def test_a_wrong_tile_makes_a_proof_that_does_not_verify() -> None:
    path = merkle.TilePath(level=1, index=0)
    tiles = TILES | {path: bytes(8192)}
    lookup = merkle.lookup_tiles(tiles.__getitem__, tree_size=70_000)
    proof = merkle.prove_inclusion(lookup, leaf_index=5, tree_size=70_000)
    with pytest.raises(VerificationError, match="root mismatch"):
        merkle.verify_inclusion(LEAVES[5], proof, HEAD)


def test_a_tile_of_another_length_is_refused() -> None:
    lookup = merkle.lookup_tiles(lambda _path: bytes(31), tree_size=300)
    with pytest.raises(VerificationError, match="tile/0/000 is 31 bytes long"):
        merkle.prove_inclusion(lookup, leaf_index=5, tree_size=300)


def test_a_subtree_beyond_the_tree_is_refused() -> None:
    lookup = merkle.lookup_tiles(TILES.__getitem__, tree_size=300)
    with pytest.raises(ValueError, match="no complete subtree 1 of 256 leaves in 300"):
        lookup(8, 1)


# The log of tessera's testdata


@vectors.needs_vectors
@pytest.mark.parametrize("size", range(1, 16))
def test_golden_tiles_and_bundles_are_written_byte_for_byte(size: int) -> None:
    entries = vectors.TESSERA_ENTRIES[:size]
    [(path, octets)] = merkle.grow_tiles(merkle.hash_leaves(entries))
    golden = (vectors.TESSERA_LOG / merkle.format_tile_path(path)).read_bytes()
    assert golden == octets
    [bundle_path] = merkle.iter_bundle_paths(size)
    golden = (vectors.TESSERA_LOG / merkle.format_bundle_path(bundle_path)).read_bytes()
    assert golden == merkle.format_bundle(entries)
    assert entries == merkle.parse_bundle(golden, bundle_path)


@vectors.needs_vectors
def test_the_golden_log_has_no_file_that_is_not_known() -> None:
    files = {
        path.relative_to(vectors.TESSERA_LOG).as_posix()
        for path in (vectors.TESSERA_LOG / "tile").rglob("*")
        if path.is_file()
    }
    for name in files:
        if name.startswith("tile/entries/"):
            assert name == merkle.format_bundle_path(merkle.parse_bundle_path(name))
        else:
            assert name == merkle.format_tile_path(merkle.parse_tile_path(name))
    assert len(files) == 30
