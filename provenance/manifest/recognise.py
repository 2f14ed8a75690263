"""Which format a manifest has: by its content first, then by its suffix."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from provenance.errors import ManifestError, UnreadableError
from provenance.manifest.documents.recognise import recognise_document
from provenance.manifest.media.kinds import START, find_media_type
from provenance.manifest.media.members import find_container, holds_media
from provenance.manifest.stream import find_packing, iter_chunks

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["first_line", "recognise"]

_PACKED = {".gz", ".bz2", ".zst", ".lz4", ".gzip", ".bz", ".zstd"}
_SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".psv": "csv",
    ".txt": "csv",
    ".lst": "csv",
    ".cdxj": "cdxj",
    ".cdx": "cdxj",
    ".parquet": "parquet",
    ".warc": "warc",
    ".wet": "warc",
    ".wat": "warc",
    ".arc": "arc",
}
_MAGIC = {b"PAR1": "parquet", b"WARC/": "warc", b"filedesc:": "arc"}
_OFFSETS_LINE = re.compile(rb"\d+,\d+,(\"[^\"]*\"|[^,\"]+),[^,\"]+,\d+\r?")
_CDXJ_LINE = re.compile(rb"\S+ \d{4,14} \{")


def first_line(path: Path) -> bytes:
    """Return the first line that is not blank, without a byte order mark.

    Of a very long line only the beginning.

    Raises:
        ManifestError: The file cannot be read, or has no such line.
    """
    start = b""
    try:
        for chunk in iter_chunks(path):
            start = (start + chunk).removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
            if start.strip():
                break
    except EOFError as error:
        raise UnreadableError(
            f"{path} {error} after row 0", hint="Fetch the file again."
        ) from error
    if not start.strip():
        raise ManifestError(f"{path} holds no rows", hint="The file is blank.")
    return next(line for line in start.split(b"\n") if line.strip())


def _is_media(path: Path) -> bool:
    """Whether it is a media file, or something that holds such files.

    Raises:
        ManifestError: It could hold some, and does not.
    """
    container = find_container(path)
    if not container:
        find_packing(path)
        with path.open("rb") as file:
            return find_media_type(file.read(START)) is not None
    if holds_media(path, container):
        return True
    find_packing(path)  # says what else it is
    raise ManifestError(
        f"{path} is a tar archive without media files",
        hint="Unpack it, and name the manifest in it.",
    )


def _find_document(path: Path, suffix: str) -> str:
    """Return which kind of document it is, by its first chunk; empty: it is none."""
    try:
        begin = next(iter_chunks(path), b"").decode("utf-8-sig", errors="replace")
        return recognise_document(begin, suffix)
    except EOFError as error:
        raise UnreadableError(
            f"{path} {error}", hint="Fetch the file again."
        ) from error
    except ValueError as error:
        raise ManifestError(
            f"{path} {error}", hint="Say which it is with --format."
        ) from error


def _find_json_lines(path: Path, start: bytes) -> str:
    """Refuse JSON that is not one object a line.

    Args:
        start: The first line, without white space before it.
    """
    if start.startswith(b"["):
        raise ManifestError(
            f"{path} is one JSON array",
            hint="Write one object per line: jq -c '.[]' FILE > FILE.jsonl",
        )
    if start.rstrip() == b"{":
        raise ManifestError(
            f"{path} is one JSON document over several lines",
            hint="Write one object per line: jq -c . FILE > FILE.jsonl",
        )
    return "jsonl"


def recognise(path: Path) -> str:
    """Return the name of the format, as ``open_manifest`` takes it.

    Raises:
        ManifestError: It is none of these; the message says what it looks like.
        UnreadableError: What it is cannot be told, for it is damaged or out of reach.
    """
    return "media" if _is_media(path) else _recognise_text(path)


def _recognise_text(path: Path) -> str:
    line = first_line(path)
    start = line.lstrip()
    suffixes = [s.lower() for s in PurePath(path).suffixes if s.lower() not in _PACKED]
    by_suffix = _SUFFIXES.get(suffixes[-1] if suffixes else "", "")
    magic = (name for mark, name in _MAGIC.items() if line.startswith(mark))
    found = next(magic, "") or _find_document(path, suffixes[-1] if suffixes else "")
    if found:
        return found
    if start.startswith((b"CDX ", b"CDX\t", b"!")) or _CDXJ_LINE.match(line):
        return "cdxj"
    if start.startswith((b"[", b"{")):
        return _find_json_lines(path, start)
    if by_suffix == "csv" and _OFFSETS_LINE.fullmatch(line):
        return "offsets"
    if by_suffix:
        return by_suffix
    if b"\0" in line or not any(mark in line for mark in (b",", b"\t", b";", b"|")):
        raise ManifestError(
            f"{path} is in no format that is known",
            hint="Say which it is with --format.",
        )
    return "csv"
