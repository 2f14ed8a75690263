"""Errors say what to do next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result


@pytest.mark.parametrize(
    "command",
    [
        ["ingest", ""],
        ["ingest", "x" * 300],
        ["ingest", "rows.jsonl", "--trust", "missing.pem"],
        ["report", "verify", "missing.json", "--vkey", "k"],
        ["descendants", "x", "--kind", "model"],
        ["log", "keygen", "k", "--out", "missing/key"],
    ],
)
def test_what_names_nothing_has_a_hint(
    run_cli: Callable[..., Result],
    tmp_path: Path,
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text('{"name": "x"}\n')
    run_cli("ingest", "rows.jsonl")
    refused = run_cli(*command)
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1].startswith("Hint: ")


@pytest.mark.parametrize("command", [["report", "d"], ["log", "checkpoint"]])
def test_an_option_of_the_ledger_stands_before_the_command(
    run_cli: Callable[..., Result], command: list[str]
) -> None:
    refused = run_cli(*command, "--key", "k")
    assert refused.exit_code == 2
    assert "--key stands before the command: provenance --key … COMMAND" in (
        refused.stderr
    )
    assert "No such option '--kay'" in run_cli(*command, "--kay").stderr
