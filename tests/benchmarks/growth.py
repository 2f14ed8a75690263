"""How the rate holds as a ledger grows."""

from __future__ import annotations

from benchmarks.bench import Bench, Benchmark, format_gb
from benchmarks.tables import Goal, format_goals, format_number, format_table

__all__ = ["BENCHMARK"]

_PARTS = 10


def _run(bench: Bench) -> list[str]:
    part = bench.rows // _PARTS
    table, rates, peaks = [], [], []
    with bench.scratch() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        for number in range(_PARTS):
            manifest = bench.crawl(part, first=1 + number * part)
            run = bench.measure(
                f"part {number + 1}",
                "benchmarks.writers:ledger",
                manifest=str(manifest),
                url=url,
            )
            if run.returned != part:
                raise ValueError(f"{run.returned} of {part} records were written")
            rates.append(part / run.seconds)
            peaks.append(run.peak_rss)
            size = (folder / "ledger.db").stat().st_size
            table.append(
                (
                    f"{part * (number + 1):,}",
                    f"{run.seconds:,.1f}",
                    format_number(rates[-1]),
                    format_number(run.cpu_seconds / part * 1e6),
                    format_gb(run.peak_rss),
                    format_gb(size),
                    format_number(run.written / part),
                )
            )
            if not bench.keep:
                manifest.unlink()
    header = (
        "records then",
        "s",
        "rows/s",
        "core-µs per row",
        "peak RSS",
        "ledger",
        "bytes written per record",
    )
    goals = [
        Goal(
            what="rate of the last part ÷ rate of the first",
            value=rates[-1] / rates[0],
            least=0.45,
            aim=0.7,
            more_is_better=True,
        ),
        Goal(what="peak RSS", value=max(peaks) / 1e9, least=1.5, aim=0.8, unit=" GB"),
    ]
    return [format_table(header, table), format_goals(goals)]


BENCHMARK = Benchmark(
    name="growth",
    title="Growth",
    about=f"""
{_PARTS} manifests of one crawl are recorded one after another in one ledger on SQLite, each by a fresh process, once.
Derived rows have parents in any earlier manifest.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=50_000_000,
    bytes_per_row=700,
    run=_run,
)
