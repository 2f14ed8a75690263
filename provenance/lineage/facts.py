"""Load rows of the ledger into a workspace: all of them, or those of some items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.lineage.workspace import (
    ORIGIN_ROWS,
    PARENT_ROWS,
    RECORD_ROWS,
    add_rows,
)
from provenance.store import schema
from provenance.store.arrow import read_batches
from provenance.store.keys import ASKED_KEYS, ASKED_RECORDS, InOrder, ask
from provenance.store.records import IDENTITY
from provenance.store.standing import standing
from provenance.store.stream import Question, read_committed, read_each

__all__ = [
    "KEYS",
    "is_asked",
    "list_batches",
    "load_asked",
    "load_everything",
    "load_found",
]

_EDGES = (
    ("stated_origin", schema.generated_by, ORIGIN_ROWS),
    ("stated_parent", schema.derived_from, PARENT_ROWS),
)

KEYS = pa.schema([("content_key", pa.int64()), ("item", pa.binary())])
"""What tells items apart: their indexed 8 bytes, and the whole of them."""


def is_asked() -> ColumnElement[bool]:
    """The condition that a record is of an item that is asked about."""
    return sa.and_(
        schema.records.c.content_key == ASKED_KEYS.c.content_key,
        ASKED_KEYS.c.item == IDENTITY,
    )


def list_batches(connection: sa.Connection) -> list[tuple[int, int | None, bytes]]:
    """Return id, dataset id (None: evidence) and manifest digest of every batch."""
    table = schema.batches
    query = sa.select(table.c.id, table.c.dataset_id, table.c.manifest_sha256)
    return [(row[0], row[1], bytes(row[2])) for row in connection.execute(query)]


def load_everything(
    connection: sa.Connection, duck: duckdb.DuckDBPyConnection, *, committed: bool
) -> None:
    """Load every standing row, as if it were entering an empty ledger.

    Args:
        connection: An open transaction.
        duck: The workspace.
        committed: Whether the transaction has changed no facts.
    """
    questions: dict[str, Question] = {
        "loaded": (_select_records(schema.records).where(standing()), RECORD_ROWS)
    }
    for name, table, columns in _EDGES:
        # Without a join: SQLite would begin it with the index of the parents, and
        # look the records up in no order.
        edges = sa.select(*(table.c[column] for column in columns.names))
        questions[name] = (edges, columns)
    found = read_each(connection, questions, committed=committed)
    for name, batches in groupby(found, itemgetter(0)):
        marks = ", true, false" if name == "loaded" else ""
        add_rows(duck, name, map(itemgetter(1), batches), marks)
    number = schema.batches.c.id
    gone = sa.select(number).where(sa.not_(standing(number))).limit(1)
    if connection.execute(gone).first() is None:
        return
    for name, *_ in _EDGES:
        duck.execute(
            f"DELETE FROM {name} WHERE record_id NOT IN "  # noqa: S608 - our names
            "(SELECT record_id FROM loaded)"
        )


def load_asked(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    keys: pa.Table,
    *,
    but: ColumnElement[bool],
    leaving: str = "false",
) -> None:
    """Load the standing rows of some items.

    Args:
        connection: An open writing transaction.
        duck: The workspace.
        keys: Their ``content_key`` and ``item``.
        but: Which records to load, beyond their items.
        leaving: SQL over the loaded columns: which of them leave the ledger.
    """
    ask(connection, ASKED_KEYS, keys)
    asked = InOrder(ASKED_KEYS, schema.records, is_asked())
    found = _select_records(asked).where(but)
    _load(connection, duck, read_batches(connection, found, RECORD_ROWS), leaving)


def load_found(
    connection: sa.Connection, duck: duckdb.DuckDBPyConnection, rows: Any, which: Any
) -> None:
    """Load rows that stand before a change and after it, wherever they are found.

    Args:
        connection: An open writing transaction that has changed none of them.
        duck: The workspace.
        rows: ``records``, or a join with it.
        which: The condition that a record is wanted.
    """
    found = _select_records(rows).where(which)
    _load(connection, duck, read_committed(connection, found, RECORD_ROWS))


def _load(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    found: Iterable[pa.RecordBatch],
    leaving: str = "false",
) -> None:
    """Load the records that are found, and then their edges, by the records' ids."""
    numbers: list[pa.Array] = []

    def noted() -> Iterator[pa.RecordBatch]:
        for batch in found:
            numbers.append(batch.column("record_id"))
            yield batch

    if not add_rows(duck, "loaded", noted(), f", false, {leaving}"):
        return
    asked = pa.table({"record_id": pa.chunked_array(numbers)})
    ask(connection, ASKED_RECORDS, asked)
    for name, table, columns in _EDGES:
        of_these = InOrder(
            ASKED_RECORDS, table, table.c.record_id == ASKED_RECORDS.c.record_id
        )
        edges = sa.select(*(table.c[column] for column in columns.names))
        edges = edges.select_from(of_these)
        add_rows(duck, name, read_batches(connection, edges, columns))


def _select_records(rows: Any) -> sa.Select[Any]:
    records, sources, media = schema.records, schema.sources, schema.media_types
    return sa.select(
        records.c.id,
        records.c.batch_id,
        *(records.c[name] for name in RECORD_ROWS.names[2:-2]),
        media.c.medium,
        sources.c.domain,
    ).select_from(
        rows.outerjoin(media, media.c.id == records.c.media_type_id).outerjoin(
            sources, sources.c.id == records.c.source_id
        )
    )
