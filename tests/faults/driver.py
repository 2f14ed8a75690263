"""A process that records manifests, or obeys a command, made to be killed.

It waits for a word before it begins, tells how far it is, and how it ended. Started
by a fork server that has loaded the heavy modules already, so that a process costs
milliseconds.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil

from provenance import Ledger, LedgerError
from provenance.cli import cli
from provenance.ledger import prepare

__all__ = [
    "Driver",
    "Ways",
    "open_ledger",
    "record",
    "start_command",
    "start_driver",
    "time_driver",
]

BATCH_ROWS = 512
_PATIENCE = 120.0
"""Seconds until something that has to happen counts as never happening."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        *("provenance.cli", "provenance.ledger.open", "psutil", "psycopg", "pgpq"),
        *("adbc_driver_sqlite.dbapi", "sqlalchemy.dialects.postgresql.psycopg"),
    ]
)


def open_ledger(url: str, key: Path | None) -> Ledger:
    """Open a ledger whose clock always says the same."""
    return Ledger.open(url, key=key, clock=lambda: 1_700_000_000_000_000)


def record(ledger: Ledger, manifests: Sequence[Path], tell: Any = None) -> None:
    """Record manifests in order, each as the dataset of its name."""
    for manifest in manifests:
        ledger.ingest(
            manifest, dataset=manifest.stem, batch_rows=BATCH_ROWS, progress=tell
        )


def _name_alike() -> None:
    """Give files of random names the same ones in every process."""
    numbers = count()
    vars(uuid)["uuid4"] = lambda: uuid.UUID(int=next(numbers))
    vars(secrets)["token_hex"] = lambda octets: f"{next(numbers):0{2 * octets}x}"


def _drive(
    words: Connection,
    url: str,
    key: Path | None,
    manifests: Sequence[Path],
    ways: Ways,
    folder: Path,
) -> None:
    os.chdir(folder)
    _name_alike()
    if ways.scratch:
        prepare._WORTH_SCRATCH = 1
    if ways.worker:
        prepare._WORTH_WORKER = 0
    words.send("ready")
    words.recv()
    try:
        with open_ledger(url, key) as ledger:
            record(ledger, manifests, lambda rows, *_: words.send(rows))
    except LedgerError as error:
        words.send(error)
    else:
        words.send("done")


def _obey(words: Connection, arguments: Sequence[str], folder: Path) -> None:
    for name, number in (("stdout", 1), ("stderr", 2)):
        with (folder / name).open("wb") as file:
            os.dup2(file.fileno(), number)
    words.send("ready")
    words.recv()
    cli(list(arguments), prog_name="provenance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Ways of large manifests that a small one is to take as well."""

    scratch: bool = False
    """Rows go into an SQLite ledger through scratch files."""
    worker: bool = False
    """Another process hashes the trees."""


@dataclass(slots=True, kw_only=True)
class Driver:
    """The other end of such a process."""

    process: BaseProcess
    words: Connection

    @property
    def pid(self) -> int:
        """Its process id."""
        if self.process.pid is None:
            raise ValueError("it was not started")
        return self.process.pid

    def begin(self) -> None:
        """Let it record."""
        self.words.send("go")

    def hear(self) -> Any:
        """The next it says: rows read so far, ``done`` or an error; None: it died."""
        if not self.words.poll(_PATIENCE):
            raise TimeoutError(f"nothing heard for {_PATIENCE} s")
        try:
            return self.words.recv()
        except (EOFError, ConnectionResetError):
            return None

    def end(self) -> Any:
        """The last it says."""
        while isinstance(said := self.hear(), int):
            pass
        self.process.join(_PATIENCE)
        return said

    def kill(self, *, after: float = 0.0) -> bool:
        """Send SIGKILL after some seconds; return whether it had not ended by then.

        What it started must go by itself.
        """
        self.process.join(after)
        try:
            started = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            started = []
        self.process.kill()
        self.process.join(_PATIENCE)
        _, left = psutil.wait_procs(started, timeout=_PATIENCE)
        if left:
            raise TimeoutError(f"left behind by a killed process: {left}")
        return self.process.exitcode == -9


@contextmanager
def start_driver(
    url: str,
    key: Path | None,
    manifests: Sequence[Path],
    ways: Ways = Ways(),
) -> Iterator[Driver]:
    """Start a process that waits for ``begin``; it does not outlive the block."""
    with _start(_drive, url, key, manifests, ways, Path.cwd()) as driver:
        yield driver


@contextmanager
def start_command(arguments: Sequence[str], folder: Path) -> Iterator[Driver]:
    """Start one that obeys a command line, and writes to two files of a folder.

    They are ``stdout`` and ``stderr``.
    """
    with _start(_obey, arguments, folder) as driver:
        yield driver


@contextmanager
def _start(target: Callable[..., None], *given: object) -> Iterator[Driver]:
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=target, args=(theirs, *given))
    process.start()
    theirs.close()
    driver = Driver(process=process, words=ours)
    try:
        if driver.hear() != "ready":
            raise TimeoutError("the process did not start")
        yield driver
    finally:
        process.kill()
        process.join(_PATIENCE)
        process.close()
        ours.close()


def time_driver(url: str, key: Path | None, manifests: Sequence[Path]) -> float:
    """Let one run to its end; return seconds."""
    with start_driver(url, key, manifests) as driver:
        started = time.monotonic()
        driver.begin()
        if (said := driver.end()) != "done":
            raise ValueError(f"an undisturbed run ended with {said!r}")
        return time.monotonic() - started
