"""Tiles: where a log keeps the hashes of its tree, and which ones exist.

https://c2sp.org/tlog-tiles::

    tile/<L>/<N>[.p/<W>]          up to 256 hashes of 32 bytes, level L, index N
    tile/entries/<N>[.p/<W>]      the entries below one tile of level 0

    hash i of tile n at level l = MTH(D[(n*256 + i) * 256**l : (n*256 + i+1) * 256**l])

"``<N>`` [...] MUST be a non-negative integer encoded into zero-padded 3-digit path
elements. All but the last path element MUST begin with an ``x``. For example, index
1234067 will be encoded as ``x001/x234/067``."
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from provenance.errors import VerificationError
from provenance.merkle.tree import HASH_BYTES, SIZE_LIMIT, Hash

__all__ = [
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "BundlePath",
    "TilePath",
    "format_bundle_path",
    "format_tile",
    "format_tile_path",
    "iter_bundle_paths",
    "iter_tile_paths",
    "parse_bundle_path",
    "parse_tile",
    "parse_tile_path",
]

TILE_HEIGHT: Final = 8  # levels of the tree in one level of tiles
TILE_WIDTH: Final = 256  # hashes in a full tile
_LEVELS = 64  # "a decimal ASCII integer between 0 and 63"

_POSITION = r"((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
_TILE_PATH = re.compile(rf"tile/(0|[1-9][0-9]?)/{_POSITION}")
_BUNDLE_PATH = re.compile(rf"tile/entries/{_POSITION}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BundlePath:
    """The place of an entry bundle; full unless its width says otherwise."""

    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        _verify_range(self.index, "index of an entry bundle", 0, SIZE_LIMIT)
        _verify_range(self.width, "width of an entry bundle", 1, TILE_WIDTH + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TilePath:
    """The place of a tile; full unless its width says otherwise."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        _verify_range(self.level, "level of a tile", 0, _LEVELS)
        _verify_range(self.index, "index of a tile", 0, SIZE_LIMIT)
        _verify_range(self.width, "width of a tile", 1, TILE_WIDTH + 1)


def parse_tile_path(text: str) -> TilePath:
    """Read the path of a tile, relative to the log's prefix.

    Raises:
        VerificationError: The text is not the one spelling of a tile's path.

    Example:
        >>> parse_tile_path("tile/1/x001/x234/067.p/17")
        TilePath(level=1, index=1234067, width=17)
    """
    if found := _TILE_PATH.fullmatch(text):
        level, index, width = found.groups()
        path = TilePath(level=int(level), **_parse_position(index, width))
        if format_tile_path(path) == text:
            return path
    raise VerificationError(f"not the path of a tile: {reprlib.repr(text)}")


def format_tile_path(path: TilePath) -> str:
    """Write the path of a tile; the inverse of `parse_tile_path`."""
    return f"tile/{path.level}/{_format_position(path.index, path.width)}"


def parse_bundle_path(text: str) -> BundlePath:
    """Read the path of an entry bundle, relative to the log's prefix.

    Raises:
        VerificationError: The text is not the one spelling of a bundle's path.
    """
    if found := _BUNDLE_PATH.fullmatch(text):
        path = BundlePath(**_parse_position(*found.groups()))
        if format_bundle_path(path) == text:
            return path
    raise VerificationError(f"not the path of an entry bundle: {reprlib.repr(text)}")


def format_bundle_path(path: BundlePath) -> str:
    """Write the path of an entry bundle; the inverse of `parse_bundle_path`."""
    return f"tile/entries/{_format_position(path.index, path.width)}"


def iter_tile_paths(tree_size: int) -> Iterator[TilePath]:
    """List the tiles of a tree of some size, level by level.

    "The partial tile at level l for a tree of size s has floor(s / 256**l)
    mod 256 entries. Empty tiles MUST NOT be served."

    Example:
        >>> [format_tile_path(path) for path in iter_tile_paths(257)]
        ['tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1']
    """
    level, hashes = 0, tree_size
    while hashes:
        for path in iter_bundle_paths(hashes):
            yield TilePath(level=level, index=path.index, width=path.width)
        hashes //= TILE_WIDTH
        level += 1


def iter_bundle_paths(tree_size: int) -> Iterator[BundlePath]:
    """List the entry bundles of a log of some size."""
    full, width = divmod(tree_size, TILE_WIDTH)
    for index in range(full):
        yield BundlePath(index=index)
    if width:
        yield BundlePath(index=full, width=width)


def parse_tile(octets: bytes, path: TilePath) -> list[Hash]:
    """Split the content of a tile into its hashes.

    Raises:
        VerificationError: The content is not as long as the path says.
    """
    expected = path.width * HASH_BYTES
    if len(octets) != expected:
        raise VerificationError(
            f"{format_tile_path(path)} is {len(octets)} bytes long, expected {expected}"
        )
    starts = range(0, expected, HASH_BYTES)
    return [Hash(octets[start : start + HASH_BYTES]) for start in starts]


def format_tile(hashes: Sequence[Hash]) -> bytes:
    """Join hashes into the content of a tile; the inverse of `parse_tile`."""
    return b"".join(hashes)


def _parse_position(index: str, width: str | None) -> dict[str, int]:
    position = {"index": int(index.replace("x", "").replace("/", ""))}
    if width is not None:
        position["width"] = int(width)
    return position


def _format_position(index: int, width: int) -> str:
    last, rest = f"{index % 1000:03d}", index // 1000
    while rest:
        last, rest = f"x{rest % 1000:03d}/{last}", rest // 1000
    return last if width == TILE_WIDTH else f"{last}.p/{width}"


def _verify_range(number: int, what: str, first: int, end: int) -> None:
    if not first <= number < end:
        raise VerificationError(
            f"{what} is {number}, expected at least {first} and less than {end}"
        )
