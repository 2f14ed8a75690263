"""What bad rows cost the good ones: each format clean, and with 10 % bad rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
from benchmarks.bench import Bench, Benchmark, median
from benchmarks.measure import Run
from benchmarks.tables import Goal, format_goals, format_table

from provenance import Ledger
from provenance.ledger.quarantine import Quarantine
from provenance.manifest import Normaliser, map_columns, open_manifest

__all__ = ["BENCHMARK", "record", "set_aside"]

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


def set_aside(path: str) -> list[int]:
    """Read and normalise a manifest, and set its bad rows aside without a ledger.

    Returns:
        How many rows were good, and how many were bad.
    """
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
    return [good, bad]


def record(path: str) -> list[int]:
    """Record a manifest in a new ledger beside it.

    Returns:
        How many rows were good, and how many were bad.
    """
    with tempfile.TemporaryDirectory(dir=Path(path).parent) as folder:
        with Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger:
            done = ledger.ingest(path, dataset="crawl")
        return [done.recorded, done.quarantined]


def _write_pairs(crawl: Path, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Write a clean and a spoilt manifest in each format."""
    with duckdb.connect() as duck:
        duck.execute("SET threads = 2")
        duck.execute(
            f"CREATE TABLE crawl AS SELECT *, row_number() OVER () AS n FROM '{crawl}'"
        )
        for name, query in (("clean", _CLEAN), ("spoilt", _SPOILT)):
            into = folder / f"{name}.parquet"
            duck.execute(f"COPY (SELECT * EXCLUDE n FROM ({query})) TO '{into}'")
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


def _run(bench: Bench) -> list[str]:
    rows, goals = [], []
    with bench.scratch() as folder:
        for pair in _write_pairs(bench.crawl(bench.rows), folder):
            name = pair[0].suffix[1:]
            read = _measure(bench, pair, "set_aside")
            recorded = _measure(bench, pair, "record")
            rows += [
                _tell(f"read {name}", bench.rows, *read),
                _tell(f"record {name}", bench.rows, *recorded),
            ]
            clean, spoilt = recorded
            good, _ = spoilt.returned
            goals.append(
                Goal(
                    what=f"{name}: core time per good row with bad rows ÷ without",
                    value=spoilt.cpu_seconds / good / clean.cpu_seconds * bench.rows,
                    least=1.2,
                    aim=1.1,
                    more_is_better=False,
                )
            )
    header = (
        *("what", "s clean", "s with bad rows", "bad rows"),
        *("core-µs per row clean", "core-µs per good row with bad ones"),
    )
    return [
        f"{bench.rows:,} rows.",
        format_table(header, rows),
        format_goals(goals),
    ]


def _measure(bench: Bench, pair: tuple[Path, Path], target: str) -> tuple[Run, Run]:
    """Measure a clean and a spoilt manifest in turns; return the medians."""
    turns = [
        [
            bench.measure(
                f"{target} {path.name}",
                f"benchmarks.quarantine:{target}",
                path=str(path),
            )
            for path in pair
        ]
        for _ in range(bench.repeat)
    ]
    clean, spoilt = (median(runs) for runs in zip(*turns, strict=True))
    return clean, spoilt


def _tell(what: str, count: int, clean: Run, spoilt: Run) -> tuple[str, ...]:
    good, bad = spoilt.returned
    if good + bad != count or not bad:
        raise ValueError(f"{what}: {good} good and {bad} bad rows")
    return (
        what,
        f"{clean.seconds:,.2f}",
        f"{spoilt.seconds:,.2f}",
        f"{bad:,}",
        f"{clean.cpu_seconds / count * 1e6:.2f}",
        f"{spoilt.cpu_seconds / good * 1e6:.2f}",
    )


BENCHMARK = Benchmark(
    name="quarantine",
    title="Bad rows",
    about="""
A manifest once clean and once with one row in ten bad, in turns; medians: read and normalised, its bad rows written to their file, without a ledger; then recorded in a new one, which is what the goal is about.
A third of the bad rows have a digest that is none, a third a negative size and a third an impossible time; of the lines one in forty is cut short, so that it is no row of the format at all.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=1_000_000,
    bytes_per_row=2_500,
    run=_run,
)
