"""Archives written by the tests: every header and every byte is theirs to choose."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
from manifest.rows import Row

from provenance.batch import Fault
from provenance.manifest import Normaliser, map_columns, open_manifest

URL = "http://site.example/page"
DATE = "2024-05-18T01:58:10Z"
PAGE = b"<html>" + b"A page of some length. " * 9 + b"</html>"


def sha1(data: bytes) -> str:
    raw = hashlib.sha1(data, usedforsecurity=False).digest()
    return "sha1:" + base64.b32encode(raw).decode()


def make_record(
    type_: str, block: bytes, *, number: int = 1, version: str = "1.0", **headers: str
) -> bytes:
    """Write one WARC record; a header that is an empty text is left out."""
    head = {
        "WARC-Type": type_,
        "WARC-Record-ID": f"<urn:uuid:{number:032d}>",
        "WARC-Date": DATE,
        "WARC-Target-URI": URL,
        "Content-Length": str(len(block)),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {text}\r\n" for name, text in head.items() if text)
    return f"WARC/{version}\r\n{lines}\r\n".encode() + block + b"\r\n\r\n"


def make_http(body: bytes = PAGE, **headers: str) -> bytes:
    head = {"Content-Type": "text/html; charset=utf-8"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = "".join(f"{name}: {text}\r\n" for name, text in head.items())
    return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + body


def make_response(body: bytes = PAGE, *, number: int = 1, **headers: str) -> bytes:
    """Write a response whose declared payload digest is true unless given."""
    stated = {
        "Content_Type": "application/http; msgtype=response",
        "WARC_Payload_Digest": sha1(body),
    } | headers
    return make_record("response", make_http(body), number=number, **stated)


def make_archive() -> list[bytes]:
    """Write one record of each usual type."""
    return [
        make_record("warcinfo", b"software: test\r\n", number=1),
        make_record("request", b"GET /page HTTP/1.1\r\n\r\n", number=2),
        make_response(number=3),
        make_record("metadata", b"fetchTimeMs: 12\r\n", number=4),
        make_record(
            "revisit", make_http(b""), number=5, WARC_Payload_Digest=sha1(PAGE)
        ),
        make_record("resource", b"some text " * 8, number=6, Content_Type="text/plain"),
    ]


def pack(records: Iterable[bytes], packing: str) -> bytes:
    """Pack each record by itself, as writers of archives do."""
    if packing == "gz":
        return b"".join(gzip.compress(record, mtime=0) for record in records)
    if packing in ("zstd", "lz4"):
        packed: Any = [pa.compress(r, codec=packing, asbytes=True) for r in records]
        return b"".join(packed)
    return b"".join(records)


def read_archive(
    path: Path,
    format: str = "auto",  # noqa: A002 - the word of the function under test
) -> tuple[list[Row], list[Fault], Counter[str]]:
    """Read a whole archive: records, faults, and how often each note was made."""
    reader = open_manifest(path, format=format)
    column_map = map_columns(reader.columns, {}, {})
    normaliser = Normaliser(column_map, file=reader.file)
    records: list[Row] = []
    faults: list[Fault] = []
    notes = Counter[str]()
    for raw in reader.read(column_map.needed):
        batch, found = normaliser.normalise(raw)
        records += batch.to_pylist()
        faults += found
        for what, rows in raw.notes.items():
            notes[what] += len(rows)
    return records, faults, notes
