"""A disk that runs full: a clear error, nothing half-recorded, and it goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults.driver import Ways, start_driver
from faults.story import Scene, Stage

from provenance import LedgerError

KIB = 1024
ROOM = 64 * KIB * KIB


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    mount = f"mount -t tmpfs -o size={ROOM} tmpfs".split()
    done = subprocess.run(
        [*mount, str(folder)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S607 - the system's own


def _resize(disk: Path, size: int) -> None:
    options = f"remount,size={size}"
    subprocess.run(["mount", "-o", options, str(disk)], check=True)  # noqa: S607 - the system's own


@contextmanager
def _small(disk: Path, room: int) -> Iterator[None]:
    """Leave so many bytes free for a while."""
    _resize(disk, shutil.disk_usage(disk).used + room)
    try:
        yield
    finally:
        _resize(disk, ROOM)


def _record(stage: Stage) -> subprocess.CompletedProcess[str]:
    """Record the story by the command line."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "provenance", "--ledger", stage.url),
            *("--key", str(stage.scene.key), "ingest"),
            *map(str, stage.scene.manifests),
        ],
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 64 * KIB, 300 * KIB, 600 * KIB, 900 * KIB])
def test_full_disk_is_told_and_nothing_half_recorded(
    sqlite_scene: Scene, disk: Path, room: int
) -> None:
    with sqlite_scene.copy(disk) as stage:
        with _small(disk, room):
            told = _record(stage)
        assert told.returncode == 1, told.stderr
        first, hint = told.stderr.strip().splitlines()[-2:]
        # With no room at all SQLite cannot even make its shared memory file.
        words = ("no room left for", "disk I/O error", "cannot be set aside")
        assert any(said in first for said in words), told.stderr
        assert hint.startswith("Hint: "), told.stderr
        assert "Traceback" not in told.stderr
        left = {path.name for path in disk.iterdir()}
        left -= {"ledger.db", "ledger.db-wal", "ledger.db-shm"}
        assert {
            name for name in left if not name.endswith(".quarantine.jsonl")
        } == set()
        assert stage.resume_by_command() == sqlite_scene.by_command


@pytest.mark.slow
@pytest.mark.parametrize("room", [64 * KIB, 300 * KIB, 600 * KIB])
def test_full_disk_is_told_where_rows_go_through_scratch_files(
    sqlite_scene: Scene, disk: Path, room: int
) -> None:
    scene = sqlite_scene
    with scene.copy(disk) as stage:
        with (
            _small(disk, room),
            start_driver(
                stage.url, scene.key, scene.manifests, Ways(scratch=True)
            ) as driver,
        ):
            driver.begin()
            said = driver.end()
        assert isinstance(said, LedgerError), said
        assert said.hint
        kept = (".db", ".db-wal", ".db-shm", ".quarantine.jsonl")
        assert [path for path in disk.iterdir() if not path.name.endswith(kept)] == []
        assert stage.resume() == scene.expected
