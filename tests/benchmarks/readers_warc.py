"""How fast archives are read, beside a bare loop of FastWARC on the same files.

    python tests/benchmarks/readers_warc.py [CAPTURES]

Prints captures/s, and MB/s of content. The bare loop reads each payload and does
nothing with it; the second one also computes its SHA-1, which no check of digests
can do without.
"""

from __future__ import annotations

import gzip
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fastwarc.warc import ArchiveIterator
from manifest.archives.written import make_http, make_record, sha1

from provenance.manifest import Normaliser, map_columns, open_manifest

WORDS = [f"word{n} " for n in range(5000)]
PAGE, TEXT = 30_000, 5_000


def write_archives(folder: Path, captures: int) -> dict[str, Path]:
    """Write a WARC of requests and responses, and the WET of their texts."""
    chance = random.Random(1)  # noqa: S311 - the same files every time
    paths = {name: folder / f"a.{name}.gz" for name in ("warc", "wet")}
    with paths["warc"].open("wb") as warc, paths["wet"].open("wb") as wet:
        for number in range(captures):
            body = "".join(chance.choices(WORDS, k=PAGE // 9)).encode()
            response = make_record(
                "response",
                make_http(body),
                number=2 * number,
                Content_Type="application/http; msgtype=response",
                WARC_Target_URI=f"https://site{number % 977}.example/{number}",
                WARC_Payload_Digest=sha1(body),
            )
            request = make_record("request", b"GET / HTTP/1.1\r\n\r\n", number=1)
            conversion = make_record(
                "conversion",
                body[:TEXT],
                number=2 * number + 1,
                Content_Type="text/plain",
                WARC_Block_Digest=sha1(body[:TEXT]),
                WARC_Refers_To=f"<urn:uuid:{2 * number:032d}>",
                WARC_Identified_Content_Language="eng",
            )
            for record in (request, response):
                warc.write(gzip.compress(record, 6))
            wet.write(gzip.compress(conversion, 6))
    return paths


def loop(path: Path, *, is_hashed: bool) -> None:
    with path.open("rb") as file:
        for record in ArchiveIterator(file, parse_http=True):
            data = record.reader.read()
            if is_hashed:
                hashlib.sha1(data, usedforsecurity=False).digest()


def read(path: Path, *, is_normalised: bool) -> None:
    reader = open_manifest(path)
    column_map = map_columns(reader.columns, {}, {})
    normaliser = Normaliser(column_map, file=reader.file)
    for raw in reader.read(column_map.needed):
        if is_normalised:
            normaliser.normalise(raw)


def measure(name: str, run: Callable[[], None], captures: int, size: int) -> float:
    started = time.perf_counter()
    run()
    seconds = time.perf_counter() - started
    print(  # noqa: T201 - a benchmark prints
        f"{name:<34}{captures / seconds:>10,.0f} captures/s"
        f"{captures * size / seconds / 1e6:>9,.0f} MB/s"
    )
    return seconds


def main() -> None:
    captures = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        for kind, path in write_archives(Path(folder), captures).items():
            size = PAGE if kind == "warc" else TEXT
            runs = {
                "bare loop": lambda path=path: loop(path, is_hashed=False),
                "bare loop and SHA-1": lambda path=path: loop(path, is_hashed=True),
                "reader": lambda path=path: read(path, is_normalised=False),
                "reader and rules": lambda path=path: read(path, is_normalised=True),
            }
            taken = {
                name: measure(f"{kind}: {name}", run, captures, size)
                for name, run in runs.items()
            }
            share = taken["bare loop and SHA-1"] / taken["reader"]
            print(f"{kind}: {share:.2f} of the bare loop with SHA-1")  # noqa: T201


if __name__ == "__main__":
    main()
