"""`provenance.merkle.tile`: places of tiles and the tiles of a size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle.strategies import bundle_paths, hashes, tile_paths

from provenance import merkle
from provenance.errors import VerificationError


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (merkle.TilePath(level=0, index=5), "tile/0/005"),
        (merkle.TilePath(level=0, index=0, width=1), "tile/0/000.p/1"),
        (merkle.TilePath(level=63, index=999, width=255), "tile/63/999.p/255"),
        (merkle.TilePath(level=1, index=1000), "tile/1/x001/000"),
        (merkle.TilePath(level=2, index=1234067), "tile/2/x001/x234/067"),
        (
            merkle.TilePath(level=0, index=2**63 - 1),
            "tile/0/x009/x223/x372/x036/x854/x775/807",
        ),
    ],
)
def test_a_tile_is_where_the_specification_puts_it(
    path: merkle.TilePath, text: str
) -> None:
    assert text == merkle.format_tile_path(path)
    assert path == merkle.parse_tile_path(text)


@given(tile_paths)
def test_tile_paths_survive(path: merkle.TilePath) -> None:
    assert path == merkle.parse_tile_path(merkle.format_tile_path(path))


@given(bundle_paths)
def test_bundle_paths_survive(path: merkle.BundlePath) -> None:
    assert path == merkle.parse_bundle_path(merkle.format_bundle_path(path))


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param("", id="nothing"),
        pytest.param("5", id="one-digit"),
        pytest.param("0005", id="four-digits"),
        pytest.param("x005", id="x-on-the-last"),
        pytest.param("001/234", id="no-x-on-the-first"),
        pytest.param("x000/005", id="leading-group-of-zeroes"),
        pytest.param("X001/234", id="upper-case-x"),
        pytest.param("x001/x234", id="no-last-group"),
        pytest.param("005/", id="slash-at-the-end"),
        pytest.param("/005", id="two-slashes"),
        pytest.param("00５", id="full-width-digit"),
        pytest.param("-05", id="negative"),
        pytest.param("005\n", id="newline-at-the-end"),
        pytest.param("005.p", id="no-width"),
        pytest.param("005.p/", id="empty-width"),
        pytest.param("005.p/0", id="width-0"),
        pytest.param("005.p/01", id="width-with-leading-zero"),
        pytest.param("005.p/256", id="width-256-is-a-full-tile"),
        pytest.param("005.p/257", id="width-257"),
        pytest.param("005.p/999", id="width-999"),
        pytest.param("005.p/1000", id="width-1000"),
        pytest.param("005.p/+1", id="width-with-sign"),
        pytest.param("../000", id="parent-folder"),
        pytest.param("x009/x223/x372/x036/x854/x775/808", id="index-2-to-the-63"),
        pytest.param("x001/" * 7 + "000", id="eight-groups"),
    ],
)
def test_a_path_is_refused(rest: str) -> None:
    words = r"not the path of|expected at least"
    with pytest.raises(VerificationError, match=words):
        merkle.parse_tile_path(f"tile/0/{rest}")
    with pytest.raises(VerificationError, match=words):
        merkle.parse_bundle_path(f"tile/entries/{rest}")


@pytest.mark.parametrize("level", ["", "00", "01", "-1", "64", "100", "x", "entries"])
def test_a_level_is_refused(level: str) -> None:
    with pytest.raises(VerificationError, match=r"not the path of|level of a tile"):
        merkle.parse_tile_path(f"tile/{level}/000")


@pytest.mark.parametrize("text", ["tile/0/000", "/tile/entries/000", "entries/000"])
def test_another_path_is_not_an_entry_bundle(text: str) -> None:
    with pytest.raises(VerificationError, match="not the path of an entry bundle"):
        merkle.parse_bundle_path(text)


@pytest.mark.parametrize(
    ("level", "index", "width", "words"),
    [
        (-1, 0, 1, "level of a tile is -1"),
        (64, 0, 1, "level of a tile is 64"),
        (0, -1, 1, "index of a tile is -1"),
        (0, 2**63, 1, "index of a tile is 9223372036854775808"),
        (0, 0, 0, "width of a tile is 0"),
        (0, 0, 257, "width of a tile is 257"),
    ],
)
def test_a_place_that_no_tile_has_cannot_be_made(
    level: int, index: int, width: int, words: str
) -> None:
    with pytest.raises(VerificationError, match=words):
        merkle.TilePath(level=level, index=index, width=width)


def test_a_place_that_no_bundle_has_cannot_be_made() -> None:
    with pytest.raises(VerificationError, match="index of an entry bundle is -1"):
        merkle.BundlePath(index=-1)
    with pytest.raises(VerificationError, match="width of an entry bundle is 0"):
        merkle.BundlePath(index=0, width=0)


@pytest.mark.parametrize("tree_size", [0, 1, 2, 3, 255, 256, 257, 65537, 70000])
def test_the_tiles_of_a_size_follow_the_width_formula(tree_size: int) -> None:
    """ "floor(s / 256**l) mod 256 entries. Empty tiles MUST NOT be served." """
    expected = set()
    for level in range(8):
        hashes_in_level = tree_size // 256**level
        for index in range(hashes_in_level // 256):
            expected.add((level, index, 256))
        if width := hashes_in_level % 256:
            expected.add((level, hashes_in_level // 256, width))
    found = list(merkle.iter_tile_paths(tree_size))
    assert expected == {(path.level, path.index, path.width) for path in found}
    assert len(expected) == len(found)
    bundles = {
        (0, path.index, path.width) for path in merkle.iter_bundle_paths(tree_size)
    }
    assert {place for place in expected if place[0] == 0} == bundles


def test_the_tiles_of_70000_entries_are_those_of_the_specification() -> None:
    """ "273 full level 0 tiles, one partial level 0 tile of width 112, ..." """
    texts = [merkle.format_tile_path(path) for path in merkle.iter_tile_paths(70_000)]
    expected = [
        *(f"tile/0/{index:03d}" for index in range(273)),
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    assert expected == texts


@given(st.lists(hashes, min_size=1, max_size=256))
def test_tile_contents_survive(nodes: list[merkle.Hash]) -> None:
    path = merkle.TilePath(level=0, index=0, width=len(nodes))
    assert nodes == merkle.parse_tile(merkle.format_tile(nodes), path)


@pytest.mark.parametrize("length", [0, 31, 32, 63, 65, 96, 8192])
def test_a_tile_of_another_length_is_refused(length: int) -> None:
    path = merkle.TilePath(level=0, index=7, width=2)
    words = rf"tile/0/007\.p/2 is {length} bytes long, expected 64"
    with pytest.raises(VerificationError, match=words):
        merkle.parse_tile(bytes(length), path)
