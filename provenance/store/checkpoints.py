"""Copy SQLite's log of changes into the file while the next batch is written.

A batch changes most pages of the indexes of a large ledger. SQLite would copy them from
the log (WAL) into the file at the end of each commit, and the writer would wait.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, suppress

import sqlalchemy as sa

__all__ = ["Checkpoints", "open_checkpoints"]

_COMMITS_BETWEEN = 4
"""Commits until the writer waits for the copy, so that the log starts over."""


class Checkpoints:
    """Copies beside a writer of large batches."""

    def __init__(self, path: str, threads: ThreadPoolExecutor) -> None:
        self._path = path
        self._threads = threads
        self._copying: Future[None] | None = None
        self._commits = 0

    @contextmanager
    def follow(
        self, writing: AbstractContextManager[sa.Connection]
    ) -> Iterator[sa.Connection]:
        """Open a transaction, and copy what it commits after its end."""
        with writing as connection:
            connection.exec_driver_sql("PRAGMA wal_autocheckpoint = 0")
            yield connection
        self._commits += 1
        if self._commits % _COMMITS_BETWEEN == 0:
            self._copy_all()
        elif self._copying is None or self._copying.done():
            self._copying = self._threads.submit(_copy, self._path)

    def end(self) -> None:
        """Copy what is left, if anything was put off."""
        if self._commits:
            self._copy_all()

    def _copy_all(self) -> None:
        self._threads.submit(_copy, self._path).result()


def _copy(path: str) -> None:
    """Copy; what this fails to do is left to a later one, as SQLite does itself."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(path, isolation_level=None)) as own,
    ):
        own.execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextmanager
def open_checkpoints(url: sa.URL) -> Iterator[Checkpoints]:
    """Open what copies beside a writer of an SQLite ledger; at its end all is copied.

    Args:
        url: Of the ledger.
    """
    with ThreadPoolExecutor(1) as threads:
        checkpoints = Checkpoints(url.database or ":memory:", threads)
        try:
            yield checkpoints
        finally:
            checkpoints.end()
