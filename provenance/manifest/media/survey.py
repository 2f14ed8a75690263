"""One pass over a media file: its digest, its size, and where to look further."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from provenance.manifest.media.kinds import START, find_media_type
from provenance.manifest.media.xmp import Packets
from provenance.manifest.stream import CHUNK

__all__ = ["Survey", "survey_file"]

_MARKS = (b"c2pa\0\x11\0\x10\x80\0\0\xaa\08\x9bq", b"<c2pa:manifest")
"""The type of a C2PA manifest store in a JUMBF box (ISO 19566-5); what SVG has."""

_OVERLAP = max(map(len, _MARKS)) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found in one pass."""

    sha256: str
    """In hexadecimal."""
    size: int
    media_type: str | None
    """None: it is no media file."""
    has_store: bool
    """Whether a C2PA manifest store lies in it for all to see."""
    packets: tuple[bytes, ...]
    """XMP."""


def survey_file(file: BinaryIO) -> Survey:
    """Read a file to its end, in bounded memory.

    Raises:
        OSError: It cannot be read.
    """
    hasher = hashlib.sha256()
    packets = Packets()
    size, last, start, has_store = 0, b"", b"", False
    while chunk := file.read(CHUNK):
        hasher.update(chunk)
        start = start or chunk[:START]
        size += len(chunk)
        if not has_store:
            seen = last + chunk
            has_store = any(mark in seen for mark in _MARKS)
            last = chunk[-_OVERLAP:]
        packets.feed(chunk)
    return Survey(
        sha256=hasher.hexdigest(),
        size=size,
        media_type=find_media_type(start),
        has_store=has_store,
        packets=tuple(packets.found),
    )
