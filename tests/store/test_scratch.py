"""Rows on their way into an SQLite ledger, and what a killed process leaves behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from provenance import Ledger
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
