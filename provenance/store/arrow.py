"""Move Arrow batches in and out of the database by its bulk path."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.store.engine import is_sqlite
from provenance.store.scratch import ScratchFile, attach_scratch, can_attach

__all__ = ["insert_batch", "insert_rows", "read_batches", "uncollected"]

_ROWS_READ = 8192
"""Few enough that their values are still in the caches when they become columns."""

_ROWS_COPIED = 16_384
"""Few enough that what is sent of them is little beside the batch."""

_ARROW_TYPES: dict[type[sa.types.TypeEngine[Any]], pa.DataType] = {
    sa.SmallInteger: pa.int16(),
    sa.BigInteger: pa.int64(),
    sa.Integer: pa.int32(),
    sa.Boolean: pa.bool_(),
    sa.Float: pa.float64(),
    sa.LargeBinary: pa.binary(),
    sa.Text: pa.string(),
}
"""More special types stand before those they are made from."""

_WORTH_SCRATCH = 20_000
"""Rows from which a scratch file is faster than handing over Python values."""


def read_batches(
    connection: sa.Connection, query: sa.Select[tuple[object, ...]], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Run a query and yield its rows as batches of a declared schema.

    Args:
        connection: An open transaction; its own writes are seen.
        query: Its columns stand in the order of the schema.
        schema: Names and types of the columns.
    """
    for rows in _fetch(connection, query):
        columns = zip(*rows, strict=True)
        arrays = [
            _array(column, field) for column, field in zip(columns, schema, strict=True)
        ]
        yield pa.record_batch(arrays, schema=schema)


@contextmanager
def uncollected() -> Iterator[None]:
    """Put off the search for cycles, which looks at all there is, again and again.

    For what makes many plain values and few cycles, such as rows of a database.
    """
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()


def _fetch(
    connection: sa.Connection, query: sa.Select[tuple[object, ...]]
) -> Iterator[Sequence[Any]]:
    if is_sqlite(connection):
        # The driver's own rows: those of SQLAlchemy take half as long again. Its
        # option to stream would take the first of them away.
        with connection.execute(query) as result:
            while True:
                with uncollected():
                    rows = result.cursor.fetchmany(_ROWS_READ)
                if not rows:
                    return
                yield rows
    streamed = connection.execute(query, execution_options={"stream_results": True})
    with streamed as result:  # closes the cursor when the reader stops early
        yield from result.partitions(_ROWS_READ)


def _array(values: tuple[object, ...], field: pa.Field) -> pa.Array:
    try:
        if pa.types.is_boolean(field.type):  # SQLite has numbers for them
            return pa.array(values).cast(field.type)
        return pa.array(values, type=field.type)
    except (pa.ArrowException, OverflowError) as error:
        raise VerificationError(
            f"a stored value of {field.name} is no {field.type}: {error}",
            hint="The database was changed by other means than this program.",
        ) from error


def insert_batch(
    connection: sa.Connection, table: sa.Table, batch: pa.RecordBatch
) -> None:
    """Append a batch to a table by the bulk path; columns are matched by name."""
    if not is_sqlite(connection):
        _copy(connection, table, batch)
    elif len(batch) < _WORTH_SCRATCH or not can_attach(connection):
        columns = [column.to_pylist() for column in batch.columns]
        rows = list(zip(*columns, strict=True))
        insert_rows(connection, table, batch.schema.names, rows)
    else:
        file = ScratchFile(connection.engine.url)
        name = attach_scratch(connection, file)
        file.write({table.name: pa.Table.from_batches([batch])})
        columns_sql = ", ".join(f'"{column}"' for column in batch.schema.names)
        values = ", ".join(file.spell(table.name, *batch.schema.names))
        connection.exec_driver_sql(
            f"INSERT OR ROLLBACK INTO {table.name} ({columns_sql}) "  # noqa: S608 - names of our tables
            f"SELECT {values} FROM {name}.{table.name}"
        )


def _arrow_type(column: sa.Column[Any]) -> pa.DataType:
    """The one Arrow type whose binary form the column's own type reads."""
    for kind, found in _ARROW_TYPES.items():
        if isinstance(column.type, kind):
            return found
    raise TypeError(f"{column} has a type that is not copied")


def _copy(connection: sa.Connection, table: sa.Table, batch: pa.RecordBatch) -> None:
    """Send a batch to PostgreSQL as it likes it best: COPY in its binary format."""
    from pgpq import ArrowToPostgresBinaryEncoder  # noqa: PLC0415 - an extra

    batch = batch.cast(
        pa.schema([(name, _arrow_type(table.c[name])) for name in batch.schema.names])
    )
    encoder = ArrowToPostgresBinaryEncoder(batch.schema)
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in batch.schema.names)
    opened: Any = connection.connection.cursor()  # psycopg's, not the DB-API's
    with (
        opened as cursor,
        cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.write(encoder.write_header())
        for start in range(0, len(batch), _ROWS_COPIED):
            copy.write(encoder.write_batch(batch.slice(start, _ROWS_COPIED)))
        copy.write(encoder.finish())


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
