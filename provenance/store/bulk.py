"""Read much of a ledger at once, as Arrow batches of a declared schema.

The rows come through the Arrow driver of the database (ADBC): ten times as fast as
tuples, in bounded memory. It reads what is committed, in a snapshot of its own.

ADBC carries an SQLite of its own, and POSIX file locks belong to the process: one that
has the ledger open with Python's ``sqlite3`` must never open it with ADBC as well, or
the write-ahead log is deleted under its feet. So ``BulkReader`` is for worker processes
that touch the ledger by nothing else; ``stream.read_bulk`` is for everybody.

SQLite has no types of columns, only of values, and its driver guesses from the rows it
sees first. Each query is therefore led by a row of made-up values of the declared
types, which is taken off again. A value of another type is an error, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from provenance.errors import LedgerStateError, VerificationError

__all__ = [
    "ROWS_READ",
    "BulkReader",
    "Query",
    "conform",
    "dbapi_errors",
    "render_query",
]

ROWS_READ = 32_768
"""Rows in a batch; some 10 MB of a ledger's records."""

Query = sa.Select[Any] | str
"""A statement of ours, or its text in the words of the database."""

_BYTES_READ = 16 << 20
_MISMATCH = re.compile(r"Type mismatch in column (\d+): expected \S+ but got (.+)")
_ODD_CLASS = re.compile(r"bad JSON path: '([^']*)'")
_CHANGED = "The database was changed by other means than this program."


class BulkReader:
    """One read-only connection of the Arrow driver; a context manager.

    Raises:
        LedgerStateError: The ledger cannot be opened, or the driver is missing.
    """

    def __init__(self, url: str) -> None:
        parsed = sa.make_url(url)
        self._sqlite = parsed.get_backend_name() == "sqlite"
        try:
            if self._sqlite:
                from adbc_driver_sqlite import dbapi  # noqa: PLC0415 - see the module

                place = f"file:{quote(str(parsed.database))}?mode=ro"
                self._connection = dbapi.connect(place)
            else:
                from adbc_driver_postgresql import (  # noqa: PLC0415 - an extra
                    dbapi as postgres,
                )

                plain = parsed.set(drivername="postgresql")
                place = plain.render_as_string(hide_password=False)
                self._connection = postgres.connect(place)
        except ModuleNotFoundError as error:
            raise LedgerStateError(
                "the driver for bulk reads is not installed",
                hint="Install it with: pip install 'training-provenance[postgres]'",
            ) from error
        except dbapi_errors() as error:
            raise LedgerStateError(
                f"{parsed.render_as_string(hide_password=True)} cannot be opened for "
                f"bulk reads: {_first_line(error)}"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def read(self, query: Query, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query as batches of a schema; no batch is empty.

        Args:
            query: Its columns stand in the order of the schema.
            schema: Names, types and whether a column may be null.

        Raises:
            VerificationError: A stored value is not of the declared type, not UTF-8,
                or null where nothing may be.
            LedgerStateError: The database failed.
        """
        text = render_query(query, sqlite=self._sqlite)
        if self._sqlite:
            text = _lead(text, schema)
        try:
            with self._connection.cursor() as cursor:
                cursor.adbc_statement.set_options(**self._options())
                cursor.execute(text)
                rest = cursor.fetch_record_batch()
                skip = int(self._sqlite)
                for batch in rest:
                    rows = batch.slice(skip)
                    skip = 0
                    if len(rows):
                        yield conform(rows, schema)
        except dbapi_errors() as error:
            raise _say(error, schema) from error

    def _options(self) -> dict[str, str]:
        if self._sqlite:
            return {"adbc.sqlite.query.batch_rows": str(ROWS_READ + 1)}
        return {"adbc.postgresql.batch_size_hint_bytes": str(_BYTES_READ)}


def render_query(query: Query, *, sqlite: bool) -> str:
    """Write a statement as text, its values in it."""
    if isinstance(query, str):
        return query
    dialect = _SQLITE if sqlite else _POSTGRESQL
    return str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


_SQLITE: sa.Dialect = sqlite.dialect(paramstyle="named")
_POSTGRESQL: sa.Dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call] # SQLAlchemy leaves its __init__ untyped


def dbapi_errors() -> tuple[type[Exception], ...]:
    """What the drivers raise: at the first batch, and at later ones."""
    from adbc_driver_manager import Error  # noqa: PLC0415 - see the module

    return (Error, OSError, pa.ArrowInvalid)


def _lead(text: str, schema: pa.Schema) -> str:
    """Put a row of typed values before a query, and refuse other storage classes.

    The driver takes text for bytes and the reverse without a word. In SQLite's order
    of values every text comes before every blob, so that one comparison tells them
    apart; ``json_extract`` of a bad path is how a plain SQLite raises an error.
    """
    names = [f"c{place}" for place in range(len(schema))]
    odd, classes, made_up = [], [], []
    for name, field in zip(names, schema, strict=True):
        if pa.types.is_string(field.type):
            odd.append(f"{name} >= x''")
            classes.append(f"typeof({name})")
            made_up.append("'a'")
        elif pa.types.is_binary(field.type):
            odd.append(f"{name} < x''")
            classes.append(f"typeof({name})")
            made_up.append("x'00'")
        else:
            made_up.append("0.5" if pa.types.is_floating(field.type) else "0")
    sane = ""
    if odd:
        said = " || ' ' || ".join(classes)
        sane = (
            f" WHERE ({' OR '.join(odd)}) IS NOT TRUE OR json_extract('{{}}', {said})"
        )
    columns = ", ".join(names)
    return (
        f"WITH asked({columns}) AS ({text}) "  # noqa: S608 - a statement of ours
        f"SELECT {', '.join(made_up)} UNION ALL SELECT {columns} FROM asked{sane}"
    )


def conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Give a batch the declared types, without changing a value.

    Raises:
        VerificationError: A value does not fit, is null where nothing may be, or is
            not UTF-8.
    """
    return pa.record_batch(
        [_conform(column, field) for column, field in zip(batch, schema, strict=True)],
        schema=schema,
    )


def _conform(column: pa.Array[Any], field: pa.Field[Any]) -> pa.Array[Any]:
    kind = field.type
    try:
        if not any(of(kind) and of(column.type) for of in _KINDS):
            column = _truths(column, kind)
        cast = column.cast(kind)
        if pa.types.is_string(kind):
            cast.validate(full=True)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _misfit(field, _first_line(error)) from error
    if cast.null_count and not field.nullable:
        raise _misfit(field, "a value is null")
    return cast


def _truths(column: pa.Array[Any], kind: pa.DataType) -> pa.Array[Any]:
    """Take the 0 and 1 of SQLite for truth values, and nothing else for anything."""
    if not pa.types.is_boolean(kind) or not pa.types.is_integer(column.type):
        raise pa.ArrowInvalid(f"a value of it is {column.type}")
    ends = pc.min_max(column).as_py()
    if not {ends["min"], ends["max"]} <= {0, 1, None}:
        raise pa.ArrowInvalid(f"a value of it is {ends['max']}")
    return column


_KINDS = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_string,
    pa.types.is_binary,
    pa.types.is_boolean,
)


def _misfit(field: pa.Field[Any], what: str) -> VerificationError:
    return VerificationError(
        f"a stored value of {field.name} is no {field.type}: {what}", hint=_CHANGED
    )


def _say(error: Exception, schema: pa.Schema) -> VerificationError | LedgerStateError:
    words = str(error)
    if found := _MISMATCH.search(words):
        return _misfit(schema.field(int(found[1])), f"a value of it is {found[2]}")
    if found := _ODD_CLASS.search(words):
        texts = [f for f in schema if pa.types.is_string(f.type)]
        octets = [f for f in schema if pa.types.is_binary(f.type)]
        checked = [f for f in schema if f in texts or f in octets]
        for field, stored in zip(checked, found[1].split(), strict=False):
            if stored == ("blob" if field in texts else "text"):
                return _misfit(field, f"a value of it is {stored}")
    return LedgerStateError(f"the database failed in a bulk read: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
