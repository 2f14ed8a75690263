"""Names of models as rows use them: listed, guessed, and merged by nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from provenance import Ledger
from provenance.errors import ClaimRefusedError, NameRefusedError


def _rows(folder: Path, *generators: str) -> Path:
    path = folder / "d.jsonl"
    rows = (
        {"name": str(number), "generated_by": cell}
        for number, cell in enumerate(generators)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_spellings_stay_apart_until_an_alias_is_recorded(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.ingest(_rows(tmp_path, "GPT-4", "gpt-4-0613", "OpenAI GPT-4; templates"))

    def groups() -> list[tuple[object, float]]:
        found = ledger.report("d", by=["model"]).by["model"]
        return [(value, amounts.total) for value, amounts in found]

    apart = [("GPT-4", 1), ("OpenAI GPT-4", 1), ("gpt-4-0613", 1)]
    assert groups() == apart
    assert [model.registered for model in ledger.models()] == [False] * 3
    guesses = {guess.name: guess for guess in ledger.suggest_models()}
    assert set(guesses) == {"gpt-4-0613", "OpenAI GPT-4"}
    assert groups() == apart
    ledger.add_model("GPT-4", aliases=["OpenAI GPT-4"])
    assert groups() == [("GPT-4", 2), ("gpt-4-0613", 1)]
    assert [guess.name for guess in ledger.suggest_models()] == ["gpt-4-0613"]
    ledger.add_model("gpt-4-0613")
    assert ledger.suggest_models() == []
    assert [model.registered for model in ledger.models()] == [True, True]


def test_command_line_suggests_what_confirms_it(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    run_cli("ingest", _rows(tmp_path, "Flan T5", "flan-t5", "a/x", "b/x"))
    said = run_cli("model", "suggest").stdout.splitlines()
    unclear = "is unclear, the same name of other publishers: a and b; near:"
    assert said[:2] == [f"'a/x' {unclear} 'b/x'", f"'b/x' {unclear} 'a/x'"]
    assert said[2].startswith("'flan-t5' may be 'Flan T5': the same but for")
    assert said[3] == "  provenance model add 'Flan T5' --alias flan-t5"
    listed = run_cli("model", "list").stdout
    assert [line.split()[-1] for line in listed.splitlines()[3:7]] == ["no"] * 4
    told = json.loads(run_cli("model", "suggest", "--json").stdout)
    assert {guess["kind"] for guess in told} == {"alias", "ambiguous"}
    run_cli("model", "add", "Flan T5", "--alias", "flan-t5")
    assert "flan" not in run_cli("model", "suggest").stdout
    for name in ("a/x", "b/x"):
        run_cli("model", "add", name)
    assert run_cli("model", "suggest").stdout == "no guesses\n"


@pytest.mark.parametrize("odd", [5, 4.0, "a\0b"])
def test_what_is_no_text_is_not_recorded(ledger: Ledger, odd: Any) -> None:
    for what in ("license", "note"):
        said: dict[str, Any] = {what: odd}
        with pytest.raises(ClaimRefusedError, match=f"the {what} is no text"):
            ledger.add_dataset("d", **said)
    with pytest.raises(ClaimRefusedError, match="the provider is no text"):
        ledger.add_model("M", provider=odd)
    with pytest.raises(NameRefusedError, match="is not a model name"):
        ledger.add_model("a\0b")
    assert (ledger.datasets(), ledger.models()) == ([], [])
    assert ledger.verify(deep=True).records == 0
