"""Rows on their way into an SQLite ledger, and what a killed process leaves behind."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from provenance import Ledger
from provenance.errors import LedgerStateError
from provenance.store import schema
from provenance.store.arrow import insert_batch
from provenance.store.scratch import (
    ScratchFile,
    attach_scratch,
    detach_scratch,
    remove_orphans,
)

_ROWS = 30_000


@pytest.fixture
def url(tmp_path: Path) -> str:
    Ledger.open(f"sqlite:///{tmp_path}/ledger.db").close()
    return f"sqlite:///{tmp_path}/ledger.db"


def make_keys(rows: int) -> pa.RecordBatch:
    """Rows of ``item_pedigrees``, nulls nowhere, any bytes in them."""
    numbers = list(range(rows))
    return pa.record_batch(
        {
            "content_key": pa.array([n - rows // 2 for n in numbers], pa.int64()),
            "item": pa.array([n.to_bytes(5, "big") for n in numbers], pa.binary()),
            "pedigree_id": pa.array([2**40 + n for n in numbers], pa.int64()),
        }
    )


@pytest.mark.parametrize("rows", [3, _ROWS])
def test_rows_come_out_as_they_went_in(url: str, tmp_path: Path, rows: int) -> None:
    batch, table = make_keys(rows), schema.item_pedigrees
    with Ledger.open(url) as ledger, ledger._writing() as connection:
        insert_batch(connection, table, batch)
        stored = connection.execute(sa.select(table)).all()
        connection.execute(table.delete())
    assert [tuple(row) for row in stored] == list(
        zip(*(column.to_pylist() for column in batch.columns), strict=True)
    )
    assert list(tmp_path.glob("*scratch*")) == []


def test_columns_with_one_number_or_none_do_not_pass_through_the_file(
    url: str,
) -> None:
    table = pa.table(
        {
            "record_id": pa.array([7, 7, 7], pa.int64()),
            "same": pa.array([-3, -3, -3], pa.int64()),
            "empty": pa.array([None, None, None], pa.string()),
            "but_one": pa.array([4, None, 4], pa.int64()),
            "text": pa.array(["a", "a", "a"], pa.string()),
            "number": pa.array([1.5, 1.5, 1.5], pa.float64()),
        }
    )
    file = ScratchFile(sa.make_url(url))
    file.write({"some": table, "none": table.slice(0, 0)})
    assert file.constants == {"some": {"same": -3, "empty": None}, "none": {}}
    assert file.spell("some", "same", "empty", "text") == ["-3", "NULL", 'some."text"']
    with sqlite3.connect(file.path) as connection:
        query = f"SELECT {', '.join(file.spell('some', *table.column_names))} FROM some"
        rows = connection.execute(query).fetchall()
    assert rows == list(zip(*table.to_pydict().values(), strict=True))
    file.drop()


@pytest.mark.parametrize("rows", [3, _ROWS])
def test_constant_columns_come_out_as_they_went_in(url: str, rows: int) -> None:
    batch = pa.record_batch(
        {
            "record_id": pa.array(range(rows), pa.int64()),
            "origin_id": pa.array([3] * rows, pa.int64()),
            "score": pa.array([None] * rows, pa.float64()),
        }
    )
    table = schema.generated_by
    with Ledger.open(url) as ledger, ledger._writing(keep=False) as connection:
        insert_batch(connection, table, batch)
        columns = [table.c[name] for name in batch.schema.names]
        stored = connection.execute(sa.select(*columns)).all()
    assert sorted(tuple(row) for row in stored) == list(
        zip(*batch.to_pydict().values(), strict=True)
    )


def test_no_statement_keeps_a_journal_of_its_own(url: str, tmp_path: Path) -> None:
    """One that could be undone alone writes down each page before it changes it."""
    manifest = tmp_path / "rows.jsonl"
    manifest.write_text(
        "".join(
            f'{{"digest": "{n:064x}", "derived_from": "{n + 1:064x}", '
            f'"generated_by": "m"}}\n'
            for n in range(_ROWS)
        )
    )
    copied: list[str] = []

    def listen(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("INSERT") and " FROM scratch" in statement:
            copied.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", listen)
    try:
        with Ledger.open(url) as ledger:
            ledger.ingest(manifest, dataset="d")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", listen)
    tables = {statement.split(" INTO ")[1].split()[0] for statement in copied}
    assert {"records", "generated_by", "derived_from", "item_pedigrees"} <= tables
    assert all(text.startswith("INSERT OR ROLLBACK INTO ") for text in copied)


def test_a_row_that_is_refused_undoes_the_transaction(url: str) -> None:
    numbers = pa.array(range(1, _ROWS + 1), pa.int64())
    names = ("batch_id", "row", "part", "copies", "content_key")
    batch = pa.record_batch(
        {
            "id": numbers,
            **dict.fromkeys(names, numbers),
            "digest": pa.nulls(_ROWS, pa.binary()),
        }
    )

    def write(ledger: Ledger) -> None:
        with ledger._writing() as connection:
            insert_batch(connection, schema.item_pedigrees, make_keys(_ROWS))
            insert_batch(connection, schema.records, batch)

    with Ledger.open(url) as ledger:
        with pytest.raises(LedgerStateError, match="ck_records_identified"):
            write(ledger)
        with ledger._reading() as connection:
            query = sa.select(schema.item_pedigrees)
            assert connection.execute(query).first() is None
        ledger.add_model("m")


def test_nothing_is_left_of_a_transaction_that_fails(url: str, tmp_path: Path) -> None:
    table = schema.item_pedigrees

    def fail(ledger: Ledger) -> None:
        with ledger._writing() as connection:
            insert_batch(connection, table, make_keys(_ROWS))
            raise ZeroDivisionError

    with Ledger.open(url) as ledger:
        with pytest.raises(ZeroDivisionError):
            fail(ledger)
        with ledger._reading() as connection:
            assert connection.execute(sa.select(table)).first() is None
    assert list(tmp_path.glob("*scratch*")) == []


def test_more_files_than_sqlite_attaches_are_no_obstacle(url: str) -> None:
    table = schema.item_pedigrees
    with Ledger.open(url) as ledger, ledger._writing(keep=False) as connection:
        for _ in range(12):
            insert_batch(connection, table, make_keys(20_000))
        query = sa.select(sa.func.count()).select_from(table)
        assert connection.execute(query).scalar_one() == 12 * 20_000


def test_files_of_the_dead_are_removed_and_those_of_the_living_kept(
    url: str, tmp_path: Path
) -> None:
    code = (
        "import os, sqlalchemy as sa; "
        "from provenance.store.scratch import ScratchFile; "
        f"ScratchFile(sa.make_url({url!r})); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    (left,) = tmp_path.glob("ledger.db.scratch-*")
    mine = ScratchFile(sa.make_url(url))
    remove_orphans(sa.make_url(url))
    assert not left.exists()
    assert mine.path.exists()
    mine.drop()


def test_files_of_the_dead_are_removed_whatever_the_ledger_is_called(
    tmp_path: Path,
) -> None:
    url = sa.URL.create("sqlite", database=str(tmp_path / "led[g]er*.db"))
    left = tmp_path / "led[g]er*.db.scratch-0"
    others = tmp_path / "ledger.db.scratch-0"
    left.touch()
    others.touch()
    remove_orphans(url)
    assert list(tmp_path.iterdir()) == [others]


def test_files_of_another_user_are_left_to_that_user(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / "ledger.db.scratch-0"
    left.touch()

    def refuse(path: Path, _: int) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr("provenance.store.scratch.os.open", refuse)
    remove_orphans(sa.make_url(url))
    assert left.exists()


def test_a_file_is_attached_inside_a_transaction(url: str) -> None:
    file = ScratchFile(sa.make_url(url))
    file.write({"things": pa.table({"n": pa.array([None, 2], pa.int64())})})
    with Ledger.open(url) as ledger, ledger._engine.connect() as opened:
        connection = opened.execution_options(write=True)
        with connection.begin():
            name = attach_scratch(connection, file)
            rows = connection.exec_driver_sql(f"SELECT n FROM {name}.things").all()
        detach_scratch(connection)
        listed = connection.exec_driver_sql("PRAGMA database_list").all()
    assert [row[0] for row in rows] == [None, 2]
    assert "scratch0" not in [row[1] for row in listed]
    assert not file.path.exists()
