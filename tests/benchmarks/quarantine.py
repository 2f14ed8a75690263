"""What bad rows cost the good ones: each format clean, and with 10 % bad rows.

Run ``python tests/benchmarks/quarantine.py [ROWS]``. It reads and normalises each
file and sets the bad rows aside, without a ledger, and prints the median of three
runs each, taken in turns.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
from benchmarks.manifests import write_crawl

from provenance.ledger.quarantine import Quarantine
from provenance.manifest import Normaliser, map_columns, open_manifest

__all__ = ["measure", "write_pairs"]

_RUNS = 3
_CLEAN = "SELECT * REPLACE (fetched_at::VARCHAR AS fetched_at) FROM crawl"
_SPOILT = """
    SELECT * REPLACE (
        CASE n % 30 WHEN 3 THEN left(digest, 60) || 'zzzz' ELSE digest END AS digest,
        CASE n % 30 WHEN 13 THEN -bytes ELSE bytes END AS bytes,
        CASE n % 30 WHEN 23 THEN '20' || (n % 7000) || '-13-41'
            ELSE fetched_at::VARCHAR END AS fetched_at
    ) FROM crawl
"""
_LINES = {
    "csv": "concat_ws(',', digest, url, fetched_at, bytes, tokens, language)",
    "jsonl": "json_object('digest', digest, 'url', url, 'fetched_at', fetched_at, "
    "'bytes', bytes, 'tokens', tokens, 'language', language)::VARCHAR",
}
_HEADS = {"csv": "digest,url,fetched_at,bytes,tokens,language\n", "jsonl": ""}


def write_pairs(folder: Path, rows: int) -> Iterator[tuple[Path, Path]]:
    """Write a clean and a spoilt manifest in each format.

    One row in ten is bad: of Parquet, in its digest, size or time; of lines, one in
    four of these is cut short, too, so that it is no row of the format at all.
    """
    write_crawl(folder / "crawl.parquet", rows)
    with duckdb.connect() as duck:
        duck.execute("SET threads = 2")
        duck.execute(
            "CREATE TABLE crawl AS SELECT *, row_number() OVER () AS n "
            f"FROM '{folder}/crawl.parquet'"
        )
        for name, query in (("clean", _CLEAN), ("spoilt", _SPOILT)):
            duck.execute(
                f"COPY (SELECT * EXCLUDE n FROM ({query})) TO '{folder}/{name}.parquet'"
            )
            for suffix, line in _LINES.items():
                cut = f"CASE WHEN n % 40 = 33 THEN left({line}, 70) ELSE {line} END"
                text = line if name == "clean" else cut
                with (folder / f"{name}.{suffix}").open("w", encoding="utf-8") as file:
                    file.write(_HEADS[suffix])
                    found = duck.execute(f"SELECT {text} FROM ({query}) AS row")
                    while some := found.fetchmany(10_000):
                        file.writelines(f"{written}\n" for (written,) in some)
    for suffix in ("parquet", *_LINES):
        yield folder / f"clean.{suffix}", folder / f"spoilt.{suffix}"


def measure(path: Path) -> tuple[float, int, int]:
    """Return seconds, good rows and bad rows of one pass."""
    started = time.perf_counter()
    reader = open_manifest(path)
    columns = map_columns(reader.columns, {}, {})
    normaliser = Normaliser(columns, file=reader.file)
    quarantine = Quarantine(path.with_suffix(".quarantine"))
    good = 0
    for raw in reader.read(columns.needed):
        batch, faults = normaliser.normalise(raw)
        quarantine.add(faults)
        good += len(batch)
    bad = quarantine.count
    quarantine.drop()
    return time.perf_counter() - started, good, bad


def _main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    say = sys.stdout.write
    with tempfile.TemporaryDirectory() as folder:
        for pair in write_pairs(Path(folder), rows):
            runs = [[measure(path) for path in pair] for _ in range(_RUNS + 1)][1:]
            clean, spoilt = (
                statistics.median(run[place][0] / run[place][1] for run in runs) * 1e6
                for place in (0, 1)
            )
            _, good, bad = runs[0][1]
            say(
                f"{pair[0].suffix[1:]}: clean {clean:.2f} µs per row; {bad:,} of "
                f"{good + bad:,} bad: {spoilt:.2f} µs per good row, "
                f"{spoilt / clean - 1:+.0%}\n"
            )


if __name__ == "__main__":
    _main()
