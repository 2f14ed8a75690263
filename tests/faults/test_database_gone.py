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


def _find_writer(connection: sa.Connection, database: str) -> int:
    """Wait until a backend has written something that is not committed yet."""
    query = sa.text(
        "SELECT pid FROM pg_stat_activity "
        "WHERE datname = :database AND backend_xid IS NOT NULL"
    )
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = connection.execute(query, {"database": database}).scalar()
        if found is not None:
            return int(found)
    raise TimeoutError("nobody wrote")


def _break(stage: Stage, cut: Callable[[sa.Connection, int], None]) -> tuple[int, str]:
    """Let the command line record, do something to its backend; return how it ended."""
    url = sa.make_url(stage.url)
    engine = sa.create_engine(
        url.set(database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with _start_recording(stage) as recording:
        try:
            with engine.connect() as connection:
                cut(connection, _find_writer(connection, str(url.database)))
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
def test_terminated_connection_is_told_and_nothing_half_recorded(
    stage: Stage, database: str
) -> None:
    def terminate(connection: sa.Connection, backend: int) -> None:
        ended = sa.select(sa.func.pg_terminate_backend(backend))
        assert connection.execute(ended).scalar(), database

    _assert_clear(*_break(stage, terminate))
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
        _assert_clear(*_break(stage, stop))
        server.start()
        assert stage.resume_by_command() == scene.by_command
