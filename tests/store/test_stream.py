"""A process that has the ledger open reads it in bulk by way of another."""

from __future__ import annotations

import os
import select
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from provenance import Ledger
from provenance.errors import LedgerStateError, VerificationError
from provenance.store import schema
from provenance.store.stream import read_bulk, read_each

NUMBERS = pa.schema({"n": pa.int64()})
ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
)
SECONDS = 60


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that are started."""
    started: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr("provenance.store.stream.subprocess.Popen", Noted)
    return started


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (n BIGINT)")
        connection.execute("INSERT INTO t VALUES (1), (2)")
    connection.close()
    return path


def _await_state(child: subprocess.Popen[bytes], states: str) -> None:
    """Wait until a process sleeps, is stopped or has ended."""
    stat = Path(f"/proc/{child.pid}/stat")
    while stat.read_text().rpartition(") ")[2][0] not in states:
        os.sched_yield()


def test_a_ledger_that_is_opened_read_only_is_read_in_bulk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.store.stream._WORTH_BULK", 0)
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"name": "a", "generated_by": "M"}\n{"name": "b"}\n')
    kept = tmp_path / "kept.csv"
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger.open(url) as ledger:
        ledger.ingest(rows)
    with Ledger.open(url, read_only=True) as ledger:
        assert ledger.select("rows", kept).kept.records == 2


def test_a_child_that_is_stopped_and_goes_on_loses_nothing(
    path: Path,
    children: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    many = f"{ENDLESS} LIMIT 2000000"
    expected = 1
    for batch in read_bulk(f"sqlite:///{path}", many, NUMBERS):
        (child,) = children
        _await_state(child, "SZ")  # it waits for us in the midst of a write
        child.send_signal(signal.SIGSTOP)
        _await_state(child, "TZ")
        child.send_signal(signal.SIGCONT)
        numbers = batch["n"].to_pylist()
        assert (numbers[0], numbers[-1]) == (expected, expected + len(numbers) - 1)
        expected += len(numbers)
    assert expected == 2_000_001


def test_a_ledger_that_is_open_is_read(ledger: Ledger, url: str) -> None:
    ledger.add_model("M")
    table = schema.log_entries
    query = sa.select(table.c.position, table.c.entry).order_by(table.c.position)
    kept = pa.schema({"position": pa.int64(), "entry": pa.binary()})
    with ledger._reading() as connection:
        expected = [tuple(row) for row in connection.execute(query)]
        found = [
            tuple(row.values())
            for batch in read_bulk(url, query, kept)
            for row in batch.to_pylist()
        ]
    assert found == expected
    assert len(found) == 3


def test_only_what_is_committed_is_read_and_nothing_is_lost(path: Path) -> None:
    url = f"sqlite:///{path}"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("INSERT INTO t VALUES (3)")  # into the write-ahead log
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO t VALUES (4)")
    query = "SELECT n FROM t ORDER BY n"
    found = [
        n for batch in read_bulk(url, query, NUMBERS) for n in batch[0].to_pylist()
    ]
    assert found == [1, 2, 3]
    writer.execute("COMMIT")
    writer.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (4,)
    connection.close()


def test_a_wrong_value_is_said_as_if_it_were_read_here(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO t VALUES ('x')")
    connection.close()
    with pytest.raises(VerificationError, match="value of n is no int64") as raised:
        list(read_bulk(f"sqlite:///{path}", "SELECT n FROM t", NUMBERS))
    assert raised.value.hint


def test_a_failing_statement_is_said(path: Path) -> None:
    with pytest.raises(LedgerStateError, match="no such table"):
        list(read_bulk(f"sqlite:///{path}", "SELECT n FROM absent", NUMBERS))


def test_reading_less_than_all_ends_the_child(
    path: Path, children: list[subprocess.Popen[bytes]]
) -> None:
    batches = read_bulk(f"sqlite:///{path}", ENDLESS, NUMBERS)
    first = next(batches)
    assert first[0][0].as_py() == 1
    batches.close()  # type: ignore[attr-defined] # it is a generator
    assert [child.returncode for child in children] == [-signal.SIGKILL]


def test_a_child_that_is_killed_is_an_error_not_an_end(
    path: Path, children: list[subprocess.Popen[bytes]]
) -> None:
    batches = read_bulk(f"sqlite:///{path}", ENDLESS, NUMBERS)
    next(batches)
    children[0].kill()
    with pytest.raises(LedgerStateError, match=f"ended with signal {signal.SIGKILL}"):
        list(batches)


_PARENT = """
import sys
from provenance.store import stream
import subprocess

class Noted(subprocess.Popen):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        print(self.pid, flush=True)

stream.subprocess.Popen = Noted
import pyarrow as pa
batches = stream.read_bulk(sys.argv[1], sys.argv[2], pa.schema({"n": pa.int64()}))
next(batches)
print("reading", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux to watch a pid")
@pytest.mark.parametrize("end", ["killed", "finished"])
def test_the_child_ends_when_its_parent_does(path: Path, end: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, f"sqlite:///{path}", ENDLESS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdin
    assert parent.stdout
    child = os.pidfd_open(int(parent.stdout.readline()))
    try:
        assert parent.stdout.readline() == "reading\n"
        if end == "killed":
            parent.kill()
        else:
            parent.stdin.close()
        parent.wait()
        readable, _, _ = select.select([child], [], [], SECONDS)
        assert readable == [child]
    finally:
        os.close(child)
        parent.stdout.close()
        if not parent.stdin.closed:
            parent.stdin.close()


def test_what_runs_in_the_child_can_be_found_from_anywhere(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: Callable[[], list[pa.RecordBatch]] = lambda: list(  # noqa: E731 - read twice
        read_bulk(f"sqlite:///{path}", "SELECT n FROM t", NUMBERS)
    )
    here = read()
    monkeypatch.chdir(tmp_path)
    assert read() == here


def test_several_queries_are_answered_by_one_process(
    ledger: Ledger,
    children: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger.add_model("M")
    log, models, records = schema.log_entries, schema.models, schema.records
    questions = {
        "log": (sa.select(log.c.position).order_by(log.c.position), NUMBERS),
        "records": (sa.select(records.c.id), NUMBERS),
        "models": (sa.select(models.c.name), pa.schema({"name": pa.string()})),
    }

    def ask(*, committed: bool) -> list[tuple[str, Any]]:
        with ledger._reading() as connection:
            found = read_each(connection, questions, committed=committed)
            return [(name, row) for name, b in found for row in b[0].to_pylist()]

    expected = [("log", 0), ("log", 1), ("log", 2), ("models", "M")]
    assert ask(committed=True) == ask(committed=False) == expected
    assert children == []  # not worth a process
    monkeypatch.setattr("provenance.store.stream._WORTH_BULK", 0)
    assert ask(committed=True) == expected
    assert len(children) == (1 if ledger._engine.dialect.name == "sqlite" else 0)
