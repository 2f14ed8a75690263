"""Entry bundles: the entries of a log, 256 to a file.

https://c2sp.org/tlog-tiles: "Entry bundles are sequences of big-endian uint16
length-prefixed log entries"::

    ( length, 2 bytes || entry ) * width

Hence an entry is at most 65,535 bytes long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from provenance.errors import VerificationError
from provenance.merkle.tile import BundlePath, format_bundle_path

__all__ = ["ENTRY_LIMIT_BYTES", "format_bundle", "parse_bundle"]

ENTRY_LIMIT_BYTES: Final = 0xFFFF
_LENGTH_BYTES = 2


def parse_bundle(octets: bytes, path: BundlePath) -> list[bytes]:
    r"""Split a bundle into its entries.

    Raises:
        VerificationError: There are fewer or more entries than the path says,
            or the last one is cut off.

    Example:
        >>> parse_bundle(b"\x00\x03one\x00\x03two", BundlePath(index=0, width=2))
        [b'one', b'two']
    """
    name = format_bundle_path(path)
    entries = []
    position = 0
    for number in range(path.width):
        start = position + _LENGTH_BYTES
        position = start + int.from_bytes(octets[position:start], "big")
        if start > len(octets) or position > len(octets):
            raise VerificationError(
                f"{name} ends within entry {number}, expected {path.width} entries"
            )
        entries.append(octets[start:position])
    if position != len(octets):
        raise VerificationError(
            f"{name} goes on for {len(octets) - position} bytes "
            f"after its {path.width} entries"
        )
    return entries


def format_bundle(entries: Sequence[bytes]) -> bytes:
    """Join entries into a bundle; the inverse of `parse_bundle`.

    Raises:
        ValueError: An entry is too long for its length to be written.
    """
    pieces: list[bytes] = []
    for number, entry in enumerate(entries):
        if len(entry) > ENTRY_LIMIT_BYTES:
            raise ValueError(
                f"entry {number} is {len(entry)} bytes long, "
                f"expected at most {ENTRY_LIMIT_BYTES}"
            )
        pieces += (len(entry).to_bytes(_LENGTH_BYTES, "big"), entry)
    return b"".join(pieces)
