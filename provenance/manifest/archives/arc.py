r"""ARC: what archives were before WARC; Common Crawl used it from 2008 to 2012.

https://archive.org/web/researcher/ArcFileFormat.php::

    filedesc://<name> <ip> <time> text/plain <length>\n
    <version> <reserved> <origin>\n
    <names of the fields of a head, with spaces>\n
    \n
    <url> <ip> <14-digit time> <type> <length>\n
    <length bytes>\n
    …

A URL may hold spaces, so the fields of a head are counted from its end. Version 2
has more fields; their names stand in the third line.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, BinaryIO

from provenance.manifest.archives.captures import COLUMNS, Captures, read_media_type
from provenance.manifest.archives.payload import BadRecordError, read_payload
from provenance.manifest.reader import FixedColumns
from provenance.manifest.stream import find_packing, iter_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from provenance.manifest.reader import RawBatch

__all__ = ["ArcReader"]

_VERSION_1 = ("URL", "IP-address", "Archive-date", "Content-type", "Archive-length")
_LONGEST_HEAD = 1 << 17
_BUFFER = 1 << 20
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LENGTH = re.compile(r"\d{1,15}", re.ASCII)
_HEADER = "the head of the archive is no capture"


class ArcReader(FixedColumns):
    """Captures of an ARC file; ``row`` counts its records, the head included."""

    format = "arc"

    def __init__(self, path: Path) -> None:
        super().__init__(path, COLUMNS)
        find_packing(path)

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the captures; a place that cannot be read is a fault."""
        captures = Captures(self.file, columns)
        stream = io.BufferedReader(_Unpacked(self._path), _BUFFER)
        try:
            for _ in _iter_records(stream, captures):
                captures.row += 1
                yield from captures.take()
        except (EOFError, BadRecordError) as error:
            captures.refuse(f"the archive is damaged here: {error}")
        yield from captures.take(last=True)


def _iter_records(stream: BinaryIO, captures: Captures) -> Iterator[None]:
    """Yield after each record was taken."""
    names: tuple[str, ...] = _VERSION_1
    while head := _next_head(stream):
        if head.startswith("filedesc:"):
            names = _read_names(stream)
            captures.note(_HEADER)
        else:
            _take(stream, head, names, captures)
        yield


def _next_head(stream: BinaryIO) -> str:
    """Return the next line that is not blank; nothing at the end of the archive."""
    while line := stream.readline(_LONGEST_HEAD):
        if line.strip():
            return line.decode(errors="replace").strip("\r\n")
    return ""


def _read_names(stream: BinaryIO) -> tuple[str, ...]:
    """Read the two lines behind the head of an archive; the second has the names."""
    stream.readline(_LONGEST_HEAD)
    names = stream.readline(_LONGEST_HEAD).decode(errors="replace").split()
    known = names[:1] == ["URL"] and names[-1:] == ["Archive-length"]
    return tuple(names) if known else _VERSION_1


def _take(
    stream: BinaryIO, head: str, names: Sequence[str], captures: Captures
) -> None:
    values = head.rsplit(" ", len(names) - 1)
    if len(values) != len(names) or not _SCHEME.match(head):
        raise BadRecordError(f"expected a URL, and a head of {len(names)} fields")
    said = dict(zip(names, values, strict=True))
    length = said["Archive-length"]
    if not _LENGTH.fullmatch(length):
        captures.refuse(f"expected the length of the record, found {length[:40]!r}")
        return
    left = int(length)

    def read(most: int) -> bytes:
        nonlocal left
        data = stream.read(min(most, left))
        left -= len(data)
        return data

    payload = read_payload(read, left, None, is_http=True)
    media_type = read_media_type(
        payload.headers.get("content-type"), said.get("Content-type")
    )
    cells = {
        "url": said["URL"],
        "fetched_at": said.get("Archive-date"),
        "media_type": media_type,
    }
    captures.add(cells, payload)


class _Unpacked(io.RawIOBase):
    """The unpacked bytes of a file as a stream.

    Reading raises EOFError where the packed data is damaged or ends early.
    """

    def __init__(self, path: Path) -> None:
        self._chunks = iter_chunks(path)
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: object) -> int:
        """Fill a buffer with the next bytes."""
        if not self._held:
            self._held = next(self._chunks, b"")
        view = memoryview(into)  # type: ignore[arg-type]  # a buffer, as io passes it
        count = min(len(view), len(self._held))
        view[:count] = self._held[:count]
        self._held = self._held[count:]
        return count
