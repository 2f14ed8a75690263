"""Names from anywhere hold what a terminal obeys: it has to be shown instead."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from provenance.domain import CONTROLS

HOSTILE = "x\x1b]0;title\x07\x1b[2J\x9b1m\u202ecba\u2066\r\nError: y"


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    said = {"url": f"http://h.example/{HOSTILE}", "language": HOSTILE}
    rows = [
        {"name": HOSTILE, "generated_by": HOSTILE, "text": "a" * 80, **said},
        {"name": "twin", "origin": "human", "text": "a" * 80, HOSTILE: 1},
        {"name": "child", "text": "b" * 80, "derived_from": HOSTILE},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


@pytest.mark.parametrize(
    "command",
    [
        ["inspect", "FILE"],
        ["inspect", "FILE", "--json"],
        ["ingest", "FILE", "--dataset", "again"],
        ["ingest", "FILE", "--map", f"url={HOSTILE}x"],
        ["report", "rows"],
        ["report", "rows", "--by", "model", "--by", "language"],
        ["report", "rows", "--against", "rows", "--by", "model"],
        ["report", "rows", "--by", "model", "--json"],
        ["explain", "rows#child"],
        ["conflicts"],
        ["conflicts", "--json"],
        ["model", "list"],
    ],
)
def test_reach_no_terminal(
    run_cli: Callable[..., Result], rows: Path, command: list[str]
) -> None:
    run_cli("ingest", rows)
    done = run_cli(*(str(rows) if word == "FILE" else word for word in command))
    told = (done.stdout + done.stderr).split("\n")
    assert "title" in "".join(told)
    assert [line for line in told if CONTROLS.search(line)] == []


def test_json_says_the_same(run_cli: Callable[..., Result], rows: Path) -> None:
    told = json.loads(run_cli("inspect", rows, "--json").stdout)
    assert told["records"][0]["name"] == HOSTILE
