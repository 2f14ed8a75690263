"""What pages tell: a late claim and its withdrawal, and how public data are read."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

PAGE = Path(__file__).parent.parent / "docs/howto/late-claim.md"
COMMANDS = re.findall(
    r"^\$ provenance (.+)$",
    PAGE.read_text("utf-8").replace(" \\\n", ""),  # long commands are broken
    re.MULTILINE,
)

Run = Callable[..., Result]


def _state(run_cli: Run, *more: str) -> list[float] | None:
    told = json.loads(run_cli("report", "common-pile", "--json", *more).stdout)
    share: list[float] | None = told["units"]["items"]["downstream_share"]
    return share


def test_a_late_claim_reaches_what_was_made_of_it_and_is_taken_back(
    run_cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in PAGE.with_suffix("").glob("*.jsonl"):
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    seen: list[tuple[str, int, Any]] = []
    for command in COMMANDS:
        words = shlex.split(command)
        done = run_cli(*words)
        what = " ".join(words[: 2 if words[0] == "claim" else 1])
        what += " --dry-run" if "--dry-run" in words else ""
        what += " --as-of" if "--as-of" in words else ""
        seen.append((what, done.exit_code, _state(run_cli) if seen else None))
    unknown, known = [0, 0.3], [0.3, 0.3]
    assert seen[1:] == [
        ("ingest", 0, unknown),
        ("check", 0, unknown),
        ("claim add --dry-run", 0, unknown),
        ("descendants", 0, unknown),
        ("claim add", 0, known),
        ("check", 4, known),
        ("check --as-of", 0, known),
        ("report", 0, known),
        ("explain", 0, known),
        ("exclude", 0, known),
        ("claim withdraw", 0, unknown),
        ("check", 0, unknown),
    ]
    assert _state(run_cli, "--as-of", "7") == known
    with Path("exclude.csv").open(encoding="utf-8", newline="") as file:
        listed = [(row["name"], row["tier"]) for row in csv.DictReader(file)]
    assert listed == [("p0", "generated"), ("p1", "generated"), ("p2", "derived")]
    assert run_cli("verify").exit_code == 0


LONG = "Rivers carry sediment from the hills to the plain, which grows every spring."
ANSWERS = [{"model": "A", "response": LONG}, {"model": "B", "response": LONG[::-1]}]
TURNS = [{"role": "user", "content": LONG}, {"role": "assistant", "content": LONG}]


@pytest.mark.parametrize(
    ("row", "options", "models"),
    [
        (
            {"text": LONG, "id": "1", "url": "https://example.org/", "dump": "x"},
            [],
            [""],
        ),
        ({"instruction": LONG, "completions": ANSWERS}, [], ["", "A", "B"]),
        ({"prompt": LONG, "response": LONG, "helpfulness": 3}, [], ["", ""]),
        ({"prompt": LONG, "response": LONG, "helpfulness": 3}, ["M"], ["", "M"]),
        ({"messages": TURNS, "id": "1"}, [], ["", ""]),
        ({"prompt": LONG, "text": LONG, "format": "textbook"}, ["M"], ["M"]),
    ],
    ids=["fineweb", "ultrafeedback", "helpsteer", "its-card", "chat", "cosmopedia"],
)
def test_public_shapes_become_the_records_that_the_tutorial_says(
    run_cli: Run, tmp_path: Path, row: Any, options: list[str], models: list[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    said = [word for name in options for word in ("--set", f"generated_by={name}")]
    told = json.loads(run_cli("inspect", str(path), "--json", *said).stdout)
    records = told["records"]
    assert models == [
        "".join(origin["model"] for origin in record.get("origins", ()))
        for record in records
    ]
