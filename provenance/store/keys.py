"""Ask the database about many keys at once: temporary tables to join with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from provenance.store.arrow import insert_batch
from provenance.store.engine import is_sqlite

__all__ = [
    "ASKED_KEYS",
    "ASKED_NAMES",
    "ASKED_RECORDS",
    "InOrder",
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

    They are put in order: so are the records of a batch, and what is read in its
    order is read once.

    Args:
        connection: An open writing transaction.
        table: One of the tables above.
        rows: Its columns by name.
    """
    connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
    connection.execute(table.delete())
    ordered = rows.sort_by(rows.schema.names[0])
    for batch in ordered.combine_chunks().to_batches():
        insert_batch(connection, table, batch)
    if is_sqlite(connection):
        # Else it takes the few that are asked about for a million, and may begin a
        # join with a scan of the ledger.
        connection.exec_driver_sql(f"ANALYZE temp.{table.name}")
    return table


class InOrder(sa.sql.expression.Join):
    """A join that SQLite works through from left to right; so are joins with it.

    Else it may take a scan of a whole table of edges for a good beginning, though a
    few of its rows are wanted: it knows the sizes of no table that nobody analysed.
    """

    inherit_cache = True

    def join(self, right: Any, onclause: Any = None, *_: Any, **__: Any) -> InOrder:
        """Join one more table, to be looked up last."""
        return InOrder(self, right, onclause)


@compiles(InOrder, "sqlite")
def _write_cross_join(join: InOrder, compiler: SQLCompiler, **options: Any) -> str:
    # https://sqlite.org/optoverview.html#manual_control_of_query_plans_using_cross_join
    options |= {"asfrom": True, "from_linter": None}
    left, right = (
        compiler.process(side, **options) for side in (join.left, join.right)
    )
    on: Any = join.onclause
    condition = compiler.process(on, **(options | {"asfrom": False}))
    return f"{left} CROSS JOIN {right} ON {condition}"


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
