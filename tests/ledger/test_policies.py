"""What counts: recorded under a name, or for one question."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from provenance import Ledger
from provenance.domain import DEFAULT, Grade, Mode, WhatIf
from provenance.errors import NameRefusedError, NotRecordedError

ROWS: tuple[dict[str, Any], ...] = (
    {"name": "a", "generated_by": "GPT-4", "tokens": 10},
    {"name": "b", "generated_by": "guess", "evidence": "detector", "tokens": 20},
    {"name": "c", "fetched_at": "2021-05-01", "media_type": "text/html", "tokens": 30},
    {"name": "d", "generated_by": "Whisper", "mode": "transcribed", "tokens": 40},
)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "d.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def _tiers(ledger: Ledger, **asked: Any) -> dict[str, float]:
    tiers = ledger.report("d", **asked).units["tokens"].tiers
    return {str(tier): amount for tier, amount in tiers.items() if amount}


@pytest.mark.parametrize(
    ("what_if", "expected"),
    [
        (WhatIf(), {"generated": 10, "unknown": 90}),
        (
            WhatIf(least_grade=Grade.DETECTED),
            {"generated": 30, "unknown": 70},
        ),
        (WhatIf(ignored_models=frozenset({"GPT-4"})), {"unknown": 100}),
        (
            WhatIf(cutoffs={"text": "2022-11"}),
            {"generated": 10, "human": 30, "unknown": 60},
        ),
        (
            WhatIf(count_modes=frozenset({Mode.TRANSCRIBED})),
            {"generated": 50, "unknown": 50},
        ),
        (
            WhatIf(generating=frozenset({Mode.TRANSCRIBED})),
            {"generated": 40, "other": 10, "unknown": 50},
        ),
    ],
)
def test_what_if_answers_without_a_write(
    ledger: Ledger, rows: Path, what_if: WhatIf, expected: dict[str, float]
) -> None:
    ledger.ingest(rows)
    before = ledger.report("d").to_dict()
    asked = ledger.report("d", what_if=what_if)
    assert _tiers(ledger, what_if=what_if) == expected
    assert list(asked.what_if) == what_if.words()
    body = what_if.apply(DEFAULT).to_dict()
    assert json.loads(json.dumps(asked.policy_body)) == json.loads(json.dumps(body))
    assert ledger.report("d").to_dict() == before
    assert ("what_if" in asked.to_dict()) == bool(what_if)


def test_next_version_supersedes_and_the_old_one_can_be_named(
    ledger: Ledger, rows: Path
) -> None:
    ledger.ingest(rows)
    first = ledger.add_policy("house", WhatIf(least_grade=Grade.DETECTED))
    size = ledger.report("d").as_of
    again = ledger.add_policy("house", WhatIf(least_grade=Grade.DETECTED))
    assert (first.version, again, ledger.report("d").as_of) == (1, first, size)
    ignoring = WhatIf(ignored_models=frozenset({"GPT-4"}))
    assert ledger.add_policy("house", ignoring, based_on="house").version == 2
    assert _tiers(ledger, policy="house") == {"generated": 20, "unknown": 80}
    assert _tiers(ledger, policy="house@1") == {"generated": 30, "unknown": 70}
    assert _tiers(ledger, policy="house", as_of=size) == _tiers(
        ledger, policy="house@1"
    )
    assert ledger.policy("house").version == 2
    assert ledger.policy("house@1") == first
    assert [(one.name, one.version) for one, _ in ledger.policies()] == [
        ("default", 1),
        ("house", 1),
        ("house", 2),
        ("low-background", 1),
    ]
    assert ledger.check_derived() == []
    assert ledger.verify().entries == ledger.report("d").as_of


def test_names_that_cannot_be_a_policys_are_refused(ledger: Ledger) -> None:
    for name in ("default", "low-background", "a@1", "", "two words"):
        with pytest.raises(NameRefusedError):
            ledger.add_policy(name, WhatIf())
    with pytest.raises(NotRecordedError, match="'house@2'"):
        ledger.policy("house@2")


@pytest.mark.parametrize(
    "cutoff", [("text", "foo"), ("text", "2016-1"), ("txt", "2016-01")]
)
def test_cut_off_that_is_none_is_refused_before_anything_is_asked(
    cutoff: tuple[str, str],
) -> None:
    with pytest.raises(NameRefusedError, match=f"'{'='.join(cutoff)}' is no cut-off"):
        WhatIf(cutoffs=dict([cutoff]))


def test_ignoring_a_model_makes_nothing_human_that_it_had_made(
    ledger: Ledger, tmp_path: Path
) -> None:
    page = {"text": "a page of text " * 9, "fetched_at": "2021-05-01"}
    marked = page | {"name": "marked", "generated_by": "M", "evidence": "watermark"}
    cleaned = {"name": "cleaned", "text": "clean text " * 9, "origin": "human"}
    cleaned |= {"derived_from": "marked", "derivation": "cleaned"}
    path = tmp_path / "pages.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (marked, cleaned)))
    ledger.ingest(path)

    def ask(*ignored: str) -> dict[str, float]:
        what_if = WhatIf(
            least_grade=Grade.DETECTED,
            cutoffs={"text": "2022-11"},
            ignored_models=frozenset(ignored),
        )
        report = ledger.report("pages", what_if=what_if)
        return {str(t): n for t, n in report.units["items"].tiers.items() if n}

    assert ask() == {"generated": 1, "derived": 1}
    assert ask("M") == {"unknown": 2}


@pytest.mark.parametrize("name", ["generating", "count_modes", "ignored_models"])
def test_a_text_is_no_list_of_names(name: str) -> None:
    text: dict[str, Any] = {name: "written"}
    with pytest.raises(NameRefusedError, match=f"{name} is a list of names"):
        WhatIf(**text)


def test_a_text_is_no_list_in_a_question(ledger: Ledger) -> None:
    asked: dict[str, Callable[[], object]] = {
        "by": lambda: ledger.report("d", by="model"),
        "assume": lambda: ledger.report("d", assume="dataset d is human"),
        "tiers": lambda: ledger.select("d", tiers="human"),
    }
    ledger.add_dataset("d")
    for name, ask in asked.items():
        with pytest.raises(NameRefusedError, match=f"{name} is a list of names"):
            ask()


def test_a_list_is_as_good_as_a_set(ledger: Ledger, rows: Path) -> None:
    ledger.ingest(rows)
    listed: dict[str, Any] = {"ignored_models": ["GPT-4"], "generating": ["written"]}
    sets: dict[str, Any] = {name: frozenset(those) for name, those in listed.items()}
    assert WhatIf(**listed) == WhatIf(**sets)
    asked = [ledger.report("d", what_if=WhatIf(**said)) for said in (listed, sets)]
    assert asked[0] == asked[1]


@pytest.mark.parametrize("name", ["generating", "count_modes"])
def test_what_is_no_mode_is_not_recorded_as_one(name: str) -> None:
    odd: dict[str, Any] = {name: frozenset({"foo"})}
    with pytest.raises(NameRefusedError, match="'foo' is no mode"):
        WhatIf(**odd)


def test_misspelt_model_is_not_ignored_without_effect(
    ledger: Ledger, rows: Path
) -> None:
    ledger.ingest(rows)
    with pytest.raises(NotRecordedError) as caught:
        ledger.report("d", what_if=WhatIf(ignored_models=frozenset({"GPT4"})))
    assert "GPT-4" in caught.value.hint


def test_command_line_records_shows_and_asks(
    run_cli: Callable[..., Result], rows: Path
) -> None:
    run_cli("ingest", rows)
    added = run_cli("policy", "add", "house", "--min-grade", "detected")
    assert added.stdout.splitlines()[:2] == [
        "policy house@1",
        "  believed: grade detected or better",
    ]
    shown = json.loads(run_cli("policy", "show", "house", "--json").stdout)
    assert (shown["least_grade"], shown["version"]) == ("detected", 1)
    assert run_cli("policy", "show", "house").stdout == added.stdout
    listed = json.loads(run_cli("policy", "list", "--json").stdout)
    assert [one["name"] for one in listed] == ["default", "house", "low-background"]
    assert "house@1" in run_cli("policy", "list").stdout
    options = ("--ignore-model", "GPT-4", "--cutoff", "text=2022-11")
    asked = run_cli("report", "d", "--unit", "tokens", *options)
    assert "what if GPT-4 is ignored; text captured before 2022-11 is human" in (
        asked.stdout
    )
    said = json.loads(run_cli("report", "d", "--json", *options).stdout)
    assert len(said["what_if"]) == 2
    assert said["policy_body"]["ignored_models"] == ["GPT-4"]
    assert said["units"]["tokens"]["human"] == 30


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--cutoff", "text=2022"), 1, "is no cut-off"),
        (("--cutoff", "smell=2022-11"), 1, "text, image"),
        (("--min-grade", "good"), 2, "inferred"),
        (("--policy", "nothing"), 1, "default@1"),
        (("--min-grade", "proven", "--sign", "key"), 2, "is recorded is signed"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    run_cli: Callable[..., Result],
    rows: Path,
    arguments: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    run_cli("ingest", rows)
    refused = run_cli("report", "d", *arguments)
    assert refused.exit_code == code
    assert words in refused.stderr
