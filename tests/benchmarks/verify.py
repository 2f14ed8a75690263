"""Every record and edge hashed anew."""

from __future__ import annotations

import time

from benchmarks.bench import Bench, Benchmark, format_gb, median
from benchmarks.tables import Goal, format_goals, format_number, format_table

from provenance import Ledger
from provenance.ledger.verify import verify_ledger
from provenance.log.anchor import Anchors

__all__ = ["BENCHMARK", "hash_records"]

_MILLION = 1e6


def hash_records(url: str) -> dict[str, float]:
    """Verify a ledger down to its records, without the derived tables."""
    with Ledger.open(url, create=False) as ledger, ledger._reading() as connection:
        started = time.perf_counter()
        done = verify_ledger(connection, deep=True, anchors=Anchors())
        return {
            "records": done.records or 0,
            "seconds": time.perf_counter() - started,
        }


def _run(bench: Bench) -> list[str]:
    with bench.scratch() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        manifest = str(bench.crawl(bench.rows))
        bench.measure("ingest", "benchmarks.writers:ledger", manifest=manifest, url=url)
        runs = [
            bench.measure("verify --deep", "benchmarks.verify:hash_records", url=url)
            for _ in range(bench.repeat)
        ]
    run = median(runs)
    if run.returned["records"] != bench.rows:
        raise ValueError(f"{run.returned['records']} of {bench.rows} records verified")
    rate = bench.rows / run.returned["seconds"]
    table = [
        (
            "`provenance verify --deep`, facts",
            format_number(run.returned["seconds"]),
            format_number(rate),
            format_number(run.cpu_seconds / bench.rows * _MILLION),
            format_gb(run.peak_rss),
        )
    ]
    goals = [
        Goal(
            what="records hashed anew",
            value=rate / _MILLION,
            least=0.6,
            aim=0.9,
            unit=" M/s",
            more_is_better=True,
        )
    ]
    header = ("what", "s", "records/s", "core-µs per record", "peak RSS")
    return [format_table(header, table), format_goals(goals)]


BENCHMARK = Benchmark(
    name="verify",
    title="Verify",
    about="""
A crawl of which one row in ten is generated and one in ten derived, on SQLite.
Every record is read back with its edges, its leaf is written and hashed, the trees of the batches are compared with the log, and every column that no leaf holds is computed anew; two worker processes.
The rebuild of the derived tables, which `verify --deep` compares as well, is not in it.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=10_000_000,
    bytes_per_row=600,
    run=_run,
)
