"""Words that are in no UTF-8: Python writes bytes of the shell as half surrogates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from provenance import Ledger
from provenance.errors import NameRefusedError


@pytest.mark.parametrize(
    "command",
    [
        ["model", "add", "\udcff"],
        ["model", "add", "m", "--provider", "\udcff"],
        ["dataset", "add", "d", "--note", "\udcff"],
        ["explain", "\udcff"],
        ["descendants", "\udcff"],
        ["records", "redact", "\udcff", "--why", "w"],
        ["ingest", "FILE", "--map", "url=\udcff"],
        ["ingest", "FILE", "--set", "language=\udcff"],
        ["inspect", "FILE", "--set", "language=\udcff"],
    ],
)
def test_what_is_in_no_utf8_is_refused_with_a_hint(
    run_cli: Callable[..., Result], tmp_path: Path, command: list[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"url": "u"}\n')
    run_cli("ingest", rows)
    refused = run_cli(*(str(rows) if word == "FILE" else word for word in command))
    assert (refused.exit_code, refused.stderr.splitlines()[0]) == (
        1,
        "Error: '\\udcff' cannot be written in UTF-8",
    )


def test_a_ledger_that_is_called_in_no_utf8_is_none(
    run_cli: Callable[..., Result],
) -> None:
    refused = run_cli("model", "list", ledger="sqlite:///\udcff.db")
    assert "'sqlite:///\\udcff.db' is not a ledger URL" in refused.stderr


def test_each_database_refuses_them(ledger: Ledger) -> None:
    for ask in (ledger.explain, ledger.add_model):
        with pytest.raises(NameRefusedError, match="cannot be written in UTF-8"):
            ask("\udcff")
    assert ledger.add_model("m")
