"""An explanation as of a position is the one that was given then."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from provenance import Ledger
from provenance.errors import LedgerStateError, NotRecordedError

ITEMS = ("b", "c", "l2", "k")


def _write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _ask(ledger: Ledger, as_of: int | None = None) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for item in ITEMS:
        try:
            told[item] = [one.to_dict() for one in ledger.explain(item, as_of=as_of)]
        except NotRecordedError:
            told[item] = None
    return told


def test_every_change_leaves_what_was_explained_before(
    ledger: Ledger, tmp_path: Path
) -> None:
    first = _write(
        tmp_path / "first.jsonl",
        {"name": "a", "fetched_at": "2021-05-06", "url": "https://x.example.org/a"},
        {"name": "b", "derived_from": ["a", "s"], "derivation": "cleaned"},
        {"name": "s", "generated_by": "m-1", "derived_from": "s"},
        {"name": "c", "derived_from": "late", "generated_by": "N", "mode": "answered"},
        {"name": "l1", "derived_from": "l2", "derivation": "copied"},
    )
    second = _write(
        tmp_path / "second.jsonl",
        {"name": "late", "generated_by": "M", "mode": "transcribed"},
        {"name": "l2", "derived_from": "l1", "derivation": "merged"},
        {"name": "k", "derived_from": "d#b", "derivation": "near_duplicate"},
        {"name": "a", "origin": "human"},
    )
    changes: list[Callable[[], object]] = [
        lambda: ledger.ingest(first, dataset="d"),
        lambda: ledger.add_model("M", aliases=["m-1"], trained_on=["d"]),
        lambda: ledger.ingest(second, dataset="d"),
        lambda: ledger.claim(
            source="example.org", generated_by="M", evidence="attested"
        ),
        lambda: ledger.add_model("M", generative=False),
        lambda: ledger.claim(dataset="d", origin="human", until=None),
        lambda: ledger.ingest(
            _write(first, {"name": "a", "generated_by": "N"}), dataset="d", replace=True
        ),
    ]
    printed: dict[int, Any] = {}
    for change in changes:
        change()
        printed[ledger.report("d").as_of] = _ask(ledger)
    assert len({json.dumps(told) for told in printed.values()}) == len(changes)
    for size, told in printed.items():
        again = _ask(ledger, size)
        for item in ITEMS:
            assert (size, item, told[item]) == (size, item, again[item])


def test_all_ancestors_are_needed_to_tell_the_past(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows = _write(
        tmp_path / "d.jsonl",
        {"name": "a", "generated_by": "M"},
        {"name": "b", "derived_from": "a"},
    )
    ledger.ingest(rows)
    size = ledger.report("d").as_of
    ledger.add_model("M")
    with pytest.raises(LedgerStateError, match="more than 1 items"):
        ledger.explain("b", most=1, as_of=size)
    (told,) = ledger.explain("b", most=2, as_of=size)
    assert told.tier == "derived"


def test_command_line_explains_as_of(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    run_cli("ingest", _write(tmp_path / "d.jsonl", {"name": "a"}))
    size = json.loads(run_cli("report", "d", "--json").stdout)["as_of"]
    more = _write(tmp_path / "e.jsonl", {"name": "a", "generated_by": "M"})
    run_cli("ingest", more, "--dataset", "d")
    asked = ("explain", "a", "--json")
    assert json.loads(run_cli(*asked).stdout)[0]["tier"] == "generated"
    told = json.loads(run_cli(*asked, "--as-of", str(size)).stdout)
    assert (told[0]["tier"], len(told[0]["records"])) == ("unknown", 1)
