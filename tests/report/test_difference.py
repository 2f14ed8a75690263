"""Two versions side by side: nothing is lost, and the numbers are the reports' own."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from provenance import Ledger
from provenance.domain import Grade, Tier, WhatIf
from provenance.errors import NotRecordedError

FIRST: tuple[dict[str, Any], ...] = (
    {"name": "a", "tokens": 10, "origin": "human", "language": "en"},
    {"name": "b", "tokens": 30, "generated_by": "M", "language": "en"},
    {"name": "c", "tokens": 60, "language": "de"},
)
SECOND: tuple[dict[str, Any], ...] = (
    {"name": "a", "tokens": 10, "origin": "human", "language": "en"},
    {"name": "b", "tokens": 70, "generated_by": "N", "language": "en"},
    {"name": "d", "generated_by": "M", "evidence": "detector", "language": "fr"},
)


def _write(path: Path, rows: tuple[dict[str, Any], ...]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _record(ledger: Ledger, folder: Path) -> None:
    ledger.ingest(_write(folder / "first.jsonl", FIRST), dataset="mix@1")
    ledger.ingest(_write(folder / "second.jsonl", SECOND), dataset="mix@2")


def test_difference_is_after_minus_before(ledger: Ledger, tmp_path: Path) -> None:
    _record(ledger, tmp_path)
    found = ledger.compare("mix@2", "mix@1", by=["model", "language"], unit="tokens")
    told = found.to_dict()
    assert (told["before"]["dataset"], told["after"]["dataset"]) == ("mix@1", "mix@2")
    tokens = told["units"]["tokens"]
    assert tokens["before"] == ledger.report("mix@1").to_dict()["units"]["tokens"]
    assert tokens["after"] == ledger.report("mix@2").to_dict()["units"]["tokens"]
    moved = tokens["difference"]
    assert {tier: moved[tier] for tier in ("total", *Tier)} == {
        "total": -20,
        "generated": 40,
        "derived": 0,
        "human": 0,
        "other": 0,
        "unknown": -60,
    }
    assert moved["downstream_share"] is None  # one record lacks its tokens now
    assert moved["measured_share"] == pytest.approx([0.875 - 0.3, 0.875 - 0.9])
    items = told["units"]["items"]["difference"]
    assert items["downstream_share"] == pytest.approx([0, 0])
    by_model = {
        row["model"]: row["difference"]["generated"] for row in told["by"]["model"]
    }
    assert by_model == {"N": 70, "M": -30, "(none)": 0}
    assert [row["language"] for row in told["by"]["language"]] == ["en", "fr", "de"]
    assert json.loads(json.dumps(told)) == told


def test_no_difference_between_a_version_and_itself(
    ledger: Ledger, tmp_path: Path
) -> None:
    _record(ledger, tmp_path)
    told = ledger.compare("mix@1", "mix@1", by=["model"]).to_dict()
    for figures in (*told["units"].values(), *told["by"]["model"]):
        assert figures["before"] == figures["after"]
        moved = figures["difference"]
        assert not any(moved[name] for name in ("total", *Tier))


def test_both_are_asked_under_the_same_policy_and_position(
    ledger: Ledger, tmp_path: Path
) -> None:
    _record(ledger, tmp_path)
    size = ledger.report("mix@1").as_of
    ledger.add_model("M", generative=False)
    asked: dict[str, Any] = {
        "what_if": WhatIf(least_grade=Grade.DETECTED),
        "as_of": size,
    }
    told = ledger.compare("mix@2", "mix@1", **asked).to_dict()
    assert told["what_if"] == ["grade detected or better is believed"]
    for when, name in (("before", "mix@1"), ("after", "mix@2")):
        report = ledger.report(name, **asked).to_dict()
        assert told["units"]["items"][when] == report["units"]["items"]
        assert told[when]["as_of"] == size
    with pytest.raises(NotRecordedError):
        ledger.compare("mix@2", "mix@3")


def test_command_line_compares(run_cli: Callable[..., Result], tmp_path: Path) -> None:
    for number, rows in enumerate((FIRST, SECOND), start=1):
        path = _write(tmp_path / f"{number}.jsonl", rows)
        run_cli("ingest", path, "--dataset", f"mix@{number}")
    asked = (
        "report",
        "mix@2",
        "--against",
        "mix@1",
        "--unit",
        "tokens",
        "--by",
        "model",
    )
    shown = run_cli(*asked).stdout
    lines = [line.split() for line in shown.splitlines()]
    assert ["total", "100", "80", "−20"] in lines
    assert ["generated", "30", "70", "+40"] in lines
    assert ["N", "0", "→", "70", "+70", "not", "known", "→", "100.0", "%"] in [
        line[:10] for line in lines
    ]
    told = json.loads(run_cli(*asked, "--json").stdout)
    assert told["units"]["tokens"]["difference"]["generated"] == 40
    lined = [*csv.DictReader(io.StringIO(run_cli(*asked, "--csv").stdout))]
    (total,) = [row for row in lined if (row["by"], row["unit"]) == ("", "tokens")]
    assert (total["generated_before"], total["generated_after"]) == ("30.0", "70.0")
    groups = {row["value"]: row for row in lined if row["by"] == "model"}
    assert (groups["N"]["total_before"], groups["N"]["total_after"]) == ("", "70.0")
    refused = run_cli(*asked, "--sign", "key")
    assert (refused.exit_code, "sign each" in refused.stderr) == (2, True)
