"""What a dataset hangs on is found by its own records, not by all of the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from provenance import Ledger

_CHILD, _PARENT = (f"sha256:{letter * 64}" for letter in "ab")


def test_no_other_record_is_read(tmp_path: Path) -> None:
    """By SQLite: the plans of PostgreSQL follow the sizes of tables."""
    rows = {
        "d": {"digest": _CHILD, "derived_from": _PARENT},
        "other": {"digest": _PARENT, "generated_by": "m"},
    }
    plans: list[str] = []

    def explain(*given: Any) -> None:
        _, cursor, statement, parameters, *_ = given
        if "asked_records" in statement and "wanted" in statement:
            plan = f"EXPLAIN QUERY PLAN {statement}"
            steps = cursor.connection.cursor().execute(plan, parameters)
            plans.extend(step[-1] for step in steps)

    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        for name, row in rows.items():
            path = tmp_path / f"{name}.jsonl"
            path.write_text(json.dumps(row) + "\n")
            ledger.ingest(path)
        sa.event.listen(ledger._engine, "before_cursor_execute", explain)
        ledger.export_dataset("parquet", "d", tmp_path / "out")
    assert plans
    assert [step for step in plans if step.startswith("SCAN records")] == []
