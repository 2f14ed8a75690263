"""A PostgreSQL that goes away: a clear error, nothing half-recorded, it goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from databases import new_database, run_postgresql
from faults.story import Stage, make_scene

PATIENCE = 60.0


def _start_recording(stage: Stage) -> subprocess.Popen[str]:
    """Record the story by the command line, in the background."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "provenance", "--ledger", stage.url),
            *("--key", str(stage.scene.key), "ingest"),
            *map(str, stage.scene.manifests),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def _hold(url: sa.URL, table: str) -> Iterator[int]:
    """Stand in the queue for a lock that lets others only read; yield the backend."""
    with closing(_connect(url)) as connection:
        lock = f"BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE"
        connection.pgconn.send_query(lock.encode())
        backend = connection.info.backend_pid
        _wait_until(lambda: backend in _find_locks(url, table))
        yield backend


def _connect(url: sa.URL) -> psycopg.Connection:
    libpq = url.set(drivername="postgresql")
    return psycopg.connect(libpq.render_as_string(hide_password=False))


def _find_locks(url: sa.URL, table: str) -> dict[int, bool]:
    """By backend: whether it has every lock of the table that it asked for."""
    query = (
        "SELECT pid, bool_and(granted) FROM pg_locks "
        "WHERE relation = %s::regclass GROUP BY pid"
    )
    with closing(_connect(url)) as connection:
        return dict(connection.execute(query, [table]).fetchall())


def _wait_until(reached: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.01)


def _wait_for_writer(url: sa.URL, table: str, hold: int) -> int:
    """Wait until a writer waits for the backend that holds the lock; return it."""
    locks = {hold: False}

    def writer_waits() -> bool:
        locks.clear()
        locks.update(_find_locks(url, table))
        return bool(locks.get(hold)) and not all(locks.values())

    _wait_until(writer_waits)
    (writer,) = (backend for backend, granted in locks.items() if not granted)
    return writer


def _break(
    stage: Stage, number: int, table: str, cut: Callable[[int], None]
) -> tuple[int, str]:
    """Let the command line record until its n-th write to a table, and cut it there.

    Whoever asks for a lock waits behind those who asked before: the next hold stands
    behind the writer that this one keeps waiting, and keeps the writer after it.

    Returns:
        Its exit code and what it said.
    """
    url = sa.make_url(stage.url)
    with ExitStack() as held:
        hold = held.enter_context(_hold(url, table))
        with _start_recording(stage) as recording:
            try:
                for _ in range(number - 1):
                    _wait_for_writer(url, table, hold)
                    with held.pop_all():
                        hold = held.enter_context(_hold(url, table))
                cut(_wait_for_writer(url, table, hold))
                held.close()
                _, said = recording.communicate(timeout=PATIENCE)
            finally:
                recording.kill()
    return recording.returncode, said


def _assert_clear(code: int, said: str) -> None:
    assert code == 1, said
    assert "Traceback" not in said
    error, hint = said.strip().splitlines()[-2:]
    assert error.startswith("Error: the server of postgresql+psycopg://"), said
    assert hint.endswith("Then run the command again."), said


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"])
@pytest.mark.parametrize(
    ("number", "table"), [(1, "records"), (2, "tallies"), (3, "log_entries")]
)
def test_terminated_connection_is_told_and_nothing_half_recorded(
    stage: Stage, database: str, number: int, table: str
) -> None:
    def terminate(backend: int) -> None:
        with closing(_connect(sa.make_url(stage.url))) as connection:
            query = "SELECT pg_terminate_backend(%s)"
            assert connection.execute(query, [backend]).fetchone() == (True,), database

    _assert_clear(*_break(stage, number, table, terminate))
    assert stage.resume_by_command() == stage.scene.by_command


@pytest.mark.slow
def test_stopped_server_is_told_and_the_run_goes_on_once_it_is_back(
    manifests: tuple[Path, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with run_postgresql() as server, new_database(server.get_uri()) as url:
        scene = make_scene(url, tmp_path / "scene", manifests, server.get_uri())

        def stop(_: int) -> None:
            # Immediate shutdown: as if its machine had lost power.
            os.kill(server.get_pid() or 0, signal.SIGQUIT)

        stage = Stage(scene=scene, url=url)
        _assert_clear(*_break(stage, 2, "log_entries", stop))
        try:
            server.start()
        except subprocess.TimeoutExpired:  # after ten seconds; it starts all the same
            server.start()
        assert stage.resume_by_command() == scene.by_command
