"""How fast documents and rows of several parts are read, as JSON lines and Parquet."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.bench import Bench, Benchmark, median
from benchmarks.tables import format_number, format_table

__all__ = ["BENCHMARK"]

_WORDS = [f"word{n}" for n in range(5000)]
_ROLES = ("user", "assistant") * 2


def _make_rows(count: int) -> Iterator[tuple[str, int, list[dict[str, Any]]]]:
    """Yield what rows are, how many records each has, and the rows."""
    chance = random.Random(1)  # noqa: S311 - the same rows every time

    def say() -> str:
        return " ".join(chance.choices(_WORDS, k=60))

    yield (
        "chat",
        len(_ROLES),
        [
            {
                "id": f"c{n}",
                "model": f"model-{n % 7}",
                "messages": [{"role": role, "content": say()} for role in _ROLES],
            }
            for n in range(count)
        ],
    )
    yield (
        "completions",
        5,
        [
            {
                "instruction": say(),
                "completions": [
                    {"model": f"m{k}", "response": say()} for k in range(4)
                ],
            }
            for _ in range(count)
        ],
    )
    yield (
        "Dolma documents",
        1,
        [
            {
                "id": f"d{n}",
                "text": "\n".join(say() for _ in range(5)),
                "source": "web",
                "added": "2024-01-02T03:04:05.678Z",
                "created": "2019-01-02T03:04:05.678Z",
                "metadata": {"url": f"https://x.example/{n}", "language": "en"},
            }
            for n in range(count)
        ],
    )
    yield (
        "Dolma attributes",
        1,
        [
            {
                "id": f"d{n}",
                "source": "web",
                "attributes": {
                    "mix__looks_generated_v1__ai": [
                        [300 * k, 300 * (k + 1), round(chance.random(), 4)]
                        for k in range(5)
                    ]
                },
            }
            for n in range(count)
        ],
    )


def _run(bench: Bench) -> list[str]:
    told = []
    with bench.scratch() as folder:
        for name, records, rows in _make_rows(bench.rows):
            lines = folder / f"{name}.jsonl"
            text = "".join(json.dumps(row) + "\n" for row in rows)
            lines.write_text(text, "utf-8")
            table = folder / f"{name}.parquet"
            pq.write_table(pa.Table.from_pylist(rows), table)
            told += [
                _measure(bench, path, records, len(text)) for path in (lines, table)
            ]
    header = ("rows", "s", "rows/s", "records/s", "MB/s", "core-µs per row", "peak RSS")
    return [f"{bench.rows:,} rows.", format_table(header, told)]


def _measure(bench: Bench, path: Path, records: int, size: int) -> tuple[str, ...]:
    target = "benchmarks.readers:read_manifest"
    runs = [
        bench.measure(path.name, target, path=str(path)) for _ in range(bench.repeat)
    ]
    if {run.returned for run in runs} != {records * bench.rows}:
        raise ValueError(f"{path.name}: {runs[0].returned} records were good")
    run = median(runs)
    return (
        f"{path.stem}, {path.suffix}",
        f"{run.seconds:,.2f}",
        format_number(bench.rows / run.seconds),
        format_number(records * bench.rows / run.seconds),
        format_number(size / 1e6 / run.seconds),
        format_number(run.cpu_seconds / bench.rows * 1e6),
        f"{run.peak_rss / 1e9:.2f} GB",
    )


BENCHMARK = Benchmark(
    name="parts",
    title="Documents, and rows of several parts",
    about="""
Chats of four turns by one model, prompts with completions by four, documents of 300 words and the scores of a detector, as JSON lines and as Parquet; medians.
MB are those of the JSON lines, for both.
Each text is normalised and hashed.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=50_000,
    bytes_per_row=8_000,
    run=_run,
)
