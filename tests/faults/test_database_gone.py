"""A PostgreSQL that goes away: a clear error, nothing half-recorded, it goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

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


def _find_writer(connection: sa.Connection, database: str, number: int) -> int:
    """Wait for the n-th transaction that has written something; return its backend."""
    query = sa.text(
        "SELECT pid, backend_xid::text FROM pg_stat_activity "
        "WHERE datname = :database AND backend_xid IS NOT NULL"
    )
    seen = set()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for pid, transaction in connection.execute(query, {"database": database}):
            seen.add(transaction)
            if len(seen) == number:
                return int(pid)
    raise TimeoutError(f"{len(seen)} transactions wrote")


def _break(
    stage: Stage, number: int, cut: Callable[[sa.Connection, int], None]
) -> tuple[int, str]:
    """Let the command line record until its n-th transaction, and do something to that.

    Returns:
        Its exit code and what it said.
    """
    url = sa.make_url(stage.url)
    engine = sa.create_engine(
        url.set(database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with _start_recording(stage) as recording:
        try:
            with engine.connect() as connection:
                cut(connection, _find_writer(connection, str(url.database), number))
                connection.invalidate()
            _, said = recording.communicate(timeout=PATIENCE)
        finally:
            recording.kill()
    engine.dispose()
    return recording.returncode, said


def _assert_clear(code: int, said: str) -> None:
    assert code == 1, said
    assert "Traceback" not in said
    error, hint = said.strip().splitlines()[-2:]
    assert error.startswith("Error: the server of postgresql+psycopg://"), said
    assert hint.endswith("Then run the command again."), said


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_terminated_connection_is_told_and_nothing_half_recorded(
    stage: Stage, database: str, number: int
) -> None:
    def terminate(connection: sa.Connection, backend: int) -> None:
        ended = sa.select(sa.func.pg_terminate_backend(backend))
        assert connection.execute(ended).scalar(), database

    _assert_clear(*_break(stage, number, terminate))
    assert stage.resume_by_command() == stage.scene.by_command


@pytest.mark.slow
def test_stopped_server_is_told_and_the_run_goes_on_once_it_is_back(
    manifests: tuple[Path, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with run_postgresql() as server, new_database(server.get_uri()) as url:
        scene = make_scene(url, tmp_path / "scene", manifests, server.get_uri())

        def stop(_: sa.Connection, __: int) -> None:
            # Immediate shutdown: as if its machine had lost power.
            os.kill(server.get_pid() or 0, signal.SIGQUIT)

        stage = Stage(scene=scene, url=url)
        _assert_clear(*_break(stage, 2, stop))
        try:
            server.start()
        except subprocess.TimeoutExpired:  # after ten seconds; it starts all the same
            server.start()
        assert stage.resume_by_command() == scene.by_command
