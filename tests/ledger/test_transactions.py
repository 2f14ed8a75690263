"""What goes wrong inside a transaction is told in words of ours."""

from __future__ import annotations

import pytest

from provenance import Ledger
from provenance.errors import LedgerStateError
from provenance.store import schema
from provenance.store.arrow import insert_rows


def _insert_twice(ledger: Ledger) -> None:
    with ledger._writing() as connection:
        insert_rows(connection, schema.policies, ("id",), [(1,), (1,)])


def test_what_the_bulk_path_is_refused_is_told(ledger: Ledger) -> None:
    with pytest.raises(LedgerStateError, match="failed: ") as raised:
        _insert_twice(ledger)
    assert raised.value.hint == "Nothing half-recorded was kept."
    assert ledger.add_model("M") == 2
