"""Ledgers on both databases, a fixed clock, and the command line."""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from databases import new_database, run_postgresql
from hypothesis import settings

from provenance import Ledger
from provenance.cli import cli

# A machine that does something else meanwhile is no fault of the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

NewUrl = Callable[[], str]

REAL_DATA = Path(
    os.environ.get(
        "PROVENANCE_REAL_DATA", Path(__file__).parent.parent.parent / "shared/data"
    )
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--long``: more of what is only tried at some moments by default."""
    parser.addoption("--long", action="store_true", help="Try more moments of faults.")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """What is tried for hours may take them."""
    if config.getoption("--long"):
        config.option.timeout = 0


def pytest_xdist_auto_num_workers() -> int:
    """More than cores: tests often wait for a process, a disk or a server."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every worker begins with its share of the slow tests, the slowest first.

    Workers are handed equal lengths of the list, and take from each other at the end.
    Slow tests of one module stay together, for what they share is made only once;
    those that say how long they take are dealt out one by one.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow: dict[object, list[pytest.Item]] = {}
    quick: list[pytest.Item] = []
    for item in items:
        marker = item.get_closest_marker("slow")
        if marker is None:
            quick.append(item)
        else:
            slow.setdefault(item if marker.kwargs else item.path, []).append(item)
    shares: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for together in sorted(slow.values(), key=_seconds, reverse=True):
        min(shares, key=_seconds).extend(together)
    for left, share in enumerate(shares, start=-workers):
        equal = (len(quick) + sum(map(len, shares[left:]))) // -left
        wanted = max(0, equal - len(share))
        share.extend(quick[:wanted])
        del quick[:wanted]
    items[:] = [item for share in shares for item in share]


def pytest_collection_finish() -> None:
    """Spare the garbage collector all that lives as long as the process."""
    gc.collect()
    gc.freeze()


def _seconds(items: list[pytest.Item]) -> float:
    """About how long slow tests take together."""
    markers = [item.get_closest_marker("slow") for item in items]
    return sum(float(m.kwargs.get("seconds", 3)) for m in markers if m)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A real PostgreSQL server of our own; its URL without a database."""
    with run_postgresql() as server:
        yield server.get_uri()


@pytest.fixture(scope="session")
def made_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger, to be copied: to make one takes a while."""
    path = tmp_path_factory.mktemp("made") / "ledger.db"
    _open_ledger(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def made_on_postgresql(postgresql: str) -> Iterator[str]:
    """The same."""
    with new_database(postgresql) as made:
        _open_ledger(made).close()
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URL of a ledger that does not exist yet, on each database in turn.

    Where a test asks for ``ledger`` as well, the URL of that.
    """
    made = "ledger" in request.fixturenames
    if request.param == "sqlite":
        if made:
            empty = request.getfixturevalue("made_on_sqlite")
            shutil.copy(empty, tmp_path / "ledger.db")
        yield f"sqlite:///{tmp_path}/ledger.db"
        return
    monkeypatch.chdir(tmp_path)  # bad rows are set aside in the working folder
    server = request.getfixturevalue("postgresql")
    template = request.getfixturevalue("made_on_postgresql") if made else None
    with new_database(server, template=template) as new:
        yield new


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewUrl]:
    """URLs of as many ledgers as wanted, on each database in turn."""
    if request.param == "sqlite":
        yield lambda: f"sqlite:///{tmp_path}/{uuid.uuid4().hex}.db"
        return
    server = request.getfixturevalue("postgresql")
    with ExitStack() as stack:
        yield lambda: stack.enter_context(new_database(server))


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An empty ledger with a clock that always says the same."""
    with _open_ledger(url) as opened:
        yield opened


def _open_ledger(url: str) -> Ledger:
    return Ledger.open(url, clock=lambda: 1_700_000_000_000_000)


@pytest.fixture
def run_cli(tmp_path: Path) -> Callable[..., Result]:
    """Run the command line on an SQLite ledger in the test's folder."""

    def run(*arguments: str | Path, ledger: str | None = None) -> Result:
        url = ledger or f"sqlite:///{tmp_path}/ledger.db"
        return CliRunner().invoke(cli, ["--ledger", url, *map(str, arguments)])

    return run


@pytest.fixture
def real_data() -> Path:
    """The folder of real third-party inputs; tests that need it skip without."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"no real inputs at {REAL_DATA}; set PROVENANCE_REAL_DATA")
    return REAL_DATA
