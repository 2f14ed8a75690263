"""Load rows of the ledger into a workspace: all of them, or those of some items."""

from __future__ import annotations

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
from provenance.store.keys import ASKED_KEYS, ask
from provenance.store.records import IDENTITY
from provenance.store.standing import standing

__all__ = [
    "KEYS",
    "is_asked",
    "list_batches",
    "load_asked",
    "load_everything",
    "load_found",
]

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


def load_everything(connection: sa.Connection, duck: duckdb.DuckDBPyConnection) -> None:
    """Load every standing row, as if it were entering an empty ledger."""
    _load(connection, duck, standing(), ", true, false")


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
    asked = ASKED_KEYS.join(schema.records, is_asked())
    _load(connection, duck, but, f", false, {leaving}", asked)


def load_found(
    connection: sa.Connection, duck: duckdb.DuckDBPyConnection, rows: Any, which: Any
) -> None:
    """Load rows that stand before a change and after it, wherever they are found.

    Args:
        connection: An open writing transaction.
        duck: The workspace.
        rows: ``records``, or a join with it.
        which: The condition that a record is wanted.
    """
    _load(connection, duck, which, ", false, false", rows)


def _load(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    condition: Any,
    marks: str,
    start: Any = schema.records,
) -> None:
    records, sources = schema.records, schema.sources
    media, parents, origins = (
        schema.media_types,
        schema.derived_from,
        schema.generated_by,
    )

    def chosen(columns: list[Any], rows: Any) -> sa.Select[Any]:
        return sa.select(*columns).select_from(rows).where(condition)

    of_record = [records.c[name] for name in RECORD_ROWS.names[2:-2]]
    rows = chosen(
        [
            records.c.id,
            records.c.batch_id,
            *of_record,
            media.c.medium,
            sources.c.domain,
        ],
        start.outerjoin(media, media.c.id == records.c.media_type_id).outerjoin(
            sources, sources.c.id == records.c.source_id
        ),
    )
    add_rows(duck, "loaded", read_batches(connection, rows, RECORD_ROWS), marks)
    edges = chosen(
        [origins.c[name] for name in ORIGIN_ROWS.names],
        start.join(origins, origins.c.record_id == records.c.id),
    )
    add_rows(duck, "stated_origin", read_batches(connection, edges, ORIGIN_ROWS))
    edges = chosen(
        [parents.c[name] for name in PARENT_ROWS.names],
        start.join(parents, parents.c.record_id == records.c.id),
    )
    add_rows(duck, "stated_parent", read_batches(connection, edges, PARENT_ROWS))
