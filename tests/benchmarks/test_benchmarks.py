"""Every benchmark still runs: tiny sizes, whose figures mean nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from benchmarks.__main__ import BENCHMARKS
from benchmarks.bench import Bench
from benchmarks.document import write_section
from benchmarks.measure import MeasureError, Run, measure
from benchmarks.tables import Goal, format_goals, format_number, format_table

TESTS = Path(__file__).parent.parent


def _start(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Start the benchmarks as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        check=False,
        capture_output=True,
        text=True,
    )


def _run_here(target: str, arguments: Mapping[str, Any], **_: Any) -> Run:
    """Call what is to be measured in this process: no start-up, no real figures."""
    module, name = target.split(":")
    returned = getattr(import_module(module), name)(**arguments)
    return Run(
        returned=returned,
        seconds=1.0,
        cpu_seconds=1.0,
        peak_rss=1,
        server_rss=0,
        written=1,
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder outside of pytest's own, into which no other user may look.

    Under root, PostgreSQL runs as another user.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as path:
        yield Path(path)


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmark_runs(name: str, folder: Path) -> None:
    bench = Bench(
        folder=folder,
        rows=1000,
        repeat=1,
        say=lambda _words: None,
        ml_metadata=False,
        measuring=_run_here,
    )
    blocks = BENCHMARKS[name].run(bench)
    assert any(block.startswith("|") for block in blocks)
    assert bench.runs


@pytest.mark.slow
def test_runs_are_measured_in_processes_of_their_own(tmp_path: Path) -> None:
    document, raw = tmp_path / "benchmarks.md", tmp_path / "raw.json"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    _start(
        *("--only", "stages", "--rows", "1000", "--repeat", "1"),
        *("--folder", str(scratch), "--document", str(document), "--json", str(raw)),
    ).check_returncode()
    assert document.read_text("utf-8").count(f"## {BENCHMARKS['stages'].title}") == 1
    runs = json.loads(raw.read_text("utf-8"))
    assert [run["label"] for run in runs] == ["stages", "whole"]
    assert all(run["seconds"] > 0 and run["cpu_seconds"] > 0 for run in runs)
    assert all(run["peak_rss"] > 10_000_000 for run in runs)
    assert list(scratch.iterdir()) == []


def test_what_fails_in_the_measured_process_is_told() -> None:
    with pytest.raises(MeasureError, match=r"no\.parquet"):
        measure("benchmarks.readers:read_manifest", {"path": "no.parquet"})


def test_benchmark_refuses_a_disk_that_is_too_small(tmp_path: Path) -> None:
    told = _start("--only", "ingest", "--rows", str(10**15), "--folder", str(tmp_path))
    assert told.returncode == 1
    assert "Error: ingest with 1,000,000,000,000,000 rows needs about" in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_one_section_is_rewritten_and_the_others_stay(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    write_section(document, "a", "first")
    write_section(document, "b", "second")
    before = document.read_text("utf-8")
    write_section(document, "a", r"back\slash")
    assert document.read_text("utf-8") == before.replace("first", r"back\slash")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.056, "0.056"),
        (0.10, "0.1"),
        (12.345, "12.3"),
        (999.4, "999"),
        (1234567, "1,230,000"),
        (3, "3"),
    ],
)
def test_numbers_keep_three_digits(value: float, text: str) -> None:
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("value", "more", "verdict"),
    [
        (3, True, "aim met"),
        (2.5, True, "least met"),
        (1, True, "missed"),
        (1, False, "aim met"),
        (4, False, "missed"),
    ],
)
def test_goal_says_whether_it_is_met(value: float, verdict: str, *, more: bool) -> None:
    goal = Goal(what="x", value=value, least=2, aim=3, more_is_better=more)
    assert goal.verdict == verdict
    assert format_goals([goal]).endswith(f"| {verdict} |")


def test_tables_align_figures_to_the_right() -> None:
    assert format_table(("a", "b"), [("x", "1")]) == "| a | b |\n|---|---:|\n| x | 1 |"
