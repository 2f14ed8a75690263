"""Lists from the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]

ROWS: tuple[dict[str, Any], ...] = (
    {"name": "a", "origin": "human", "tokens": 90},
    {"name": "b", "generated_by": "M", "tokens": 10},
    {"name": "c", "tokens": 9},
)


@pytest.fixture
def folder(run_cli: Run, tmp_path: Path) -> Path:
    path = tmp_path / "d.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert run_cli("ingest", path).exit_code == 0
    return tmp_path


def _names(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["name"] for row in csv.DictReader(file)]


def test_both_lists_are_written_and_told(run_cli: Run, folder: Path) -> None:
    asked = ("select", "d", "--max-downstream", "10%", "--unit", "tokens")
    done = run_cli(*asked, "-o", folder / "keep.csv")
    assert done.exit_code == 0
    head, *lines = done.stdout.splitlines()
    assert head.startswith("d (policy default, as of ")
    assert lines == [
        f"  kept     2 records, 100 tokens → {folder}/keep.csv",
        f"  dropped  1 record, 9 tokens → {folder}/keep.dropped.csv",
        "           would be too much downstream: 1 record, 9 tokens",
        "  before   9.2 % – 17.4 % of the tokens downstream",
        "  after    10.0 % of the tokens downstream",
    ]
    assert _names(folder / "keep.csv") == ["a", "b"]
    assert _names(folder / "keep.dropped.csv") == ["c"]


def test_tiers_are_words_with_commas(run_cli: Run, folder: Path) -> None:
    keep, drop = folder / "k.csv", folder / "d.csv"
    asked = ("--tier", "human, unknown", "--tier", "other", "--drop", drop)
    done = run_cli("select", "d", *asked, "-o", keep, "--json")
    told = json.loads(done.stdout)
    assert (told["kept"]["records"], told["reasons"]["tier"]["generated"]) == (2, 1)
    assert (_names(keep), _names(drop)) == (["a", "c"], ["b"])
    assert run_cli("select", "d", "--tier", "robot", "-o", keep).exit_code == 1


def test_a_model_is_excluded(run_cli: Run, folder: Path) -> None:
    done = run_cli("exclude", "--model", "M", "-o", folder / "no.csv")
    assert "downstream of the model: 1 record, 1 items" in done.stdout
    assert _names(folder / "no.csv") == ["b"]
    assert _names(folder / "no.kept.csv") == ["a", "c"]
    assert run_cli("exclude", "--model", "Q", "-o", folder / "q.csv").exit_code == 1


def test_one_file_for_both_lists_is_refused(run_cli: Run, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "old.csv").write_text("kept\n")
    (folder / "link.csv").symlink_to("new.csv")
    (folder / "hard.csv").hardlink_to(folder / "old.csv")
    pairs = [("new", "new"), ("new", "sub/../new"), ("new", "link"), ("old", "hard")]
    for first, second in pairs:
        keep, drop = folder / f"{first}.csv", f"{folder}/{second}.csv"
        for asked in (
            ("select", "d", "--tier", "human", "-o", keep, "--drop", drop),
            ("exclude", "d", "--model", "M", "-o", keep, "--keep", drop),
        ):
            refused = run_cli(*asked)
            assert (refused.exit_code, "both lists" in refused.stderr) == (1, True)
    assert not (folder / "new.csv").exists()
    assert (folder / "old.csv").read_text() == "kept\n"
