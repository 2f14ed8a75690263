"""A dataset exported with its rows, and recorded by another ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.bench import Bench, Benchmark, format_gb
from benchmarks.measure import Run
from benchmarks.tables import format_number, format_table

from provenance import Ledger

__all__ = ["BENCHMARK", "export", "record"]

_NAMES = {
    "parquet": "export as Parquet",
    "prov-json": "export as PROV-JSON",
    "croissant": "export as Croissant",
    "eu-summary": "export as EU summary (no rows)",
}
_AGAIN = "the Parquet recorded by another ledger"


def export(url: str, name: str, out: str) -> int:
    """Export the crawl; return the bytes of all files."""
    with Ledger.open(url) as ledger:
        done = ledger.export_dataset(name, "crawl", out)
    return sum(path.stat().st_size for path in done.files)


def record(url: str, folder: str) -> dict[str, Any]:
    """Record what was exported in an empty ledger; return its report."""
    with Ledger.open(url) as ledger:
        for _ in ledger.ingest_all([folder]):
            pass
        units: dict[str, Any] = ledger.report("crawl").to_dict()["units"]
        return units


def _run(bench: Bench) -> list[str]:
    manifest = str(bench.crawl(bench.rows))
    runs: dict[str, tuple[Run, int]] = {}
    with bench.scratch() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        bench.measure("ingest", "benchmarks.writers:ledger", manifest=manifest, url=url)
        with Ledger.open(url) as ledger:
            expected = ledger.report("crawl").to_dict()["units"]
        for name, label in _NAMES.items():
            out = str(folder / name)
            run = bench.measure(
                label, "benchmarks.exports:export", url=url, name=name, out=out
            )
            runs[label] = run, run.returned
        again = bench.measure(
            _AGAIN,
            "benchmarks.exports:record",
            url=f"sqlite:///{folder}/again.db",
            folder=str(folder / "parquet"),
        )
        if again.returned != expected:
            raise ValueError(f"{again.returned}, exported was {expected}")
        runs[_AGAIN] = again, Path(folder / "again.db").stat().st_size
    rows = [
        (
            label,
            format_number(run.seconds),
            format_number(bench.rows / run.seconds),
            format_gb(run.peak_rss),
            format_number(size / bench.rows),
        )
        for label, (run, size) in runs.items()
    ]
    head = ("what", "s", "rows/s", "peak RSS", "bytes per record")
    return [
        f"{bench.rows:,} records; the other ledger's report is the same.",
        format_table(head, rows),
    ]


BENCHMARK = Benchmark(
    name="exports",
    title="Exports",
    about="""
A crawl in a ledger on SQLite, exported in the formats that carry rows and in one that does not, and recorded by another ledger.
Each is done once, by a fresh process; the report of the other ledger must be equal in every unit.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=1_000_000,
    bytes_per_row=2_500,
    run=_run,
)
