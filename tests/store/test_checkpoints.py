"""What is committed beside a copy is in the file in the end, and the log is bounded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from provenance.store import checkpoints
from provenance.store.checkpoints import open_checkpoints
from provenance.store.engine import connect_engine

_COMMIT = 20_000_000
"""Bytes of a commit: more than SQLite leaves in its log by itself."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = connect_engine(f"sqlite:///{tmp_path}/ledger.db")
    with _writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE texts (text TEXT)")
    yield engine
    engine.dispose()


@contextmanager
def _writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as opened:
        connection = opened.execution_options(write=True)
        with connection.begin():
            yield connection


def _write(connection: sa.Connection) -> None:
    connection.exec_driver_sql("INSERT INTO texts VALUES (?)", ("x" * _COMMIT,))


def _sizes(engine: sa.Engine) -> tuple[int, int]:
    """Of the file and of its log."""
    path = Path(str(engine.url.database))
    return path.stat().st_size, Path(f"{path}-wal").stat().st_size


def _count_texts(engine: sa.Engine) -> int:
    with closing(sqlite3.connect(str(engine.url.database))) as reader:
        (count,) = reader.execute("SELECT count(*) FROM texts").fetchone()
        return int(count)


def test_all_is_copied_at_the_end_and_the_log_starts_over(engine: sa.Engine) -> None:
    logs = []
    with open_checkpoints(engine.url) as copied:
        for count in range(1, 13):
            with copied.follow(_writing(engine)) as connection:
                _write(connection)
            assert _count_texts(engine) == count
            logs.append(_sizes(engine)[1])
    assert max(logs) < (checkpoints._COMMITS_BETWEEN + 1.5) * _COMMIT
    with closing(sqlite3.connect(str(engine.url.database))) as reader:
        busy, logged, kept = reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    assert (busy, logged) == (0, kept)
    assert _sizes(engine)[0] > 12 * _COMMIT


def test_a_followed_commit_copies_nothing_itself_and_the_next_does_again(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_copy", lambda _: None)
    before, _ = _sizes(engine)
    with open_checkpoints(engine.url) as copied, copied.follow(_writing(engine)) as one:
        _write(one)
    assert _sizes(engine)[0] == before
    with _writing(engine) as connection:
        _write(connection)
    assert _sizes(engine)[0] > 2 * _COMMIT


def test_what_is_undone_is_not_copied(engine: sa.Engine) -> None:
    def fail() -> None:
        with copied.follow(_writing(engine)) as connection:
            _write(connection)
            raise InterruptedError

    with open_checkpoints(engine.url) as copied:
        with pytest.raises(InterruptedError):
            fail()
        assert copied._commits == 0
    assert _count_texts(engine) == 0


def test_a_copy_that_fails_is_left_to_a_later_one(engine: sa.Engine) -> None:
    path = Path(str(engine.url.database))
    with open_checkpoints(engine.url) as copied:
        copied._path = str(path.parent / "no folder" / "no file")
        with copied.follow(_writing(engine)) as connection:
            _write(connection)
        copied._path = str(path)
        with copied.follow(_writing(engine)) as connection:
            _write(connection)
    assert _count_texts(engine) == 2
    assert _sizes(engine)[0] > 2 * _COMMIT
