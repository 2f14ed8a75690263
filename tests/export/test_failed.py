"""Exports that fail midway."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance import Ledger
from provenance.errors import LedgerStateError


@pytest.mark.parametrize(
    ("format", "last"),
    [("parquet", "parquet.remove_stale"), ("prov-json", "prov_json.list_losses")],
)
def test_nothing_is_left_that_the_next_one_would_be_refused_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    format: str,  # noqa: A002 - the word of the command line
    last: str,
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    out = tmp_path / "out"
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.add_dataset("d")
        with monkeypatch.context() as patched:
            patched.setattr(f"provenance.export.{last}", fail)
            with pytest.raises(LedgerStateError, match="No space left"):
                ledger.export_dataset(format, "d", out)
        assert not out.exists()
        assert ledger.export_dataset(format, "d", out).files
