"""Scratch files: rows on their way into an SQLite ledger, by the bulk path.

ADBC writes a file of its own, closes it, and the ledger's connection attaches it and
copies the rows inside its own transaction. ADBC carries an SQLite of its own, so it
must never open the ledger in a process where Python's ``sqlite3`` has it open: POSIX
locks belong to the process, and the second library would drop those of the first.
Each file is held by a lock on the file as long as its maker lives, so that what a
killed process left behind can be told from what is still needed.
"""

from __future__ import annotations

import fcntl
import glob
import os
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance import temporary
from provenance.errors import LedgerStateError
from provenance.store.bulk import dbapi_errors
from provenance.store.engine import is_in_memory
from provenance.temporary import explain_temporary

__all__ = [
    "Constants",
    "ScratchFile",
    "attach_scratch",
    "can_attach",
    "detach_scratch",
    "remove_orphans",
]

_ATTACHED = "scratch"
_MARK = ".scratch-"
_MOST_ATTACHED = 8

_PAGE_BYTES = 65_536
"""The greatest SQLite has: what is written and read in one go needs few calls."""


Constants = dict[str, dict[str, int | None]]
"""Table → column → the number that all rows have, or None if all have none."""


class ScratchFile:
    """A file of tables that is read once, and gone when it is dropped."""

    def __init__(self, url: sa.URL) -> None:
        """Choose a place beside the ledger.

        Args:
            url: The ledger's; one in memory has its scratch files in the folder for
                temporary ones.
        """
        beside = Path(url.database) if url.database else Path()
        if is_in_memory(url):
            with explain_temporary():
                beside = Path(tempfile.gettempdir()) / "provenance"
        name = f"{beside.name}{_MARK}{uuid.uuid4().hex}"
        self.path = beside.absolute().with_name(name)
        self.constants: Constants = {}
        """The columns that are not in the file."""
        with self._explain():
            self._lock = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def write(self, tables: Mapping[str, pa.Table]) -> None:
        """Write tables into the file, each with its columns and types.

        Of most manifests half of the columns are empty: those that have the same number
        in all rows, or none, become ``constants``, and are not written.

        Raises:
            LedgerStateError: They cannot be written; the file is gone then.
        """
        from adbc_driver_sqlite import dbapi  # noqa: PLC0415 - heavy, and only here

        try:
            with (
                self._explain(),
                dbapi.connect(str(self.path), autocommit=True) as adbc,
                adbc.cursor() as cursor,
            ):
                # The file is thrown away whole: nothing in it needs to be durable.
                cursor.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
                cursor.execute("PRAGMA journal_mode = OFF")
                cursor.execute("PRAGMA synchronous = OFF")
                for name, table in tables.items():
                    constants = _find_constants(table)
                    rows = table.drop_columns([*constants])
                    cursor.adbc_ingest(name, rows, mode="create")
                    self.constants[name] = constants
        except LedgerStateError:
            self.drop()
            raise

    def spell(self, table: str, *columns: str) -> list[str]:
        """Return what stands for columns in a query of one of its tables."""
        constants = self.constants[table]
        return [
            f'{table}."{column}"'
            if column not in constants
            else "NULL"
            if (value := constants[column]) is None
            else str(value)
            for column in columns
        ]

    @contextmanager
    def _explain(self) -> Iterator[None]:
        try:
            yield
        except dbapi_errors() as error:
            words = str(error).strip().partition("\n")[0]
            raise LedgerStateError(
                f"rows cannot be laid down in {self.path.parent}, beside the ledger: "
                f"{words}",
                hint="Check the rights of that folder and the room on its disk; "
                "nothing half-recorded was kept. Then run the command again.",
            ) from error

    def drop(self) -> None:
        """Remove the file; harmless when it was removed before.

        One that cannot be removed is an orphan, which a later change removes.
        """
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def _find_constants(table: pa.Table) -> dict[str, int | None]:
    """Return the columns with one number in all rows, or with none; never all of them.

    A file of no columns could not say how many rows there are.
    """
    found: dict[str, int | None] = {}
    for name in table.column_names[1:] if table.num_rows else ():
        column = table[name]
        if column.null_count == len(column):
            found[name] = None
        elif pa.types.is_integer(column.type) and not column.null_count:
            ends = pc.min_max(column).as_py()
            if ends["min"] == ends["max"]:
                found[name] = ends["min"]
    return found


def can_attach(connection: sa.Connection) -> bool:
    """Whether the transaction may attach one more file; SQLite allows ten."""
    return len(connection.info.get(_ATTACHED, ())) < _MOST_ATTACHED


def attach_scratch(connection: sa.Connection, file: ScratchFile) -> str:
    """Attach a file to the transaction and return the name of its schema.

    It stays attached, since SQLite cannot detach inside a transaction; see
    ``detach_scratch``.
    """
    attached: list[tuple[str, ScratchFile]]
    attached = connection.info.setdefault(_ATTACHED, [])
    name = f"scratch{len(attached)}"
    connection.exec_driver_sql(f"ATTACH DATABASE ? AS {name}", (str(file.path),))
    attached.append((name, file))
    return name


def detach_scratch(connection: sa.Connection) -> None:
    """Detach and remove what was attached, once the transaction is over."""
    attached = connection.info.pop(_ATTACHED, [])
    raw = connection.connection.dbapi_connection
    for name, file in attached:
        if raw is not None:
            raw.execute(f"DETACH DATABASE {name}")
        file.drop()


def remove_orphans(url: sa.URL) -> None:
    """Remove the files of processes that are no more; call under the write lock."""
    if url.get_backend_name() != "sqlite" or is_in_memory(url):
        return
    ledger = Path(url.database or "").absolute()
    temporary.remove_orphans(ledger.parent.glob(f"{glob.escape(ledger.name)}{_MARK}*"))
