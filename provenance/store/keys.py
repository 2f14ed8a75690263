"""Ask the database about many keys at once: temporary tables to join with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from provenance.store.arrow import insert_batch
from provenance.store.engine import is_sqlite

__all__ = [
    "ASKED_KEYS",
    "ASKED_NAMES",
    "ASKED_RECORDS",
    "ask",
    "prefer_indexes",
    "split_asked",
]

_AT_ONCE = 500

_METADATA = sa.MetaData()

ASKED_KEYS = sa.Table(
    "asked_keys",
    _METADATA,
    sa.Column("content_key", sa.BigInteger),
    sa.Column("item", sa.LargeBinary),
    prefixes=["TEMPORARY"],
)
"""Items that are asked about; lives as long as the connection."""

ASKED_RECORDS = sa.Table(
    "asked_records",
    _METADATA,
    sa.Column("record_id", sa.BigInteger),
    prefixes=["TEMPORARY"],
)
"""Records that are asked about."""

ASKED_NAMES = sa.Table(
    "asked_names",
    _METADATA,
    sa.Column("reference", sa.Text),
    prefixes=["TEMPORARY"],
)
"""What rows call a parent that they do not name by its digest."""


def ask(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> sa.Table:
    """Fill a temporary table with the rows that are asked about, and return it.

    Args:
        connection: An open writing transaction.
        table: One of the tables above.
        rows: Its columns by name.
    """
    connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
    connection.execute(table.delete())
    for batch in rows.combine_chunks().to_batches():
        insert_batch(connection, table, batch)
    if is_sqlite(connection):
        # Else it takes the few that are asked about for a million, and may begin a
        # join with a scan of the ledger.
        connection.exec_driver_sql(f"ANALYZE temp.{table.name}")
    return table


def prefer_indexes(connection: sa.Connection) -> None:
    """Keep PostgreSQL from scanning millions of rows to find a few thousand.

    Fresh rows and temporary tables have no statistics yet, and its guess for them
    is a hash join with the whole ledger. Holds until the transaction ends.
    """
    if not is_sqlite(connection):
        for what in ("seqscan", "hashjoin", "mergejoin"):
            connection.exec_driver_sql(f"SET LOCAL enable_{what} = off")


def split_asked(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Split values into lists short enough for one ``IN (…)``.

    >>> list(split_asked(range(2)))
    [[0, 1]]
    """
    left = iter(values)
    while part := list(islice(left, _AT_ONCE)):
        yield part
