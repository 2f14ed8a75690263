"""The scratch database beside the ledger."""

from __future__ import annotations

import pytest

from provenance.errors import LedgerStateError
from provenance.lineage import open_workspace


def test_work_that_does_not_fit_says_what_to_do() -> None:
    with (
        pytest.raises(LedgerStateError, match="20MB of memory") as raised,
        open_workspace("20MB") as duck,
    ):
        duck.execute("SELECT list(n) FROM range(20_000_000) AS numbers(n)")
    assert "--memory" in str(raised.value.hint)
