"""Instruction sets of five projects: what they share was counted by other means."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from manifest.rows import read_file, write

FILES = {
    "self-instruct": "self-instruct.seed_tasks.jsonl",
    "alpaca": "alpaca.seed_tasks.jsonl",
    "codealpaca": "codealpaca.seed_tasks.jsonl",
    "gpteacher-code": "gpteacher-code.seed_tasks.jsonl",
    "gpteacher-seed": "gpteacher.seed_tasks.jsonl",
}


@pytest.fixture
def folder(real_data: Path) -> Path:
    return real_data / "V4-dedupe"


def expected(folder: Path) -> Any:
    return json.loads((folder / "expected.json").read_text())


def read_rows(path: Path) -> list[tuple[bytes, ...]]:
    """Return the digests of the parts of each row."""
    records, faults = read_file(path)
    assert faults == []
    rows: dict[int, list[bytes]] = {}
    for record in records:
        rows.setdefault(record["row"], []).append(record["digest"])
    return [tuple(parts) for parts in rows.values()]


def test_seed_tasks_and_the_instructions_they_share(folder: Path) -> None:
    truth = expected(folder)["seed_tasks"]
    found = {name: read_rows(folder / file) for name, file in FILES.items()}
    assert truth["rows"] == {name: len(rows) for name, rows in found.items()}
    asked = {name: {row[0] for row in rows} for name, rows in found.items()}
    assert truth["distinct_instructions"] == {
        n: len(found) for n, found in asked.items()
    }
    for pair, overlap in truth["overlap"].items():
        first, second = pair.split(" & ")
        assert overlap["instruction"] == len(asked[first] & asked[second]), pair


def test_levels_of_deduplication_are_not_nested(folder: Path, tmp_path: Path) -> None:
    truth = expected(folder)["gpteacher_toolformer"]
    levels = {}
    for level in truth["rows"]:
        name = level if level == "dedupe-only" else f"similarity-{level}"
        rows = json.loads((folder / f"toolformer-{name}-dataset.json").read_text())
        path = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))
        found = read_rows(path)
        assert truth["rows"][level] == len(found)
        levels[level] = set(found)
    assert truth["distinct"] == {level: len(found) for level, found in levels.items()}
    assert truth["union"] == len(set().union(*levels.values()))
    for low, high in pairwise(levels):
        assert truth["not_in_next"][f"{low} - {high}"] == len(
            levels[low] - levels[high]
        )
