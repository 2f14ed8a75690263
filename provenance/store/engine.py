"""Open the database behind a ledger URL, with the settings a ledger needs."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from provenance.errors import LedgerStateError
from provenance.store.append_only import APPEND_ONLY, TRIGGER_PREFIX
from provenance.store.failures import BUSY_SECONDS

__all__ = [
    "allow_rewriting",
    "connect_engine",
    "forget_pages",
    "is_in_memory",
    "is_missing",
    "is_sqlite",
    "let_read_beside",
    "refuse_read_only",
]

_CACHE_KIB = 32 * 1024
_WAL = "journal_mode = WAL"
_PAGE_BYTES = 16_384
"""Four times SQLite's own: a batch writes to nearly every page of an index anyway,
and each page costs two calls on its way into the WAL and two on its way out."""


def is_sqlite(connection: sa.Connection) -> bool:
    """Whether the connection speaks to the embedded database."""
    return connection.dialect.name == "sqlite"


def connect_engine(url: str, *, read_only: bool = False) -> sa.Engine:
    """Make the engine of a ledger URL; nothing is connected yet.

    ``sqlite:///file.db`` is the embedded default; ``postgresql://…`` uses psycopg.
    Transactions that write say so by ``execution_options(write=True)``: only they
    take SQLite's write lock, so readers never wait for it. Those that read with the
    help of temporary tables say ``scratch=True``. The engine itself says by
    ``read_only`` whether it can write, and by ``place`` where the ledger is, as the
    caller wrote it.

    Args:
        url: Where the ledger is.
        read_only: Have the database itself refuse every write.

    Raises:
        LedgerStateError: The URL names no database we support.
    """
    parsed = _parse_url(url)
    backend = parsed.get_backend_name()
    place = parsed.render_as_string(hide_password=True)
    told = {"read_only": read_only, "place": place}
    if backend == "sqlite":
        engine = _sqlite_engine(parsed, read_only=read_only)
        engine.update_execution_options(**told)
        return engine
    if backend in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
        given = {"client_encoding": "utf8"}  # the environment may say another
        try:
            engine = sa.create_engine(
                parsed, connect_args=given, execution_options=told
            )
        except (ModuleNotFoundError, NoSuchModuleError) as error:
            raise LedgerStateError(
                "the PostgreSQL driver is not installed",
                hint="Install it with: pip install 'training-provenance[postgres]'",
            ) from error
        sa.event.listen(engine, "connect", partial(_refuse_encoding, place))
        sa.event.listen(engine, "connect", partial(_settle, read_only=read_only))
        _keep_to_process(engine)
        return engine
    raise LedgerStateError(
        f"{backend!r} is not a database a ledger can live in",
        hint="Write sqlite:///FILE.db or postgresql://USER@HOST/NAME.",
    )


def _parse_url(url: str) -> sa.URL:
    fault = LedgerStateError(
        f"{_hide_password(url)!r} is not a ledger URL",
        hint="Write sqlite:///FILE.db or postgresql://USER@HOST/NAME.",
    )
    try:
        url.encode()
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError) as error:
        raise fault from error
    if parsed.get_backend_name() != "sqlite":
        return parsed
    if parsed.host or "\0" in (parsed.database or ""):
        raise fault
    return parsed.set(drivername="sqlite")


def _hide_password(url: str) -> str:
    return re.sub(r"(?<=://)([^/@]*?):.*@", r"\1:***@", url)


def _keep_to_process(engine: sa.Engine) -> None:
    """Refuse to use, in a process that was forked, the connection of its parent.

    Two would speak over one connection to a server; and as SQLite's locks on a file
    are not inherited, while it believes that they are, commits would be lost.
    """
    sa.event.listen(engine, "connect", _note_process)
    sa.event.listen(engine, "checkout", _refuse_inherited)


def _note_process(_: Any, record: Any) -> None:
    record.info["process"] = os.getpid()


def _refuse_inherited(_: Any, record: Any, lent: Any) -> None:
    if record.info["process"] != os.getpid():
        record.dbapi_connection = lent.dbapi_connection = None  # not ours to close
        raise LedgerStateError(
            "this process was forked while the ledger was open",
            hint="Close the ledger before, or have processes spawned instead of "
            "forked, and open it in each.",
        )


def _refuse_encoding(place: str, connection: Any, _: Any) -> None:
    """Refuse a database that cannot hold every text."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise LedgerStateError(
            f"{place} keeps texts as {encoding}, which cannot hold all of them",
            hint="Name a database that was made with: CREATE DATABASE NAME ENCODING "
            "'UTF8' TEMPLATE template0",
        )


def _settle(connection: Any, _: Any, *, read_only: bool) -> None:
    """Have floats come as they are, to the last bit, and writes refused if asked for.

    And nothing compiled: a server guesses great costs of tables that it has not
    analysed, and compiles for seconds what it then runs in milliseconds. Whatever the
    server, a service file or the environment says otherwise.
    """
    connection.execute("SET extra_float_digits = 1; SET jit = off")
    connection.commit()
    connection.read_only = read_only or None  # or as the server says


def _sqlite_engine(url: sa.URL, *, read_only: bool) -> sa.Engine:
    if url.database and not Path(url.database).absolute().parent.is_dir():
        raise LedgerStateError(
            f"the folder of {url.database} does not exist",
            hint="Create it first, or name another file with --ledger.",
        )
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    if read_only and url.database:
        file = Path(url.database).absolute().as_uri()
        sa.event.listen(engine, "do_connect", partial(_connect_read_only, file))
    sa.event.listen(engine, "connect", partial(_set_pragmas, read_only=read_only))
    sa.event.listen(engine, "begin", _begin)
    if not is_in_memory(url):
        _keep_to_process(engine)
    return engine


def _connect_read_only(
    file: str, _: Any, __: Any, positional: list[Any], named: dict[str, Any]
) -> None:
    """Have a file opened as one to be read: the engine keeps its plain URL."""
    positional[0] = f"{file}?mode=ro"
    named["uri"] = True


def _set_pragmas(connection: sqlite3.Connection, _: Any, *, read_only: bool) -> None:
    # Python would open transactions by itself, and leave half-applied migrations.
    connection.isolation_level = None
    cursor = connection.cursor()
    ours = "SELECT 1 FROM sqlite_master WHERE name = 'log_entries'"
    restored = not read_only and cursor.execute(ours).fetchone()
    for pragma in (
        *([_WAL] if restored else []),  # a copy may have lost it
        "synchronous = FULL",
        f"cache_size = -{_CACHE_KIB}",
        "temp_store = FILE",
        "recursive_triggers = ON",
        "trusted_schema = OFF",  # a file may be by anyone
        "foreign_keys = OFF",  # checked before each commit of a migration instead
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.set_authorizer(_authorise)


def is_missing(url: str) -> bool:
    """Whether a ledger would be a file that is not there.

    Raises:
        LedgerStateError: The URL names no database we support.
    """
    place = connect_engine(url).url
    if place.get_backend_name() != "sqlite":
        return False
    return not (is_in_memory(place) or Path(place.database or "").is_file())


def is_in_memory(url: sa.URL) -> bool:
    """Whether a database of SQLite is in no file."""
    return url.database in (None, "", ":memory:")


def let_read_beside(engine: sa.Engine) -> None:
    """Give a new SQLite file its pages, and a log beside which others can read.

    Nothing happens to a file that holds anything: it may be of others.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        if not raw.execute("SELECT 1 FROM sqlite_master").fetchone():
            raw.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            raw.execute(f"PRAGMA {_WAL}")


_GUARDED = {table.name for table in APPEND_ONLY}
_CHANGES = (sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE)


@lru_cache(maxsize=1024)
def _authorise(action: int, name: str | None, *_: str | None) -> int:
    """Refuse to compile what would rewrite facts; the triggers refuse to run it.

    What was answered before is answered without running Python: a signal that came
    while SQLite compiled would be raised in here, and SQLite makes an access that is
    prohibited of that.
    """
    if action in _CHANGES and name in _GUARDED:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_DROP_TRIGGER and str(name).startswith(TRIGGER_PREFIX):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


@contextmanager
def allow_rewriting(connection: sa.Connection) -> Iterator[None]:
    """Let one connection change facts, for a migration or an erasure.

    A signal in the midst of a statement has it closed: then nothing is to be set back.
    """
    if not is_sqlite(connection):
        yield
        return
    opened = connection.connection.driver_connection
    if not isinstance(opened, sqlite3.Connection):
        raise TypeError("SQLite ledgers are opened by sqlite3 alone")
    opened.set_authorizer(None)
    try:
        yield
    finally:
        if not connection.invalidated:
            opened.set_authorizer(_authorise)


def _begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    write = options.get("write", False)
    only = "OFF" if write or options.get("scratch", False) else "ON"
    connection.exec_driver_sql(f"PRAGMA query_only = {only}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def forget_pages(engine: sa.Engine) -> None:
    """Write SQLite's log of changes into the file, so that it holds no older pages.

    PostgreSQL keeps older versions of rows until ``VACUUM``, which is left to its
    operator.
    """
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            opened = connection.connection.cursor()
            opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            opened.close()


def refuse_read_only(engine: sa.Engine) -> None:
    """Refuse to write where that was ruled out, before a driver does.

    Raises:
        LedgerStateError: The ledger was opened read-only.
    """
    options = engine.get_execution_options()
    if options["read_only"]:
        raise LedgerStateError(
            f"{options['place']} was opened read-only, and this needs to write",
            hint="Open it without read_only: even what keeps nothing, as a dry run, "
            "writes and takes it back.",
        )
