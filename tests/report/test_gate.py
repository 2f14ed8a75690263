"""A dataset keeps its bounds for certain, or the gate says why not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import reference as ref
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import Ledger
from provenance.domain import Grade, Tier, Unit, WhatIf, make_bounds
from provenance.errors import NotRecordedError
from provenance.report import (
    Amounts,
    DepthFigures,
    Failure,
    Report,
    UnitFigures,
)
from provenance.report.gate import find_failures

Row = dict[str, Any]
Tell = Callable[..., Ledger]

ROWS: tuple[Row, ...] = (
    {"name": "a", "generated_by": "M", "tokens": 15, "url": "https://a.org/1"},
    {"name": "b", "origin": "human", "tokens": 80, "url": "https://b.org/1"},
    {"name": "c", "tokens": 5, "url": "https://c.org/1"},
)


def _record(ledger: Ledger, folder: Path, rows: tuple[Row, ...]) -> Ledger:
    path = folder / "d.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger.add_model("M", trained_on=["elsewhere"])
    ledger.ingest(path)
    return ledger


@pytest.fixture
def tell(tmp_path: Path) -> Iterator[Tell]:
    """Record rows in a ledger on SQLite: what is decided is the same everywhere."""
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        yield lambda *rows: _record(ledger, tmp_path, rows)


def _reasons(failures: tuple[Failure, ...]) -> list[tuple[str, str]]:
    return [(failure.bound, failure.reason) for failure in failures]


def test_a_bound_is_kept_up_to_itself(tell: Tell) -> None:
    ledger = tell(*ROWS)
    expected: tuple[tuple[dict[str, Any], list[str]], ...] = (
        ({"max_downstream": "20%"}, []),
        ({"max_downstream": 0.1999999}, ["downstream"]),
        ({"max_downstream": "15%", "end": "low"}, []),
        ({"max_downstream": "14.99%", "end": "low"}, ["downstream"]),
        ({"max_unknown": 0.05}, []),
        ({"max_unknown": 0, "max_downstream": 0}, ["downstream", "unknown"]),
        ({"max_depth": 1, "allow_open": True}, []),
        ({"max_depth": 0, "allow_open": True}, ["depth"]),
    )
    for bounds, broken in expected:
        checked = ledger.check("d", unit="tokens", **bounds)
        assert _reasons(checked.failures) == [(one, "exceeded") for one in broken]
        assert checked.passed == (not broken)


def test_what_counts_most_against_a_bound_is_named(
    ledger: Ledger, tmp_path: Path
) -> None:
    _record(ledger, tmp_path, ROWS)
    checked = ledger.check("d", max_downstream=0, max_unknown=0, unit="tokens")
    downstream, unknown = checked.failures
    assert [(one.by, one.value, one.amount) for one in downstream.components] == [
        ("model", "M", 15),
        ("source", "a.org", 15),
        ("source", "c.org", 5),
    ]
    assert [one.to_dict() for one in unknown.components] == [
        {"by": "source", "value": "c.org", "amount": 5, "share": 0.05}
    ]
    low = ledger.check("d", max_downstream=0, end="low", unit="tokens")
    assert [one.value for one in low.failures[0].components] == ["M", "a.org"]


def test_a_depth_that_may_be_greater_fails_and_names_the_model(tell: Tell) -> None:
    ledger = tell(*ROWS)
    (failure,) = ledger.check("d", max_depth=9).failures
    assert (failure.bound, failure.reason) == ("depth", "open")
    assert failure.says.endswith("; see M")
    ledger.add_model("M", trained_on=["d"], training_complete=True)
    (failure,) = ledger.check("d", max_depth=9).failures
    assert "loop: M was trained on d" in failure.says


def test_a_unit_that_records_lack_fails_every_bound(tell: Tell) -> None:
    ledger = tell(*ROWS, {"name": "e"}, {"name": "f", "origin": "human"})
    checked = ledger.check("d", unit="tokens", max_downstream=1, max_depth=9)
    assert _reasons(checked.failures) == [
        ("downstream", "missing"),
        ("depth", "missing"),
    ]
    says = "2 records without a number of tokens (1 human, 1 unknown)"
    assert checked.failures[0].says == says
    assert ledger.check("d", unit="items", max_downstream=1).passed


def test_an_empty_dataset_and_an_empty_total_fail(tell: Tell) -> None:
    ledger = tell({"name": "a", "tokens": 0, "origin": "human"})
    (failure,) = ledger.check("d", unit="tokens", max_unknown=1).failures
    assert failure.reason == "no total"
    ledger.add_dataset("bare")
    (failure,) = ledger.check("bare", max_downstream=1).failures
    assert (failure.reason, failure.says) == (
        "empty",
        "nothing is recorded for bare",
    )
    (batch,) = ledger.batches("d")
    ledger.withdraw_batch(batch["position"], why="wrong")
    assert ledger.check("d", max_depth=0).failures[0].reason == "empty"
    with pytest.raises(NotRecordedError):
        ledger.check("dd", max_downstream=1)


def test_a_depth_of_which_nothing_is_known_fails(tell: Tell) -> None:
    (failure,) = tell({"name": "a"}).check("d", max_depth=9).failures
    assert (failure.bound, failure.reason) == ("depth", "not known")


def test_a_gate_asks_as_a_report_does(tell: Tell) -> None:
    ledger = tell(*ROWS)
    ignored = WhatIf(least_grade=Grade.PROVEN)
    asked: dict[str, Any] = {"max_unknown": "5%", "unit": "tokens"}
    assert not ledger.check("d", what_if=ignored, **asked).passed
    claim = "dataset d origin human"
    settled = ledger.check("d", max_unknown=0, unit="tokens", assume=[claim])
    assert settled.passed
    assert settled.report.assumed
    assert ledger.check("d", as_of=ledger.report("d").as_of, **asked).passed


def _report(tiers: dict[Tier, int], missing: int) -> Report:
    lacking = dict.fromkeys(Tier, 0) | {Tier.UNKNOWN: missing}
    figures = UnitFigures(tiers=tiers, missing=lacking)
    records = UnitFigures(
        tiers=dict.fromkeys(Tier, 0) | {Tier.HUMAN: 1}, missing=dict.fromkeys(Tier, 0)
    )
    return Report(
        dataset="d",
        policy="default",
        as_of=0,
        root="",
        policy_body={},
        policy_words=(),
        what_if=(),
        unit=Unit.TOKENS,
        units={Unit.RECORDS: records, Unit.TOKENS: figures},
        depth=DepthFigures(min=0, mean=0, max=0, open=False, known_share=1),
        by={},
        shares=(),
        loops=(),
        parents=(),
    )


@given(
    amounts=st.fixed_dictionaries({tier: st.integers(0, 1000) for tier in Tier}),
    missing=st.sampled_from((0, 0, 0, 2)),
    percent=st.integers(0, 100),
    end=st.sampled_from(("high", "low")),
)
@settings(max_examples=60)
def test_the_decision_is_that_of_exact_fractions(
    amounts: dict[Tier, int], missing: int, percent: int, end: str
) -> None:
    bounds = make_bounds(
        max_downstream=f"{percent}%", max_unknown=f"{percent}%", end=end
    )
    broken = {one.bound for one in find_failures(_report(amounts, missing), bounds)}
    total = sum(amounts.values())
    if missing or not total:
        assert broken == {"downstream", "unknown"}
        return
    plain = {str(tier): amount for tier, amount in amounts.items()}
    assert set(plain) == set(ref.TIERS)
    low = Fraction(plain["generated"] + plain["derived"], total)
    unknown = Fraction(plain["unknown"], total)
    most = Fraction(percent, 100)
    expected = {"downstream": low + unknown if end == "high" else low}
    expected["unknown"] = unknown
    assert broken == {name for name, share in expected.items() if share > most}
    assert Amounts(tiers=amounts).total == total


def test_a_bound_that_tenths_meet_is_kept(tell: Tell) -> None:
    ledger = tell(
        {"name": "a", "generated_by": "M", "copies": "0.1"},
        {"name": "b", "origin": "human", "copies": "0.7"},
    )
    assert ledger.check("d", max_downstream="12.5%", unit="items").failures == ()
    items = ledger.report("d").units["items"]
    assert (items.total, items.share) == (0.8, (0.125, 0.125))
