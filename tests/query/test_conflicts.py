"""What cannot all be true is counted, with examples."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result

from provenance import Ledger
from provenance.errors import NotRecordedError

A, B, C, D = (f"sha256:{letter * 64}" for letter in "abcd")


def tell(ledger: Ledger, folder: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"digest": A, "generated_by": "m", "fetched_at": "2023-05-01"},
        {"digest": A, "origin": "human"},
        {"digest": B, "generated_by": "m", "fetched_at": "2020-01-02"},
        {"digest": C, "derived_from": A, "fetched_at": "2023-04-30"},
        {"digest": D, "derived_from": [A, D], "fetched_at": "2023-05-02"},
    ]
    path = folder / "d.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger.ingest(path, dataset="d@1")
    path = folder / "clean.jsonl"
    path.write_text(json.dumps(rows[4]) + "\n")
    ledger.ingest(path, dataset="clean")
    ledger.add_model("M", aliases=["m"], released=date(2022, 11, 30))


def told(ledger: Ledger, dataset: str | None = None) -> list[tuple[str, str, str, int]]:
    return [
        (one.kind, one.dataset, one.detail, one.contents)
        for one in ledger.conflicts(dataset)
    ]


def test_edge_and_capture_of_a_child_may_stand_in_different_records(
    ledger: Ledger, tmp_path: Path
) -> None:
    """What one record of a content knows holds for all, in any dataset."""
    files: dict[str, list[dict[str, Any]]] = {
        "parents": [{"digest": A, "fetched_at": "2022-05-01"}],
        "edges": [{"digest": B, "derived_from": A}, {"digest": C, "derived_from": A}],
        "captures": [{"digest": B, "fetched_at": "2020-01-01"}],
        "late": [{"digest": C, "fetched_at": "2023-01-01"}],
    }
    for name, rows in files.items():
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        ledger.ingest(path)
    before = "captured before its parent"
    assert told(ledger) == [(before, "captures", "", 1), (before, "edges", "", 1)]
    (one,) = ledger.conflicts("edges")
    assert one.examples == (f"{B}, captured 2020-01-01T00:00:00Z",)
    path = tmp_path / "seen.jsonl"
    path.write_text(json.dumps({"digest": C, "fetched_at": "2019-01-01"}) + "\n")
    ledger.ingest(path, kind="evidence")
    assert told(ledger, "late") == [(before, "late", "", 1)]
    assert told(ledger, "edges") == [(before, "edges", "", 2)]


def test_contradictions_are_counted_by_kind_dataset_and_model(
    ledger: Ledger, tmp_path: Path
) -> None:
    tell(ledger, tmp_path)
    early = "captured before the model was released"
    expected = [
        (early, "d@1", "M, released 2022-11-30", 1),
        ("captured before its parent", "d@1", "", 1),
        ("human and generated", "d@1", "M", 1),
    ]
    assert sorted(told(ledger)) == sorted(expected)
    assert told(ledger, "d") == told(ledger, "d@1") == told(ledger)
    assert told(ledger, "clean") == []
    examples = {one.kind: one.examples for one in ledger.conflicts()}
    assert examples["human and generated"] == (A,)
    assert examples[early] == (f"{B}, captured 2020-01-02T00:00:00Z",)
    assert examples["captured before its parent"] == (
        f"{C}, captured 2023-04-30T00:00:00Z",
    )
    assert all(one.examples == () for one in ledger.conflicts(examples=0))
    with pytest.raises(NotRecordedError):
        ledger.conflicts("nobody")


def test_evidence_of_an_older_capture_contradicts_the_release(
    ledger: Ledger, tmp_path: Path
) -> None:
    tell(ledger, tmp_path)
    path = tmp_path / "seen.jsonl"
    path.write_text(json.dumps({"digest": A, "first_seen": "2019-01-01"}) + "\n")
    ledger.ingest(path, kind="evidence")
    early = [one for one in told(ledger, "d") if one[0].endswith("released")]
    assert [contents for *_, contents in early] == [2]
    assert ("captured before its parent", "d@1", "", 1) not in told(ledger)


def test_what_was_withdrawn_contradicts_nothing(ledger: Ledger, tmp_path: Path) -> None:
    tell(ledger, tmp_path)
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps({"digest": A, "origin": "human"}) + "\n")
    ledger.ingest(path, dataset="d@1", replace=True)
    assert told(ledger) == []


def test_share_that_does_not_fit_is_a_conflict(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    rows = [{"name": "a", "origin": "human"}, {"name": "b"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger.ingest(path, dataset="d")
    ledger.claim(dataset="d", generated_by="M", share="0.75", unit="items")
    (one,) = ledger.conflicts("d")
    assert one.kind == "share does not fit"
    assert one.detail.startswith("M: 0.5 of 1.5 items claimed")


def test_a_large_share_that_does_not_fit_is_told_to_its_last_digit(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"name": "a", "origin": "human", "tokens": 123456789}\n')
    ledger.ingest(path, dataset="d")
    ledger.claim(dataset="d", generated_by="M", share="100%", unit="tokens")
    (one,) = ledger.conflicts("d")
    assert one.detail.startswith("M: 123,456,789 of 123,456,789 tokens claimed")


def test_command_lists(run_cli: Callable[..., Result], tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        tell(ledger, tmp_path)
    shown = run_cli("conflicts", "d")
    assert (shown.exit_code, "human and generated" in shown.stdout) == (0, True)
    found = json.loads(run_cli("conflicts", "--json").stdout)
    assert {one["contents"] for one in found} == {1}
    assert run_cli("conflicts", "clean").stdout == "no contradictions\n"


def test_whoever_says_who_made_it_the_release_is_later(
    ledger: Ledger, tmp_path: Path
) -> None:
    for name, row in {
        "r": {"digest": A, "fetched_at": "2020-01-01"},
        "s": {"digest": B, "fetched_at": "2020-01-02"},
    }.items():
        path = tmp_path / f"{name}.jsonl"
        path.write_text(json.dumps(row) + "\n")
        ledger.ingest(path)
    path = tmp_path / "seen.jsonl"
    path.write_text(json.dumps({"digest": A, "generated_by": "G"}) + "\n")
    ledger.ingest(path, kind="evidence")
    ledger.claim(dataset="s", generated_by="G")
    ledger.add_model("G", released=date(2023, 3, 14))
    assert [(one.dataset, one.examples) for one in ledger.conflicts()] == [
        ("r", (f"{A}, captured 2020-01-01T00:00:00Z",)),
        ("s", (f"{B}, captured 2020-01-02T00:00:00Z",)),
    ]


def test_many_models_take_no_more_questions_than_one(
    ledger: Ledger, tmp_path: Path
) -> None:
    """A dataset is read once for each kind, however many models it is about."""
    for name, models in (("few", 1), ("many", 30)):
        path = tmp_path / f"{name}.jsonl"
        rows = [
            {"digest": f"sha256:{n:064x}", "fetched_at": "2020-01-02"} | said
            for n in range(models)
            for said in ({"origin": "human"}, {"generated_by": f"m{n}"})
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        ledger.ingest(path)
    for n in range(3):
        ledger.add_model(f"m{n}", released=date(2023, 1, n + 1))
    statements: list[str] = []

    def note(*given: Any) -> None:
        statements.append(given[2])

    sa.event.listen(ledger._engine, "before_cursor_execute", note)
    counts = []
    for name, models in (("few", 1), ("many", 30)):
        statements.clear()
        found = [one.detail for one in ledger.conflicts(name, examples=1)]
        early = [f"m{n}, released 2023-01-0{n + 1}" for n in range(min(3, models))]
        assert found == [*early, *sorted(f"m{n}" for n in range(models))]
        counts.append(len(statements))
    assert counts[0] == counts[1]
