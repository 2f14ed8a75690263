"""A scratch DuckDB beside the ledger: rows, laid out for set work.

Nothing of record lives here; it is filled from an open transaction of the ledger,
or from rows that are just being written, and thrown away. Items get dense numbers,
which only this scratch space knows.

What a change touches is told by two marks on each row: *entering* rows stand in the
ledger only after it, *leaving* rows only before it, and all others both times.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from provenance.domain import parse_size
from provenance.errors import BROKEN_OFF, LedgerStateError
from provenance.temporary import explain_temporary

__all__ = [
    "ORIGIN_ROWS",
    "PARENT_ROWS",
    "RECORD_ROWS",
    "add_rows",
    "clear",
    "count_rows",
    "make_table",
    "number_items",
    "open_workspace",
    "start_over",
]

_ROWS_ADDED = 1 << 17
"""One row group of DuckDB: rows are added twice as fast as by its quarters."""

RECORD_ROWS = pa.schema(
    [
        ("record_id", pa.int64()),
        ("batch_id", pa.int64()),
        ("content_key", pa.int64()),
        ("digest", pa.binary()),
        ("item", pa.binary()),
        ("fetched_at", pa.int64()),
        ("bytes", pa.int64()),
        ("tokens", pa.int64()),
        ("items", pa.int64()),
        ("copies", pa.int64()),
        ("language", pa.string()),
        ("split", pa.string()),
        ("source_id", pa.int64()),
        ("medium", pa.string()),
        ("domain", pa.string()),
    ]
)
"""What the lineage needs of a record."""

ORIGIN_ROWS = pa.schema([("record_id", pa.int64()), ("origin_id", pa.int64())])
"""Edges to origins."""

PARENT_ROWS = pa.schema(
    [
        ("record_id", pa.int64()),
        ("ordinal", pa.int32()),
        ("parent_key", pa.int64()),
        ("parent_digest", pa.binary()),
        ("parent_reference", pa.string()),
        ("derivation_id", pa.int64()),
    ]
)
"""Edges to parents."""

_BATCHES = pa.schema(
    [("batch_id", pa.int64()), ("dataset_id", pa.int64()), ("sha256", pa.binary())]
)

_TYPES = {
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.int16(): "SMALLINT",
    pa.binary(): "BLOB",
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
}


_IDENTITY = "coalesce(l.item, l.digest)"
_MONTH = "strftime(make_timestamp(l.fetched_at), '%Y-%m')"
"""Of a row of ``loaded AS l``: the item it is of, and when it was seen."""


@contextmanager
def open_workspace(
    memory: str, threads: int = 1
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty scratch database that spills to a temporary folder.

    Args:
        memory: How much it may hold before it spills, such as ``500MB``.
        threads: How many it may use: one beside an ingest, whose other stages use
            the other cores.

    Raises:
        LedgerStateError: That is no size, or the work does not fit in it and cannot
            spill, or there is no temporary folder.
        KeyboardInterrupt: The user broke off a query.
    """
    with explain_temporary():
        spilled = tempfile.TemporaryDirectory(prefix="provenance-")
    with spilled as folder:
        duck = duckdb.connect(
            config={
                "memory_limit": parse_size(memory),
                "threads": str(threads),
                "temp_directory": folder,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "preserve_insertion_order": "false",
                # What lives for one change is not worth packing.
                "force_compression": "uncompressed",
            }
        )
        try:
            yield duck
        except duckdb.OutOfMemoryException as error:
            raise LedgerStateError(
                f"the set work does not fit in {memory} of memory",
                hint="Nothing of this step was recorded. Run the command again on a "
                "machine with more memory; an ingest is told how much it may take by "
                "--memory, such as 4GB.",
            ) from error
        except RuntimeError as error:
            if str(error) == BROKEN_OFF:
                raise KeyboardInterrupt from error
            raise
        finally:
            duck.close()


def start_over(
    duck: duckdb.DuckDBPyConnection, batches: Iterable[tuple[int, int | None, bytes]]
) -> None:
    """Empty a workspace and tell it of the batches: id, dataset id, manifest digest."""
    clear(duck)
    marks = [("entering", pa.bool_()), ("leaving", pa.bool_())]
    make_table(duck, "loaded", pa.schema([*RECORD_ROWS, *marks]))
    make_table(duck, "stated_origin", ORIGIN_ROWS)
    make_table(duck, "stated_parent", PARENT_ROWS)
    make_table(duck, "batch", _BATCHES)
    rows = [dict(zip(_BATCHES.names, batch, strict=True)) for batch in batches]
    add_rows(duck, "batch", [pa.Table.from_pylist(rows, schema=_BATCHES)])


def clear(duck: duckdb.DuckDBPyConnection) -> None:
    """Drop every table: what was solved is not needed while the next is read."""
    duck.execute(
        "DROP SCHEMA IF EXISTS work CASCADE; CREATE SCHEMA work; SET schema = 'work'"
    )
    duck.unregister("incoming")


def make_table(duck: duckdb.DuckDBPyConnection, name: str, columns: pa.Schema) -> None:
    """Make an empty table, in the place of one of the same name."""
    typed = ", ".join(f'"{field.name}" {_TYPES[field.type]}' for field in columns)
    duck.execute(f"CREATE OR REPLACE TABLE {name} ({typed})")


def add_rows(
    duck: duckdb.DuckDBPyConnection,
    table: str,
    rows: Iterable[pa.RecordBatch | pa.Table],
    marks: str = "",
) -> int:
    """Append Arrow rows to a table and return how many.

    Args:
        duck: The workspace.
        table: Name of a table with the columns of the rows.
        rows: Batches or tables.
        marks: For ``loaded``: SQL of *entering* and *leaving*, after a comma.
    """
    count = 0
    for part in _join_parts(rows):
        duck.register("incoming", part)
        duck.execute(f"INSERT INTO {table} BY POSITION SELECT *{marks} FROM incoming")  # noqa: S608 - our names
        count += part.num_rows
    duck.unregister("incoming")
    return count


def _join_parts(rows: Iterable[pa.RecordBatch | pa.Table]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    count = 0
    for part in rows:
        if isinstance(part, pa.RecordBatch):
            part = pa.Table.from_batches([part])  # noqa: PLW2901 - the same rows
        waiting.append(part)
        count += part.num_rows
        if count >= _ROWS_ADDED:
            yield pa.concat_tables(waiting)
            waiting, count = [], 0
    if count:
        yield pa.concat_tables(waiting)


def count_rows(duck: duckdb.DuckDBPyConnection, table: str) -> int:
    """Return the number of rows of a table, or of a table with a condition."""
    rows = duck.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608 - our names
    return int(rows[0][0])


def number_items(duck: duckdb.DuckDBPyConnection) -> None:
    """Number the items of the loaded rows.

    Makes ``record`` (one row per occurrence or evidence, with ``item_no``) and ``item``
    (one per content, with how often it occurs before and after the change, whether
    there is evidence of it and its earliest capture after it). A content of which there
    is evidence alone occurs 0 times: it waits. ``loaded`` is gone then.
    """
    duck.execute(
        f"""
        CREATE TABLE told_in AS
        SELECT batch_id, dataset_id,
               dense_rank() OVER (ORDER BY dataset_id, sha256) AS manifest
        FROM batch;

        CREATE TABLE item AS
        SELECT row_number() OVER () AS item_no, content_key, {_IDENTITY} AS identity,
               count(*) FILTER (NOT leaving AND dataset_id IS NOT NULL) AS occurrences,
               count(*) FILTER (NOT entering AND dataset_id IS NOT NULL) AS earlier,
               count(*) FILTER (NOT leaving AND dataset_id IS NULL) > 0 AS evidence,
               arg_min({{'month': {_MONTH}, 'medium': coalesce(medium, '')}},
                       {{'at': fetched_at, 'medium': coalesce(medium, '')}})
                   FILTER (NOT leaving AND fetched_at IS NOT NULL) AS capture
        FROM loaded AS l JOIN told_in USING (batch_id)
        GROUP BY content_key, {_IDENTITY};

        CREATE TABLE record AS
        SELECT l.record_id, i.item_no, p.dataset_id, p.manifest,
               CASE WHEN l.item IS NOT NULL THEN l.digest END AS short_digest,
               {_MONTH} AS month, l.domain, l.language, l.split, l.medium,
               l.items, l.copies, l.bytes, l.tokens, l.entering, l.leaving
        FROM loaded AS l JOIN told_in AS p USING (batch_id)
        JOIN item AS i ON i.content_key = l.content_key AND i.identity = {_IDENTITY};
        DROP TABLE loaded;
        """  # noqa: S608 - expressions of ours
    )
