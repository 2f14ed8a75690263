"""The records of a WARC file one after another, past damage where there is a way.

FastWARC reads records fast and ends at the first flaw. Here reading goes on behind
it: in a packed file at the next gzip member, Zstandard or LZ4 frame (writers give each
record its own), in a plain one at the next line that begins a record.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, TypeVar

import pyarrow as pa
from fastwarc.warc import ArchiveIterator

from provenance.errors import ManifestError
from provenance.manifest.archives.payload import BadRecordError
from provenance.manifest.recognise import first_line
from provenance.manifest.stream import CHUNK, explain_disk, find_packing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastwarc.warc import WarcRecord

__all__ = ["Damage", "Head", "WarcRecords"]

_MARKS = {
    "gzip": b"\x1f\x8b\x08",
    "zstd": b"\x28\xb5\x2f\xfd",
    "lz4": b"\x04\x22\x4d\x18",
    "": b"\nWARC/",
}
"""What a record begins with, by packing; in a plain file after a line end."""

_LENGTH = re.compile(r"\s*\d+\s*", re.ASCII)

_MOST_TRIES = 10_000
"""Places where reading is taken up again before the rest is given up."""

Taken = TypeVar("Taken")

Head = Mapping[str, str]
"""Names of the head of a record, in lower case → values."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A place of the archive that cannot be read."""

    reason: str


class WarcRecords(Generic[Taken]):
    """One pass over the records of a file."""

    def __init__(self, path: Path, take: Callable[[WarcRecord, Head], Taken]) -> None:
        """Prepare to read.

        Args:
            take: Reads one record to the end of its block, and returns what is
                wanted of it and its head.
        """
        self._path = path
        self._take = take
        self._packing = find_packing(path)
        self._mark = _MARKS[self._packing]
        self._is_lenient = _has_odd_line_ends(path)
        self._last = 0
        """Where the last record begins, in the file as it is."""
        self._resume = 0
        """Where to look for the next record if there is damage now."""

    def __iter__(self) -> Iterator[Taken | Damage]:
        """Yield what was taken of each record; damage stands in its place.

        Raises:
            ManifestError: The disk fails.
        """
        try:
            yield from self._iter_records()
        except OSError as error:
            raise explain_disk(self._path, error) from error

    def _iter_records(self) -> Iterator[Taken | Damage]:
        with self._path.open("rb") as file:
            start: int | None = 0
            is_told = False
            for _ in range(_MOST_TRIES):
                reason = ""
                try:
                    for taken in self._iter_from(file, start or 0):
                        is_told = False
                        yield taken
                except (OSError, BadRecordError) as error:
                    if isinstance(error, OSError) and error.errno is not None:
                        raise  # not of what unpacks, but of the disk
                    reason = str(error)
                if not reason:
                    if self._ends_early(file):
                        yield Damage("the archive ends early")
                    return
                if not is_told:
                    yield Damage(f"the archive is damaged here: {reason}")
                    is_told = True
                start = _find(file, self._mark, self._resume)
                if start is None:
                    return
            yield Damage(f"damaged in over {_MOST_TRIES} places; the rest is unread")

    def _iter_from(self, file: BinaryIO, start: int) -> Iterator[Taken]:
        file.seek(start)
        self._last = start
        self._resume = start + 1
        for record in ArchiveIterator(
            file, parse_http=False, quirks_mode=self._is_lenient
        ):
            self._last = record.stream_pos
            self._resume = record.stream_pos + 1
            # One call for all of them costs a fifth of a call for each.
            pairs = reversed(record.headers.to_tuples())
            head = {name.lower(): value for name, value in pairs}
            if not _LENGTH.fullmatch(head.get("content-length", "")):
                raise BadRecordError("the head of a record is cut short")
            taken = self._take(record, head)
            if not self._packing:
                # What was read whole may hold records of its own, as its content.
                self._resume += record.content_length
            yield taken

    def _ends_early(self, file: BinaryIO) -> bool:
        """Whether the packed bytes from the last record on end before their end.

        FastWARC says nothing when that happens between or inside the heads of
        records. Where the whole file is one packed stream, it has no place for a
        record but its end, and all of it is unpacked again.
        """
        if not self._packing:
            return False
        size = file.seek(0, 2)
        file.seek(self._last if self._last < size else 0)
        try:
            stream: Any
            if self._packing == "gzip":
                stream = gzip.GzipFile(fileobj=file)
            else:
                stream = pa.CompressedInputStream(file, self._packing)
            while stream.read(CHUNK):
                pass
        except (EOFError, OSError, zlib.error):
            return True
        return False


def _has_odd_line_ends(path: Path) -> bool:
    """Whether heads have two carriage returns to each line, as of some writers.

    Only FastWARC's lenient rules read those; they pass over damage without a word,
    so they are not for other files.
    """
    try:
        return first_line(path).endswith(b"\r\r")
    except ManifestError:
        return False


def _find(file: BinaryIO, mark: bytes, start: int) -> int | None:
    """Return where the next record may begin; None when there is no more mark."""
    is_line = mark.startswith(b"\n")
    place = max(start - 1, 0) if is_line else start
    file.seek(place)
    held = b""
    while data := file.read(CHUNK):
        held += data
        found = held.find(mark)
        if found >= 0:
            return place + found + is_line
        kept = len(mark) - 1
        place += len(held) - kept
        held = held[-kept:]
    return None
