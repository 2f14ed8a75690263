"""What is asked about is given as one parameter, however many values it has."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import sqlalchemy as sa

from provenance import Ledger
from provenance.ledger.withdraw import _say_rest

_MANY = 600
_VARIABLES = 520
"""A little more than are asked about at once."""


def _digest(content: object) -> str:
    return f"sha256:{hashlib.sha256(str(content).encode()).hexdigest()}"


def _limit(connection: sa.Connection) -> None:
    raw = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection):
        raw.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, _VARIABLES)


def test_as_many_models_as_a_statement_has_no_variables_for(
    ledger: Ledger, tmp_path: Path
) -> None:
    sa.event.listen(ledger._engine, "engine_connect", _limit)
    names = [f"m{n}" for n in range(_MANY)]
    path = tmp_path / "d.jsonl"
    rows = [
        *({"digest": _digest("parent"), "generated_by": name} for name in names),
        {"digest": _digest("child"), "derived_from": _digest("parent")},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger.ingest(path)
    ledger.add_model("M", aliases=names)
    assert ledger.descendants("M").contents == 1
    head = ledger.add_model("other")
    (explained,) = ledger.explain(_digest("child"), as_of=head)
    assert len(explained.paths) == _MANY
    ledger.add_model("M", generative=False)
    assert ledger.check_derived() == []


def test_batches_that_leave_are_no_variables_either(
    ledger: Ledger, tmp_path: Path
) -> None:
    sa.event.listen(ledger._engine, "engine_connect", _limit)
    path = tmp_path / "d.jsonl"
    path.write_text(
        "".join(json.dumps({"digest": _digest(n)}) + "\n" for n in range(2))
    )
    ledger.ingest(path, batch_rows=1)
    (first, last) = ledger.batches()
    with ledger._reading() as connection:
        said = _say_rest(connection, range(_MANY))
    assert said == (
        "of the same manifest these still stand: "
        f"{first['position']}, {last['position']}"
    )
