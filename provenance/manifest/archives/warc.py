"""WARC, and WET: one record per capture.

WARC 1.0 and 1.1: https://iipc.github.io/warc-specifications/. A capture is a
``response``, a ``resource`` or a ``conversion`` (what WET files hold: the text of a
page), or a ``revisit``, which names a payload seen before. ``row`` counts all records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.domain import Derivation
from provenance.errors import ManifestError
from provenance.manifest.archives.captures import (
    COLUMNS,
    UNREADABLE,
    Captures,
    read_language,
    read_media_type,
    read_reservation,
)
from provenance.manifest.archives.payload import (
    check_length,
    read_declared,
    read_headers,
    read_payload,
)
from provenance.manifest.archives.warc_records import Damage, Head, WarcRecords
from provenance.manifest.archives.wat import read_wat
from provenance.manifest.reader import FixedColumns
from provenance.manifest.stream import find_packing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fastwarc.warc import WarcRecord

    from provenance.manifest.reader import RawBatch

__all__ = ["WarcReader"]

_MOST_SIZES = 1 << 18
"""Payloads of which the size is remembered, for revisits of them."""

_CHUNK = 1 << 20

_LARGEST = 1 << 26
"""An envelope in JSON over this many bytes is not read."""

_TAKEN = frozenset({"response", "resource", "conversion"})
_PASSED_OVER = {
    kind: f"{kind} records are no captures"
    for kind in ("warcinfo", "request", "metadata", "continuation")
}
_OF_OTHER_TYPE = "records of a type of their own are no captures"
_SEGMENT = "segments of a payload are not joined: its digest was not checked"
_TRUNCATED = "the crawler cut the payload short"
_NO_PAYLOAD = "a revisit names neither a payload nor a record"


class WarcReader(FixedColumns):
    """Captures of a WARC, WET or WAT file."""

    format = "warc"

    def __init__(self, path: Path) -> None:
        super().__init__(path, COLUMNS)
        if find_packing(path) == "bz2":
            raise ManifestError(
                f"{path} is a WARC file in bzip2",
                hint="Pack it anew; gzip and Zstandard are read, record by record.",
            )

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the captures; a place that cannot be read is a fault."""
        captures = Captures(self.file, columns)
        for found in WarcRecords(self._path, _Pass(captures).take):
            if isinstance(found, Damage):
                captures.refuse(found.reason)
            captures.row += 1
            yield from captures.take()
        yield from captures.take(last=True)


class _Pass:
    """Takes what is wanted of each record of a file."""

    def __init__(self, captures: Captures) -> None:
        self._captures = captures
        self._sizes: dict[str, int] = {}

    def take(self, record: WarcRecord, head: Head) -> None:
        """Read one record to its end."""
        kind = head.get("warc-type", "").lower()
        if kind in _TAKEN and "warc-segment-number" in head:
            self._take_segment(record, head)
        elif kind in _TAKEN:
            self._take_payload(record, head, kind)
        elif kind == "revisit":
            self._take_revisit(record, head)
        elif kind == "metadata" and _is_json(head) and record.content_length < _LARGEST:
            read_wat(_read_whole(record), self._captures)
        else:
            _pass_over(record)
            self._captures.note(_PASSED_OVER.get(kind, _OF_OTHER_TYPE))

    def _take_payload(self, record: WarcRecord, head: Head, kind: str) -> None:
        is_http = kind == "response"
        declared = head.get("warc-payload-digest")
        if not is_http:
            declared = declared or head.get("warc-block-digest")
        payload = read_payload(
            record.reader.read, record.content_length, declared, is_http=is_http
        )
        if declared and payload.agrees is None:
            self._captures.note(UNREADABLE)
        if "warc-truncated" in head:
            self._captures.note(_TRUNCATED)
        if len(self._sizes) < _MOST_SIZES:
            self._sizes[payload.digest] = payload.size
        stated = head.get("content-type", "")
        if stated.lower().startswith("application/http"):
            stated = payload.headers.get("content-type", "")
        cells = _describe(head)
        cells["media_type"] = read_media_type(
            stated, head.get("warc-identified-payload-type")
        )
        source = head.get("warc-refers-to")
        if kind == "conversion" and source:
            cells |= {"derived_from": source, "derivation": Derivation.EXTRACTED}
        self._captures.add(cells, payload)

    def _take_revisit(self, record: WarcRecord, head: Head) -> None:
        cells = _describe(head) | _read_http(record, head)
        digest = read_declared(head.get("warc-payload-digest"))
        source = head.get("warc-refers-to")
        if digest:
            size = self._sizes.get(digest)
            cells["digest"] = digest
            cells["bytes"] = None if size is None else str(size)
        elif source:
            cells |= {"derived_from": source, "derivation": Derivation.COPIED}
        else:
            self._captures.note(_NO_PAYLOAD)
            return
        self._captures.add(cells)

    def _take_segment(self, record: WarcRecord, head: Head) -> None:
        """Take the first part of a payload that goes on in other records."""
        cells = _describe(head) | _read_http(record, head)
        digest = read_declared(head.get("warc-payload-digest"))
        cells["digest"] = digest
        self._captures.note(_SEGMENT)
        self._captures.add(cells)


def _describe(head: Head) -> dict[str, str | None]:
    """Return what the head of any record says."""
    url = head.get("warc-target-uri")
    return {
        "name": head.get("warc-record-id"),
        # Wget 1.14 to 1.19 wrote <…> around it.
        "url": url.strip("<>") if url else None,
        "fetched_at": head.get("warc-date"),
        "language": read_language(head.get("warc-identified-content-language")),
    }


def _read_http(record: WarcRecord, head: Head) -> dict[str, str | None]:
    """Return what the HTTP headers say in a record whose payload is not all there."""
    headers = read_headers(record.reader.read, record.content_length)
    media_type = read_media_type(
        headers.get("content-type"), head.get("warc-identified-payload-type")
    )
    return {"media_type": media_type, "reservation": read_reservation(headers)}


def _is_json(head: Head) -> bool:
    stated = head.get("content-type", "")
    return stated.partition(";")[0].strip().lower() == "application/json"


def _read_whole(record: WarcRecord) -> bytes:
    data = record.reader.read()
    check_length(len(data), record.content_length)
    return data


def _pass_over(record: WarcRecord) -> None:
    length = record.content_length
    size = 0
    while count := len(record.reader.read(_CHUNK)):
        size += count
    check_length(size, length)
