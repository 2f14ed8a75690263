"""How fast rows of several parts are read, as JSON lines and as Parquet.

    python tests/benchmarks/readers_parts.py [ROWS]

Prints rows/s, records/s and MB/s of the file's JSON.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from provenance.manifest import Normaliser, map_columns, open_manifest

WORDS = [f"word{n}" for n in range(5000)]


def make_rows(count: int) -> dict[str, list[dict[str, object]]]:
    """Make chats of four turns, and prompts with four completions."""
    chance = random.Random(1)  # noqa: S311 - the same rows every time

    def say() -> str:
        return " ".join(chance.choices(WORDS, k=60))

    roles = ("user", "assistant") * 2
    chats: list[dict[str, object]] = [
        {
            "id": f"c{n}",
            "model": f"model-{n % 7}",
            "messages": [{"role": role, "content": say()} for role in roles],
        }
        for n in range(count)
    ]
    prompts: list[dict[str, object]] = [
        {
            "instruction": say(),
            "completions": [{"model": f"m{k}", "response": say()} for k in range(4)],
        }
        for _ in range(count)
    ]
    return {"chat": chats, "completions": prompts}


def measure(path: Path, rows: int, size: int) -> None:
    started = time.perf_counter()
    reader = open_manifest(path)
    column_map = map_columns(reader.columns, {}, {})
    normaliser = Normaliser(column_map, file=reader.file)
    records = sum(
        len(normaliser.normalise(raw)[0]) for raw in reader.read(column_map.needed)
    )
    seconds = time.perf_counter() - started
    print(  # noqa: T201 - a benchmark prints
        f"{reader.format:<12} {path.suffix:<9}{rows / seconds:>9,.0f} rows/s"
        f"{records / seconds:>10,.0f} records/s{size / seconds / 1e6:>6,.0f} MB/s"
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in make_rows(count).items():
            lines = Path(folder) / f"{name}.jsonl"
            lines.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
            table = Path(folder) / f"{name}.parquet"
            pq.write_table(pa.Table.from_pylist(rows), table)
            for path in (lines, table):
                measure(path, count, lines.stat().st_size)


if __name__ == "__main__":
    main()
