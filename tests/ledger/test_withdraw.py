"""Any number of batches may be withdrawn at once, wherever they stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from provenance import Ledger
from provenance.ledger import facts
from provenance.lineage import open_lineage
from provenance.store import schema


def _ingest(ledger: Ledger, path: Path, rows: int) -> None:
    told = [{"digest": f"sha256:{n:064x}", "generated_by": "m"} for n in range(rows)]
    path.write_text("".join(json.dumps(row) + "\n" for row in told))
    ledger.ingest(path, dataset="d", batch_rows=1)


def test_more_batches_apart_than_a_condition_may_list(
    ledger: Ledger, tmp_path: Path
) -> None:
    """SQLite refuses an ``OR`` of more than 1,000; spans of one batch each made it."""
    _ingest(ledger, tmp_path / "d.jsonl", 1)
    batches = schema.batches
    with ledger._writing(keep=False) as connection:
        (one,) = connection.execute(sa.select(batches)).mappings()
        many = [
            dict(one) | {"id": n, "first_record": one["first_record"] + 2 * n}
            for n in range(one["id"] + 1, 1200)
        ]
        connection.execute(batches.insert(), many)
        position = facts.record_withdrawal(connection, [one["position"]], "a test", 0)
        with open_lineage() as lineage:
            numbers = [one["id"], *(row["id"] for row in many)]
            lineage.withdraw(connection, numbers, position)
        tallies = sa.select(sa.func.sum(schema.tallies.c.records))
        assert connection.execute(tallies).scalar() == 0


def test_a_withdrawal_too_long_for_one_entry_takes_several(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "_MOST_WITHDRAWN", 2)
    _ingest(ledger, tmp_path / "d.jsonl", 5)
    _ingest(ledger, tmp_path / "e.jsonl", 1)
    *these, last = [batch["position"] for batch in ledger.batches()]
    done = ledger.withdraw_batch(*these, why="a test")
    assert [batch["withdrawn"] for batch in ledger.batches()] == [
        *(done.position - back for back in (2, 2, 1, 1, 0)),
        None,
    ]
    assert ledger.report("d").units["records"].total == 1
    assert ledger.report("d", as_of=last + 1).units["records"].total == 6
    ledger.verify(deep=True)
