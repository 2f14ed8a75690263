"""Each system call by which a commit reaches the disk may fail, or be the last."""

from __future__ import annotations

import shutil
from itertools import groupby
from pathlib import Path

import pytest
from faults.driver import Ways, start_driver
from faults.story import Scene, Stage, make_scene
from faults.trace import Call, attach, list_calls

from provenance import LedgerError

ROWS = 30
WAYS = Ways(scratch=True)


@pytest.fixture(scope="module")
def small(
    tmp_path_factory: pytest.TempPathFactory, manifests: tuple[Path, ...]
) -> Scene:
    """A ledger on SQLite that is to record one small manifest, one row of it bad."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: apt-get install strace")
    folder = tmp_path_factory.mktemp("small")
    manifest = folder / "small.jsonl"
    lines = manifests[1].read_text("utf-8").splitlines(keepends=True)
    manifest.write_text("".join(lines[:ROWS]), "utf-8")
    url = f"sqlite:///{folder}/begun.db"
    return make_scene(url, folder / "scene", [manifest], None)


def _enumerate(scene: Scene, folder: Path) -> list[Call]:
    """Every call of an undisturbed run that changes a file beside the ledger."""
    with (
        scene.copy(folder) as stage,
        start_driver(stage.url, scene.key, scene.manifests, WAYS) as driver,
    ):
        try:
            with attach(driver, folder.parent / "trace"):
                driver.begin()
                assert driver.end() == "done"
        except PermissionError as error:
            pytest.skip(f"strace may not attach here: {error}")
        return list_calls(folder.parent / "trace", folder)


def _choose(calls: list[Call], *, all_of_them: bool) -> list[Call]:
    """Every call, or the middle one of each kind and file."""
    if all_of_them:
        return calls
    kinds = groupby(sorted(calls, key=_kind), key=_kind)
    groups = [list(group) for _, group in kinds]
    return [group[len(group) // 2] for group in groups]


def _kind(call: Call) -> tuple[str, str]:
    return call.file, call.name


def _disturb(stage: Stage, call: Call, fault: str, folder: Path) -> object:
    """Let a run meet the fault at that call; return the last it said."""
    scene = stage.scene
    with (
        start_driver(stage.url, scene.key, scene.manifests, WAYS) as driver,
        attach(
            driver,
            folder.parent / "trace",
            fault=f"{call.name}:{fault}:when={call.number}",
            at=[folder / call.file],
        ),
    ):
        driver.begin()
        return driver.end()


@pytest.mark.slow(seconds=100)
@pytest.mark.parametrize("fault", ["error=EIO", "signal=KILL"])
def test_run_disturbed_at_a_call_goes_on_to_the_same_end(
    small: Scene, tmp_path: Path, fault: str, *, pytestconfig: pytest.Config
) -> None:
    folder = tmp_path / "ledger"
    folder.mkdir()
    calls = _enumerate(small, folder)
    assert {"pwrite64", "fdatasync", "openat", "unlink"} <= {c.name for c in calls}
    for call in _choose(calls, all_of_them=pytestconfig.getoption("--long")):
        shutil.rmtree(folder)
        folder.mkdir()
        with small.copy(folder) as stage:
            said = _disturb(stage, call, fault, folder)
            if fault == "signal=KILL":
                assert said is None, call
            else:
                assert said == "done" or isinstance(said, LedgerError), call
            assert stage.resume() == small.expected, call
