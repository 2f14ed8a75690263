"""Killed at any moment, a ledger is sound, and the same command goes on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import sqlalchemy as sa
from faults.driver import Ways, open_ledger, record, start_driver
from faults.story import Scene, Stage, tell

from provenance import Ledger
from provenance.store import schema

SEED = 20_261_124


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Half of the kills on each database; more of them with ``--long``."""
    if "kill" not in metafunc.fixturenames:
        return
    kills = 100 if metafunc.config.getoption("--long") else 15
    metafunc.parametrize(
        ("database", "kill", "kills"),
        [
            (database, kill, kills)
            for database in ("sqlite", "postgresql")
            for kill in range(kills)
        ],
        ids=str,
    )


@pytest.mark.slow
def test_killed_run_goes_on_to_the_same_end(
    stage: Stage, kill: int, kills: int
) -> None:
    scene = stage.scene
    # One moment in each of so many equal parts of the run.
    moment = (kill + random.Random(SEED + kill).random()) / kills * scene.seconds  # noqa: S311 - no secret
    ways = Ways(scratch=kill % 2 == 0)
    with start_driver(stage.url, scene.key, scene.manifests, ways) as driver:
        driver.begin()
        driver.kill(after=moment)
    assert stage.resume() == scene.expected


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_as_soon_as_rows_are_read(stage: Stage, database: str) -> None:
    scene = stage.scene
    with start_driver(stage.url, scene.key, scene.manifests) as driver:
        driver.begin()
        assert isinstance(driver.hear(), int)
        assert driver.kill(), database
    assert stage.resume() == scene.expected


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.05, 0.15, 0.3])
def test_killed_while_the_ledger_is_made(
    url: str,
    manifests: tuple[Path, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
) -> None:
    monkeypatch.chdir(tmp_path)
    with start_driver(url, None, manifests) as driver:
        driver.begin()
        driver.kill(after=seconds)
    with open_ledger(url, None) as ledger:
        record(ledger, manifests[:1])
        ledger.verify(deep=True)
        told = tell(ledger)
    assert sum(batch[4] for batch in told["batches"]) == 900


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("seconds", [0.5, 1.5])
def test_worker_of_a_killed_process_ends_too(
    stage: Stage, database: str, seconds: float
) -> None:
    scene = stage.scene
    ways = Ways(scratch=True, worker=True)
    with start_driver(stage.url, scene.key, scene.manifests, ways) as driver:
        driver.begin()
        assert driver.kill(after=seconds), database
    assert stage.resume() == scene.expected


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_finished_manifests_are_not_recorded_again(stage: Stage, database: str) -> None:
    with stage.open() as ledger:
        record(ledger, stage.scene.manifests)
        again = [
            ledger.ingest(manifest, dataset=manifest.stem)
            for manifest in stage.scene.manifests
        ]
        assert all(done.already for done in again), database
        assert tell(ledger) == stage.scene.expected


def _seen(ledger: Ledger) -> tuple[int, int, int]:
    """Records in all by batches, by rows and by tallies, in one view of the ledger."""
    tables = schema.batches, schema.records
    with ledger._reading() as connection:
        logged = connection.execute(sa.select(sa.func.sum(tables[0].c.records)))
        stored = connection.execute(sa.select(sa.func.count()).select_from(tables[1]))
        tallied = connection.exec_driver_sql(
            "SELECT sum(total) FROM report_dataset WHERE unit = 'records'"
        )
        return (
            int(logged.scalar() or 0),
            int(stored.scalar() or 0),
            int(tallied.scalar() or 0),
        )


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_readers_never_see_half_a_batch(stage: Stage, database: str) -> None:
    scene: Scene = stage.scene
    seen = set()
    with (
        start_driver(stage.url, scene.key, scene.manifests) as driver,
        stage.open() as ledger,
    ):
        driver.begin()
        while driver.process.is_alive():
            seen.add(_seen(ledger))
        assert driver.end() == "done", database
        seen.add(_seen(ledger))
    assert all(logged == stored == tallied for logged, stored, tallied in seen)
    whole = sum(batch[4] for batch in scene.expected["batches"])
    sizes = {0}
    for batch in scene.expected["batches"]:
        sizes.add(max(sizes) + batch[4])
    assert {stored for _, stored, _ in seen} <= sizes
    assert max(seen) == (whole, whole, whole)
