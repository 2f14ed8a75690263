"""Transactions say of themselves what they need, and tell what goes wrong."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from databases import new_database

from provenance import Ledger
from provenance.errors import LedgerStateError
from provenance.store import schema
from provenance.store.arrow import insert_rows
from provenance.store.engine import allow_rewriting, connect_engine
from provenance.store.failures import say_database_error
from provenance.store.triggers import lift_triggers

FORKS = """
import os, sys
from provenance import Ledger, LedgerError
ledger = Ledger.open(sys.argv[1])
ledger.add_model("before")
child = os.fork()
if not child:
    try:
        ledger.add_model("child")
    except LedgerError as error:
        print(error.message, flush=True)
    os._exit(0)
os.waitpid(child, 0)
ledger.add_model("after")
print(*sorted(model.name for model in ledger.models()))
"""


def _insert_twice(ledger: Ledger) -> None:
    with ledger._writing() as connection:
        insert_rows(connection, schema.policies, ("id",), [(1,), (1,)])


def test_what_the_bulk_path_is_refused_is_told(ledger: Ledger) -> None:
    with pytest.raises(LedgerStateError, match="failed: ") as raised:
        _insert_twice(ledger)
    assert raised.value.hint == "Nothing half-recorded was kept."
    assert ledger.add_model("M") == 2


def test_a_writer_reads_what_was_written_while_it_waited(
    postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_isolation=serializable")
    query = "SHOW transaction_isolation"
    with (
        new_database(postgresql) as url,
        Ledger.open(url) as ledger,
        ledger._writing() as connection,
    ):
        assert connection.exec_driver_sql(query).scalar() == "read committed"


def test_a_server_compiles_no_query(
    postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c jit=on")
    with (
        new_database(postgresql) as url,
        Ledger.open(url) as ledger,
        ledger._reading() as connection,
    ):
        assert connection.exec_driver_sql("SHOW jit").scalar() == "off"


def test_what_needs_temporary_tables_is_told_read_only_too(
    url: str, tmp_path: Path
) -> None:
    rows = tmp_path / "d.jsonl"
    rows.write_text('{"name": "n", "generated_by": "M"}\n')
    with Ledger.open(url) as ledger:
        ledger.ingest(rows)
    with Ledger.open(url, read_only=True) as ledger:
        assert ledger.descendants("M").to_dict()
        assert ledger.export_dataset("prov-json", "d", tmp_path / "d.json").files


@pytest.mark.slow
def test_a_forked_process_uses_no_connection_of_its_parent(url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKS, url],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.splitlines() == [
        "this process was forked while the ledger was open",
        "after before",
    ], done.stderr


def test_a_full_disk_may_be_that_of_temporary_tables() -> None:
    full = sqlite3.OperationalError("database or disk is full")
    told = say_database_error(full, connect_engine("sqlite://"))
    assert "or for temporary tables: database or disk is full" in told.message
    assert "$TMPDIR" in told.hint


def test_any_change_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    url, left = f"sqlite:///{tmp_path}/ledger.db", tmp_path / "ledger.db.scratch-0"
    Ledger.open(url).close()
    left.touch()
    with Ledger.open(url) as ledger:
        ledger.datasets()
        assert left.exists()
        ledger.rebuild()
    assert not left.exists()


class _Said(psycopg.OperationalError):
    """What a server that speaks German says of a statement that took too long."""

    sqlstate = "57014"


def test_servers_are_understood_in_any_language() -> None:
    engine = connect_engine("postgresql://ours@db/ledger")
    told = say_database_error(_Said("storniere Anfrage"), engine)
    assert "allows less time than this takes: storniere Anfrage" in told.message


@pytest.mark.parametrize("user", ["readonly", "full", "locked"])
def test_a_name_in_what_a_server_says_means_nothing(user: str) -> None:
    engine = connect_engine(f"postgresql://{user}@db/ledger")
    words = f'password authentication failed for user "{user}"'
    told = say_database_error(psycopg.OperationalError(words), engine)
    assert f"cannot be reached, or went away: {words}" in told.message


@pytest.mark.parametrize("lift", [allow_rewriting, lift_triggers])
def test_a_signal_in_the_midst_of_a_statement_comes_out(
    ledger: Ledger,
    lift: Callable[[sa.Connection], AbstractContextManager[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def end(*_: object) -> None:
        raise SystemExit(143)

    def break_off() -> None:
        with ledger._writing(keep=False) as connection, lift(connection):
            monkeypatch.setattr(connection.dialect, "do_execute", end)
            connection.execute(sa.select(1))

    with pytest.raises(SystemExit):
        break_off()
    monkeypatch.undo()
    ledger.add_model("M")


class ToldError(Exception):
    """A signal came."""


def _tell(*_: object) -> None:
    raise ToldError


def test_a_signal_while_sqlite_compiles_comes_out(tmp_path: Path) -> None:
    columns = ", ".join(schema.records.c.keys())
    numbers = count()

    def compile_until_told(opened: sqlite3.Connection, seconds: float) -> None:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        while True:  # each text is one that was not compiled before
            opened.execute(f"SELECT {next(numbers)}, {columns} FROM records")

    before = signal.signal(signal.SIGALRM, _tell)
    with (
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        ledger._reading() as connection,
    ):
        opened = connection.connection.driver_connection
        assert isinstance(opened, sqlite3.Connection)
        opened.execute(f"SELECT {columns} FROM records")
        try:
            for moment in range(100):
                with pytest.raises(ToldError):
                    compile_until_told(opened, 0.001 + moment / 1e6)
        finally:
            signal.signal(signal.SIGALRM, before)
    assert next(numbers) > 100
