"""A report fits on one screen, and its letters alone say what its colours say."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from provenance import Ledger
from provenance.domain import Tier
from provenance.report import Amounts, Difference, Report, standpoint
from provenance.report.screen import ON_SCREEN, _lengths, draw_screen
from provenance.report.side_by_side import draw_difference
from provenance.report.terminal import draw_report

Run = Callable[..., Result]

KINDS: tuple[dict[str, Any], ...] = (
    {"generated_by": "a model of a name that is longer than any line of a screen"},
    {"generated_by": "M"},
    {"generated_by": "N"},
    {"generated_by": "O"},
    {"origin": "human"},
    {"origin": "other"},
    {},
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def _record(ledger: Ledger, folder: Path, rows: list[dict[str, Any]]) -> Report:
    path = folder / "d.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger.ingest(path)
    return ledger.report("d", by=ON_SCREEN, unit="tokens", quick=True)


def _draw(report: Report, width: int, *, colour: bool = False) -> list[str]:
    told = io.StringIO()
    system: Any = "truecolor" if colour else None
    console = Console(
        file=told, width=width, color_system=system, force_terminal=colour
    )
    console.print(draw_screen(report))
    return [line.rstrip() for line in told.getvalue().splitlines()]


def _many(number: int) -> list[dict[str, Any]]:
    return [
        {
            "name": f"r{n}",
            "tokens": 10 + n,
            "url": f"https://www.a-long-name-of-a-host-{n % 40}.org/{n}",
            "fetched_at": f"20{10 + n % 14}-0{1 + n % 9}-01",
            **KINDS[n % len(KINDS)],
        }
        for n in range(number)
    ]


def test_a_large_report_fits_in_80_by_40(ledger: Ledger, tmp_path: Path) -> None:
    for number in range(6):
        ledger.add_dataset("d", derived_from=[f"parent-{number}"])
    ledger.add_model("M", trained_on=["d"])
    report = _record(ledger, tmp_path, _many(210))
    lines = _draw(report, 80)
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert "g generated · d derived · h human · o other · ? unknown" in text
    assert "… 1 more: --by model" in text
    assert "… and 3 more parents: see them with --all" in text
    narrow = _draw(report, 50)
    assert max(map(len, narrow)) <= 50
    assert "gggg" in "\n".join(narrow)


def test_colour_repeats_what_letters_say(ledger: Ledger, tmp_path: Path) -> None:
    report = _record(ledger, tmp_path, _many(7))
    coloured = "\n".join(_draw(report, 80, colour=True))
    assert "\x1b[" in coloured
    plain = "".join(part.partition("m")[2] for part in f"m{coloured}".split("\x1b["))
    assert plain.split() == " ".join(_draw(report, 80)).split()


def test_the_interval_stands_first_and_missing_values_are_told(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [
        {"name": "a", "generated_by": "M", "tokens": 25, "url": "https://a.org/1"},
        {"name": "b", "tokens": 75, "url": "https://b.org/1"},
        {"name": "c", "origin": "human"},
    ]
    lines = _draw(_record(ledger, tmp_path, rows), 120)
    assert lines[2] == (
        "25.0 % of the tokens that are known are downstream of generative models; "
        "75.0 % unknown → between 25.0 % and 100.0 %."
    )
    assert lines[3].startswith("1 record without a number of tokens: the share of all")
    text = "\n".join(lines)
    assert "(25.0 % – 100.0 %)" in text
    assert "( ): of the records that have the unit" in text
    assert "what would shrink the unknown most: word of source b.org, 100.0 %" in text


def test_nothing_recorded_is_said(ledger: Ledger) -> None:
    ledger.add_dataset("bare")
    lines = _draw(ledger.report("bare", by=ON_SCREEN), 80)
    assert lines[2] == "Nothing is recorded for this dataset."
    assert "not known" in "\n".join(lines)


def test_a_breakdown_of_very_many_values_waits_until_it_is_asked_for(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standpoint, "_VAST", 5)
    report = _record(ledger, tmp_path, _many(60))
    assert list(report.by) == ["model"]
    assert "many: see --by source" in "\n".join(_draw(report, 80))


@given(
    amounts=st.fixed_dictionaries(
        {tier: st.sampled_from((0, 0, 1, 7, 1000, 10**9, 0.001)) for tier in Tier}
    ),
    width=st.integers(5, 60),
)
def test_a_bar_is_full_and_leaves_no_tier_out(
    amounts: dict[Tier, float], width: int
) -> None:
    lengths = _lengths(Amounts(tiers=amounts), width)
    there = {tier for tier, amount in amounts.items() if amount}
    assert set(lengths) == there
    assert sum(lengths.values()) == (width if there else 0)
    for one in there:
        for other in there:
            if amounts[one] >= amounts[other]:
                assert lengths[one] >= lengths[other] - 1


def test_more_is_shown_when_asked(run_cli: Run, tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in _many(80)))
    run_cli("ingest", path)
    screen = run_cli("report", "d").stdout
    assert "… 37 more: --by source" in screen
    some = run_cli("report", "d", "--by", "source").stdout
    assert "… and 10 more; see them with --all or --csv" in some
    every = run_cli("report", "d", "--by", "source", "--all").stdout
    assert every.count("a-long-name-of-a-host") == 40
    numbers = run_cli("report", "d", "--all").stdout
    assert "generated" in numbers.splitlines()[4]


@pytest.mark.parametrize("width", [120, 80, 60])
def test_no_terminal_is_too_narrow_for_a_number(
    ledger: Ledger, tmp_path: Path, width: int
) -> None:
    rows = [row | {"tokens": 3_500_000_000_000 + n} for n, row in enumerate(_many(7))]
    report = _record(ledger, tmp_path, rows)
    for drawn in (
        draw_report(report),
        draw_difference(Difference(before=report, after=report)),
    ):
        told = io.StringIO()
        Console(file=told, width=width, force_terminal=True, color_system=None).print(
            drawn, crop=False
        )
        assert max(map(len, told.getvalue().splitlines())) <= width
        assert "…" not in told.getvalue()
        assert "24,500,000,000,021" in told.getvalue()


def test_zero_is_told_apart_from_not_stated(run_cli: Run, tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"name": "a", "items": 0}\n{"name": "b", "items": null}\n' * 2)
    run_cli("ingest", path, "--dataset", "d")
    told = run_cli("report", "d").stdout
    assert "All records that say how many items they have say 0" in told
    assert "stated of 2 of 4 records" in told
    told = run_cli("report", "d", "--unit", "bytes").stdout
    assert "No record says how many bytes it has" in told
    assert "stated of none of 4 records" in told


def test_a_pipe_is_as_wide_as_its_tables(run_cli: Run, tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    rows = [row | {"tokens": 3_500_000_000_000} for row in _many(70)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run_cli("ingest", path, "--dataset", "d")
    told = run_cli("report", "d", "--unit", "tokens", "--by", "model", "--all").stdout
    (line,) = (line for line in told.splitlines() if line.startswith("  tokens  "))
    assert line.split()[:3] == ["tokens", "245,000,000,000,000", "140,000,000,000,000"]
    assert str(KINDS[0]["generated_by"]) in told
    assert "…" not in told


def test_what_a_stream_cannot_spell_is_replaced(run_cli: Run, tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps({"name": "a", "generated_by": "Modèle→1"}) + "\n")
    run_cli("ingest", path, "--dataset", "d")
    for encoding, name in (("latin-1", "Modèle?1"), ("ascii", "Mod?le?1")):
        command = (sys.executable, "-m", "provenance", "report", "d")
        told, in_json = (
            subprocess.run(
                (*command, *more),
                check=True,
                capture_output=True,
                env=os.environ
                | {
                    "PROVENANCE_LEDGER": f"sqlite:///{tmp_path}/ledger.db",
                    "PYTHONIOENCODING": encoding,
                },
            ).stdout.decode(encoding)
            for more in ((), ("--json", "--by", "model"))
        )
        assert name in told
        assert "Modèle→1" in str(json.loads(in_json))
