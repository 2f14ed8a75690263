"""Move Arrow batches in and out of the database by its bulk path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.store.engine import is_sqlite

__all__ = ["insert_batch", "insert_rows", "read_batches"]

_ROWS_READ = 65_536


def read_batches(
    connection: sa.Connection, query: sa.Select[tuple[object, ...]], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Run a query and yield its rows as batches of a declared schema.

    Args:
        connection: An open transaction; its own writes are seen.
        query: Its columns stand in the order of the schema.
        schema: Names and types of the columns.
    """
    result = connection.execute(query, execution_options={"stream_results": True})
    for rows in result.partitions(_ROWS_READ):
        columns = zip(*rows, strict=True)
        arrays = [
            _array(column, field) for column, field in zip(columns, schema, strict=True)
        ]
        yield pa.record_batch(arrays, schema=schema)


def _array(values: tuple[object, ...], field: pa.Field) -> pa.Array:
    try:
        return pa.array(values, type=field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise VerificationError(
            f"a stored value of {field.name} is no {field.type}: {error}",
            hint="The database was changed by other means than this program.",
        ) from error


def insert_batch(
    connection: sa.Connection, table: sa.Table, batch: pa.RecordBatch
) -> None:
    """Append a batch to a table; columns are matched by name."""
    columns = [column.to_pylist() for column in batch.columns]
    insert_rows(connection, table, batch.schema.names, list(zip(*columns, strict=True)))


def insert_rows(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[tuple[object, ...]],
) -> None:
    """Append rows to a table by the bulk path of the database.

    Args:
        connection: An open writing transaction.
        table: Where the rows go.
        columns: Names of the values in each row.
        rows: Values in the order of the columns.
    """
    if not rows:
        return
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in columns)
    if is_sqlite(connection):
        places = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({places})"  # noqa: S608 - names of our tables
        connection.exec_driver_sql(statement, rows)
        return
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.close()
