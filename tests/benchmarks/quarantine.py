"""What bad rows cost the good ones: each format clean, and with 10 % bad rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
from benchmarks.bench import Bench, Benchmark, median
from benchmarks.manifests import write_crawl
from benchmarks.tables import format_number, format_table

from provenance.ledger.quarantine import Quarantine
from provenance.manifest import Normaliser, map_columns, open_manifest

__all__ = ["BENCHMARK", "set_aside", "write_pairs"]

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


def set_aside(path: str) -> tuple[int, int]:
    """Read, normalise and set aside; return good and bad rows."""
    reader = open_manifest(Path(path))
    columns = map_columns(reader.columns, {}, {})
    normaliser = Normaliser(columns, file=reader.file)
    quarantine = Quarantine(Path(path).with_suffix(".quarantine"))
    good = 0
    for raw in reader.read(columns.needed):
        batch, faults = normaliser.normalise(raw)
        quarantine.add(faults)
        good += len(batch)
    bad = quarantine.count
    quarantine.drop()
    return good, bad


def _run(bench: Bench) -> list[str]:
    rows = []
    with bench.scratch() as folder:
        for pair in write_pairs(folder, bench.rows):
            costs = []
            for path in pair:
                runs = [
                    bench.measure(
                        path.name, "benchmarks.quarantine:set_aside", path=str(path)
                    )
                    for _ in range(bench.repeat)
                ]
                run = median(runs)
                good, bad = run.returned
                costs.append(run.seconds / good * 1e6)
                rows.append(
                    (
                        path.name,
                        f"{good:,}",
                        f"{bad:,}",
                        format_number(costs[-1]),
                        f"{costs[-1] / costs[0] - 1:+.0%}",
                    )
                )
    header = ("file", "good rows", "bad rows", "µs per good row", "against clean")
    return [format_table(header, rows)]


BENCHMARK = Benchmark(
    name="quarantine",
    title="Bad rows",
    about="""
What bad rows cost the good ones: files are read and normalised and their bad rows set aside, without a ledger; clean, and with one row in ten bad; medians.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=1_000_000,
    bytes_per_row=1_500,
    run=_run,
)
