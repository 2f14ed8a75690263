"""Signed ledgers for the tests of what outsiders can check."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from provenance import Ledger

__all__ = ["SignedLedger", "drop_triggers", "make_anew", "make_signed", "write_rows"]

CLOCK = 1_700_000_000_000_000


@dataclass(frozen=True, slots=True)
class SignedLedger:
    """Where a signed ledger is, and the key it is known by."""

    url: str
    folder: Path
    vkey: str

    @property
    def key(self) -> Path:
        return self.folder / "key"

    def open(self) -> Ledger:
        return Ledger.open(self.url, key=self.key, clock=lambda: CLOCK)

    def copy(self, name: str) -> SignedLedger:
        """The whole SQLite ledger as it stands, restored elsewhere, with its key."""
        with self.behind(drop=False) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        path = self.folder / f"{name}.db"
        shutil.copy(self.url.removeprefix("sqlite:///"), path)
        return SignedLedger(f"sqlite:///{path}", self.folder, self.vkey)

    @contextmanager
    def behind(self, *, drop: bool = True) -> Iterator[sqlite3.Connection]:
        """The SQLite file as whoever holds it may change it: no trigger is left."""
        connection = sqlite3.connect(self.url.removeprefix("sqlite:///"))
        connection.isolation_level = None
        if drop:
            drop_triggers(connection)
        try:
            yield connection
        finally:
            connection.close()


def drop_triggers(connection: sqlite3.Connection) -> None:
    """Do what anyone who holds the file can do first."""
    triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    for (name,) in connection.execute(triggers).fetchall():
        connection.execute(f"DROP TRIGGER {name}")


def write_rows(path: Path, first: int, count: int) -> Path:
    """Rows with every kind of field; every third is generated from the one before."""
    rows = [
        {"digest": f"sha256:{number:064x}", "name": f"n-{number}", "tokens": number}
        | {"url": f"https://x.org/{number}?ü", "fetched_at": "2020-01-01"}
        | (
            {"generated_by": "M", "derived_from": f"sha256:{number - 1:064x}"}
            if number % 3 == 0
            else {}
        )
        for number in range(first, first + count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def make_signed(url: str, folder: Path, *, rows: int = 300) -> SignedLedger:
    """A signed ledger with two batches, a model and a dataset.

    On SQLite it is a copy of one that is made once, key included.
    """
    if not url.startswith("sqlite"):
        return make_anew(url, folder, rows=rows)
    if rows not in _MADE:
        home = tempfile.TemporaryDirectory(prefix="signed-")
        made = make_anew(f"sqlite:///{home.name}/ledger.db", Path(home.name), rows=rows)
        with made.behind(drop=False) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        _MADE[rows] = home, made
    _, made = _MADE[rows]
    shutil.copy(made.url.removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
    shutil.copy(made.key, folder / "key")
    return SignedLedger(url, folder, made.vkey)


_MADE: dict[int, tuple[tempfile.TemporaryDirectory[str], SignedLedger]] = {}


def make_anew(url: str, folder: Path, *, rows: int = 3) -> SignedLedger:
    """The same with a key of its own."""
    with Ledger.open(url, clock=lambda: CLOCK) as ledger:
        vkey = ledger.make_key(folder / "key", "example.org/ledger")
        ledger.ingest(write_rows(folder / "a.jsonl", 1, rows), dataset="a@1")
        ledger.add_model("M", aliases=["m"], trained_on=["a@1"])
        ledger.ingest(write_rows(folder / "b.jsonl", rows + 1, rows), dataset="b")
        ledger.add_dataset("b", note="second")
    return SignedLedger(url, folder, vkey)
