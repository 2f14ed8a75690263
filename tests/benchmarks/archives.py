"""How fast archives are read, beside a bare loop of FastWARC over the same files."""

from __future__ import annotations

import gzip
import hashlib
import random
from pathlib import Path

from benchmarks.bench import Bench, Benchmark, median
from benchmarks.tables import Goal, format_goals, format_number, format_table
from fastwarc.warc import ArchiveIterator
from manifest.archives.written import make_http, make_record, sha1

__all__ = ["BENCHMARK", "loop"]

_WORDS = [f"word{n} " for n in range(5000)]
_PAGE, _TEXT = 30_000, 5_000
_READ = "benchmarks.readers:read_manifest"
_LOOP = "benchmarks.archives:loop"


def _write_archives(folder: Path, captures: int) -> dict[str, Path]:
    """Write a WARC of requests and responses, and the WET of their texts."""
    chance = random.Random(1)  # noqa: S311 - the same files every time
    paths = {name: folder / f"a.{name}.gz" for name in ("warc", "wet")}
    with paths["warc"].open("wb") as warc, paths["wet"].open("wb") as wet:
        for number in range(captures):
            body = "".join(chance.choices(_WORDS, k=_PAGE // 9)).encode()
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
                body[:_TEXT],
                number=2 * number + 1,
                Content_Type="text/plain",
                WARC_Block_Digest=sha1(body[:_TEXT]),
                WARC_Refers_To=f"<urn:uuid:{2 * number:032d}>",
                WARC_Identified_Content_Language="eng",
            )
            for record in (request, response):
                warc.write(gzip.compress(record, 6))
            wet.write(gzip.compress(conversion, 6))
    return paths


def loop(path: str, *, is_hashed: bool) -> int:
    """Read every payload and throw it away, or compute its SHA-1 first.

    Returns:
        How many records there were.
    """
    count = 0
    with Path(path).open("rb") as file:
        for record in ArchiveIterator(file, parse_http=True):
            data = record.reader.read()
            if is_hashed:
                hashlib.sha1(data, usedforsecurity=False).digest()
            count += 1
    return count


def _run(bench: Bench) -> list[str]:
    rows, goals = [], []
    with bench.scratch() as folder:
        for kind, path in _write_archives(folder, bench.rows).items():
            size = (_PAGE if kind == "warc" else _TEXT) * bench.rows
            given = str(path)
            turns = [
                (
                    bench.measure(f"{kind} loop", _LOOP, path=given, is_hashed=False),
                    bench.measure(f"{kind} SHA-1", _LOOP, path=given, is_hashed=True),
                    bench.measure(f"{kind} read", _READ, path=given),
                )
                for _ in range(bench.repeat)
            ]
            bare, hashed, read = (median(runs) for runs in zip(*turns, strict=True))
            if read.returned != bench.rows:
                raise ValueError(f"{kind}: {read.returned} captures were good")
            for name, run in (
                ("bare loop of FastWARC", bare),
                ("the same, and SHA-1 of each payload", hashed),
                ("read, compared and normalised", read),
            ):
                rows.append(
                    (
                        f"{kind}: {name}",
                        f"{run.seconds:,.2f}",
                        format_number(bench.rows / run.seconds),
                        format_number(size / 1e6 / run.seconds),
                        format_number(run.cpu_seconds / bench.rows * 1e6),
                        f"{run.peak_rss / 1e9:.2f} GB",
                    )
                )
            goals.append(
                Goal(
                    what=f"{kind}: speed ÷ that of the loop with SHA-1",
                    value=hashed.seconds / read.seconds,
                    least=0.5,
                    aim=0.8,
                    more_is_better=True,
                )
            )
    header = ("what", "s", "captures/s", "MB/s", "core-µs per capture", "peak RSS")
    return [
        f"{bench.rows:,} captures.",
        format_table(header, rows),
        format_goals(goals),
    ]


BENCHMARK = Benchmark(
    name="archives",
    title="Archives",
    about="""
A WARC of requests and responses of about 30 kB, and the WET of their texts of 5 kB, each record packed by itself; medians of turns.
MB are those of the content. What is compared with is a loop that reads every payload and does nothing with it, and one that computes the digest without which none can be compared.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=20_000,
    bytes_per_row=20_000,
    run=_run,
)
