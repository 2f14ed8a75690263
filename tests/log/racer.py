"""A writer that stops between reading the head of the log and replacing it.

Run as a process: it says on its output how far it is, and goes on when a line comes in.
"""

from __future__ import annotations

import os
import sys

import sqlalchemy as sa

from provenance import Ledger, LedgerError
from provenance.ledger import transactions
from provenance.log import append
from provenance.merkle import Frontier
from provenance.store import engine

__all__ = ["main"]


def say_and_wait(words: str) -> None:
    """Tell the test how far this is, and wait for it."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
    sys.stdin.readline()


def without_locks(ledger: Ledger) -> None:
    """Make it a writer that does not wait for others: only the log can refuse it."""
    transactions._WRITE_LOCK = os.getpid()
    if ledger._engine.dialect.name == "sqlite":
        sa.event.remove(ledger._engine, "begin", engine._begin)
        sa.event.listen(ledger._engine, "begin", _begin_deferred)


def _begin_deferred(connection: sa.Connection) -> None:
    connection.exec_driver_sql("PRAGMA query_only = OFF")
    connection.exec_driver_sql("BEGIN")


def main(url: str, dataset: str, locks: str) -> None:
    """Record a dataset, and say whether it was."""
    read = append.load_frontier

    def read_and_stop(connection: sa.Connection) -> Frontier:
        head = read(connection)
        say_and_wait(f"head {head.tree_size} {head.root().hex()}")
        return head

    with Ledger.open(url) as ledger:
        if locks == "without":
            without_locks(ledger)
        append.load_frontier = read_and_stop
        say_and_wait("ready")
        try:
            ledger.add_dataset(dataset)
        except LedgerError as error:
            sys.stdout.write(f"refused {error.message}\n")
        else:
            sys.stdout.write("recorded\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
