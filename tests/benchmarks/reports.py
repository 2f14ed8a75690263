"""Reports, and the same numbers counted from the manifest."""

from __future__ import annotations

import statistics
import time
from typing import Any

from benchmarks.bench import Bench, Benchmark, format_gb
from benchmarks.measure import Run
from benchmarks.tables import Goal, format_goals, format_number, format_table

from provenance import Ledger
from provenance.domain import Tier

__all__ = ["BENCHMARK", "make_report"]

_GROUPINGS = (
    *("model", "mode", "evidence", "depth"),
    *("source", "month", "language", "split"),
)
_TOTALS = "totals"


def make_report(url: str, by: list[str]) -> dict[str, Any]:
    """Ask an open ledger for a report; return it beside the seconds it took."""
    with Ledger.open(url) as ledger:
        started = time.perf_counter()
        report = ledger.report("crawl", by=by, unit="tokens")
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "report": report.to_dict()}


def _run(bench: Bench) -> list[str]:
    manifest = str(bench.crawl(bench.rows))
    runs: dict[str, list[Run]] = {}
    with bench.scratch() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        bench.measure("ingest", "benchmarks.writers:ledger", manifest=manifest, url=url)
        for _ in range(bench.repeat):
            for name in (_TOTALS, *_GROUPINGS):
                run = bench.measure(
                    f"report {name}",
                    "benchmarks.reports:make_report",
                    url=url,
                    by=[] if name == _TOTALS else [name],
                )
                runs.setdefault(name, []).append(run)
    counted = bench.measure("recount", "benchmarks.recount:recount", manifest=manifest)
    for name, taken in runs.items():
        for run in taken:
            _compare(name, run.returned["report"], counted.returned)
    seconds = {
        name: statistics.median(run.returned["seconds"] for run in taken)
        for name, taken in runs.items()
    }
    rows = [
        (
            name if name == _TOTALS else f"by {name}",
            f"{max(1, len(taken[0].returned['report']['by'].get(name, ()))):,}",
            format_number(1000 * seconds[name]),
            format_gb(max(run.peak_rss for run in taken)),
        )
        for name, taken in runs.items()
    ]
    goals = [
        Goal(
            what="totals, and depth",
            value=1000 * seconds.pop(_TOTALS),
            aim=50,
            unit=" ms",
        ),
        Goal(
            what="slowest breakdown",
            value=max(seconds.values()),
            aim=2,
            unit=" s",
        ),
    ]
    return [
        (
            f"{bench.rows:,} records; DuckDB needs {counted.seconds:.1f} s to count "
            "all of it from the manifest, and comes to the same numbers."
        ),
        format_table(("report", "groups", "ms", "peak RSS"), rows),
        format_goals(goals),
    ]


def _compare(name: str, report: dict[str, Any], counted: dict[str, Any]) -> None:
    """Stop the benchmark if a report is not what the manifest makes it."""
    for unit, tiers in counted["units"].items():
        if _tiers(report["units"][unit]) != tiers:
            raise ValueError(f"{unit}: {report['units'][unit]}, counted {tiers}")
    if name == _TOTALS:
        return
    expected = dict(counted["by"][name])
    found = {
        None if row[name] is None else str(row[name]): _tiers(row)
        for row in report["by"][name]
    }
    for group in found | expected:
        if found.get(group) != expected.get(group):
            raise ValueError(
                f"by {name}, {group}: {found.get(group)}, counted {expected.get(group)}"
            )


def _tiers(amounts: dict[str, Any]) -> dict[str, int]:
    """The tiers that are not empty."""
    return {str(tier): amounts[tier] for tier in Tier if amounts[tier]}


BENCHMARK = Benchmark(
    name="reports",
    title="Reports",
    about="""
Reports on one crawl in a ledger on SQLite: the totals in every unit with the depth, and with one breakdown each, by tokens.
Each is asked by a fresh process, once, of a ledger it has just opened; medians.
The same numbers are counted from the manifest by plain SQL in DuckDB, and must be equal.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=10_000_000,
    bytes_per_row=1_500,
    run=_run,
)
