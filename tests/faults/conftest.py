"""Scenes on both databases, made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import new_database
from faults.story import Scene, Stage, make_scene, write_manifests


@pytest.fixture(scope="session")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """The manifests of the story."""
    return write_manifests(tmp_path_factory.mktemp("story") / "manifests")


@pytest.fixture(scope="session")
def sqlite_scene(
    tmp_path_factory: pytest.TempPathFactory, manifests: tuple[Path, ...]
) -> Scene:
    """The scene on SQLite."""
    folder = tmp_path_factory.mktemp("sqlite")
    url = f"sqlite:///{folder}/begun.db"
    return make_scene(url, folder / "scene", manifests, None)


@pytest.fixture(scope="session")
def postgresql_scene(
    tmp_path_factory: pytest.TempPathFactory,
    manifests: tuple[Path, ...],
    postgresql: str,
) -> Iterator[Scene]:
    """The scene on PostgreSQL."""
    folder = tmp_path_factory.mktemp("postgresql")
    with new_database(postgresql) as url:
        yield make_scene(url, folder / "scene", manifests, postgresql)


@pytest.fixture
def scene(request: pytest.FixtureRequest, database: str) -> Scene:
    """The scene on the database of that name."""
    found: Scene = request.getfixturevalue(f"{database}_scene")
    return found


@pytest.fixture
def stage(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    """A copy of the scene."""
    monkeypatch.chdir(tmp_path)  # rows set aside go to the working folder
    with scene.copy(tmp_path) as copied:
        yield copied
