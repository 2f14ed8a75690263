"""Fresh databases on a PostgreSQL server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from provenance import Ledger
from provenance.store import triggers
from provenance.store.engine import allow_rewriting

__all__ = ["drop_guard", "new_database"]


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """Create a database, yield its URL, and drop it."""
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    name = f"ledger_{uuid.uuid4().hex}"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        engine.dispose()


def drop_guard(ledger: Ledger) -> None:
    """Drop every trigger, as whoever owns the database can do first."""
    with ledger._writing() as connection, allow_rewriting(connection):
        for name, table in triggers._list(connection):
            triggers._drop(connection, name, table)
