"""The same rows by the ledger, and by other ways to write rows."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import Bench, Benchmark, format_gb, median
from benchmarks.measure import Run
from benchmarks.tables import Goal, format_goals, format_number, format_table
from databases import database_size, new_database, run_postgresql

__all__ = ["BENCHMARK"]

_MOST_ML_METADATA = 200_000
_MOST_ORM = 500_000
_MLMD_PYTHON = (3, 11)

_SETTINGS = ("ALTER SYSTEM SET max_wal_size = '8GB'", "SELECT pg_reload_conf()")
"""By default the server writes whole pages anew into its log after every gigabyte."""

_WORDS = {
    "sqlite": "the ledger on SQLite",
    "postgresql": "the ledger on PostgreSQL",
    "duckdb": "DuckDB `CREATE TABLE AS SELECT`, 2 threads",
    "executemany": "`sqlite3.executemany` of tuples, one flat table",
    "orm": "SQLAlchemy ORM `add_all`",
    "ml-metadata": "ml-metadata `put_artifacts`",
}


@dataclass(slots=True)
class _Result:
    """The runs of one contestant, and the size of what it left behind."""

    rows: int
    runs: list[Run]
    stored: int = 0

    @property
    def rate(self) -> float:
        return self.rows / median(self.runs).seconds


def _run(bench: Bench) -> list[str]:
    sizes = {
        "sqlite": bench.rows,
        "postgresql": bench.rows,
        "duckdb": bench.rows,
        "executemany": bench.rows,
        "orm": min(bench.rows, _MOST_ORM),
    }
    python = _mlmd_python(bench) if bench.ml_metadata else None
    if python:
        sizes["ml-metadata"] = min(bench.rows, _MOST_ML_METADATA)
    results = {name: _Result(rows, []) for name, rows in sizes.items()}
    for _ in range(bench.repeat):
        for name, result in results.items():
            _measure(bench, name, result, python)
    return [
        _describe(bench, results),
        format_goals(_goals(bench, results)),
        *([] if python else ["ml-metadata was not run."]),
    ]


def _measure(bench: Bench, name: str, result: _Result, python: str | None) -> None:
    manifest = str(bench.crawl(result.rows))
    with bench.scratch() as folder:
        database = str(folder / "records.db")
        match name:
            case "sqlite":
                url = f"sqlite:///{database}"
                run = bench.measure(
                    name, "benchmarks.writers:ledger", manifest=manifest, url=url
                )
            case "postgresql":
                with _empty_postgresql(folder) as (url, server):
                    run = bench.measure(
                        name,
                        "benchmarks.writers:ledger",
                        server=server,
                        manifest=manifest,
                        url=url,
                    )
                    result.stored = database_size(url)
            case "ml-metadata":
                run = bench.measure(
                    name,
                    "benchmarks.mlmd:put_artifacts",
                    python=python or sys.executable,
                    manifest=manifest,
                    database=database,
                )
            case _:
                target = {
                    "duckdb": "benchmarks.writers:duckdb_ctas",
                    "executemany": "benchmarks.writers:executemany",
                    "orm": "benchmarks.orm:add_all",
                }[name]
                run = bench.measure(name, target, manifest=manifest, database=database)
        if name != "postgresql":
            result.stored = sum(file.stat().st_size for file in folder.iterdir())
    if run.returned != result.rows:
        raise ValueError(f"{name} wrote {run.returned} of {result.rows} records")
    result.runs.append(run)


@contextmanager
def _empty_postgresql(folder: Path) -> Iterator[tuple[str, int]]:
    """A new server of its own, with an empty database; its URL and process."""
    with run_postgresql(folder) as server, new_database(server.get_uri()) as url:
        for statement in _SETTINGS:
            server.psql(statement)
        pid = server.get_pid()
        if pid is None:
            raise ValueError("the PostgreSQL server does not run")
        yield url, pid


def _mlmd_python(bench: Bench) -> str | None:
    """Make the environment of ml-metadata; None where no Python is old enough."""
    name = "python{}.{}".format(*_MLMD_PYTHON)
    base = sys.executable if sys.version_info[:2] == _MLMD_PYTHON else None
    base = base or shutil.which(name)
    if base is None:
        bench.say(f"ml-metadata is left out: no {name} here")
        return None
    folder = bench.folder / "ml-metadata"
    python = str(folder / "bin/python")
    bench.say("making the environment of ml-metadata")
    for command in (
        [base, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", "--quiet", "ml-metadata", "pyarrow"],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return python


def _describe(bench: Bench, results: dict[str, _Result]) -> str:
    manifest = bench.crawl(bench.rows)
    size = manifest.stat().st_size
    rows = []
    for name, result in results.items():
        run = median(result.runs)
        server = f" + {format_gb(run.server_rss)} server" if run.server_rss else ""
        rows.append(
            (
                _WORDS[name],
                f"{result.rows:,}",
                f"{run.seconds:,.1f}",
                format_number(result.rate),
                format_number(run.cpu_seconds / result.rows * 1e6),
                f"{format_gb(run.peak_rss)}{server}",
                format_number(result.stored / result.rows),
                format_number(run.written / result.rows),
            )
        )
    header = (
        "what",
        "rows",
        "s",
        "rows/s",
        "core-µs per row",
        "peak RSS",
        "bytes stored per record",
        "bytes written per record",
    )
    return (
        f"Manifest: Parquet (zstd), {bench.rows:,} rows, {size / 1e6:,.1f} MB, "
        f"{format_number(size / bench.rows)} bytes per row.\n\n"
        + format_table(header, rows)
    )


def _goals(bench: Bench, results: dict[str, _Result]) -> Iterator[Goal]:
    sqlite, postgresql = results["sqlite"], results["postgresql"]
    duckdb = results["duckdb"].rate
    yield Goal(
        what="SQLite rows/s ÷ DuckDB rows/s",
        value=sqlite.rate / duckdb,
        least=0.14,
        aim=0.25,
        more_is_better=True,
    )
    yield Goal(
        what="PostgreSQL rows/s ÷ DuckDB rows/s",
        value=postgresql.rate / duckdb,
        least=0.10,
        aim=0.15,
        more_is_better=True,
    )
    if "ml-metadata" in results:
        yield Goal(
            what="SQLite rows/s ÷ ml-metadata rows/s",
            value=sqlite.rate / results["ml-metadata"].rate,
            least=7,
            aim=12,
            more_is_better=True,
            unit="×",
        )
    row = bench.crawl(bench.rows).stat().st_size / bench.rows
    yield Goal(
        what="bytes per record on SQLite ÷ bytes per row of the manifest",
        value=sqlite.stored / sqlite.rows / row,
        least=3.5,
        aim=2.5,
    )
    for name, result in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        yield Goal(
            what=f"peak RSS, ledger on {name}",
            value=max(run.peak_rss for run in result.runs) / 1e9,
            least=1.5,
            aim=0.8,
            unit=" GB",
        )


BENCHMARK = Benchmark(
    name="ingest",
    title="Ingest against others",
    about="""
Each way writes the rows of the same manifest into an empty database on the same disk: in turn, each run in a fresh process, the median of the repetitions.
The ledger does all it does: parse, identify, edges, tree, log, pedigrees, tallies, durable commits; DuckDB copies columns into a table without keys and checkpoints it; `executemany` fills one flat table without keys in one transaction; the ORM maps records, origins and edges and commits every 10,000 rows; ml-metadata keeps digest and URL of each row and nothing else of it.
Time runs from opening the empty database until it is closed; CPU is user and system time of all processes, the PostgreSQL server's too; peak RSS is the greatest sum over the process and its children, sampled ten times a second, with pages that several share counted for each; the server's shared buffers count once; pandas and polars, which the tests need and a ledger does not, are hidden.
PostgreSQL runs with its default settings (128 MB of shared buffers, fsync on) but `max_wal_size = 8GB`: with the 1 GB that is usual it writes whole pages into its log again and again.
Slow ways get fewer of the rows; rates are compared.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=10_000_000,
    bytes_per_row=1_500,
    run=_run,
)
