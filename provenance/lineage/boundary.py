"""What is known already of items: those around a change, and those in it before."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from provenance.lineage.facts import KEYS, is_asked
from provenance.lineage.workspace import add_rows, count_rows, make_table
from provenance.store import schema
from provenance.store.arrow import read_batches
from provenance.store.keys import ASKED_KEYS, InOrder, ask
from provenance.store.standing import occurring

__all__ = ["Boundary", "read_pedigrees"]

_KNOWN = pa.schema([*KEYS, ("pedigree", pa.int64())])
_FOUND = pa.schema([*_KNOWN, ("fetched_at", pa.int64()), ("medium", pa.string())])


def read_pedigrees(
    connection: sa.Connection, duck: duckdb.DuckDBPyConnection, table: str, keys: str
) -> None:
    """Make a table of the pedigrees that are written out for some items.

    Args:
        connection: An open writing transaction.
        duck: The workspace.
        table: Name of the table: ``content_key``, ``item``, ``pedigree``.
        keys: A query for ``content_key`` and ``item``.
    """
    make_table(duck, table, _KNOWN)
    asked = duck.sql(keys).to_arrow_table()
    if not asked.num_rows:
        return
    ask(connection, ASKED_KEYS, asked)
    kept = schema.item_pedigrees
    rows = InOrder(ASKED_KEYS, kept, _is_kept())
    query = sa.select(kept.c.content_key, kept.c.item, kept.c.pedigree_id).select_from(
        rows
    )
    add_rows(duck, table, read_batches(connection, query, _KNOWN))


class Boundary:
    """Parents outside a change: their pedigrees stand, and are looked up."""

    def __init__(
        self, connection: sa.Connection, duck: duckdb.DuckDBPyConnection
    ) -> None:
        self._connection = connection
        self._duck = duck
        duck.execute(
            "CREATE TABLE boundary (item_no BIGINT, pedigree BIGINT, month VARCHAR, "
            "medium VARCHAR)"
        )

    def add(self, keys: str) -> None:
        """Look up the items that a query names and the workspace does not have.

        Those that are recorded join ``item`` and ``boundary``, with their pedigree,
        or with the capture that is all there is to them.
        """
        duck = self._duck
        duck.execute(
            f"""
            CREATE OR REPLACE TABLE outside AS
            SELECT DISTINCT k.content_key, k.item FROM ({keys}) AS k
            ANTI JOIN item AS i
                ON i.content_key = k.content_key AND i.identity = k.item
            """  # noqa: S608 - queries of ours
        )
        if not count_rows(duck, "outside"):
            return
        self._read_outside()
        duck.execute(
            """
            CREATE OR REPLACE TABLE joining AS
            SELECT row_number() OVER () + (SELECT coalesce(max(item_no), 0) FROM item)
                       AS item_no, content_key, item, pedigree,
                   CASE WHEN pedigree IS NULL THEN
                       coalesce(strftime(make_timestamp(fetched_at), '%Y-%m'), '') END
                       AS month,
                   CASE WHEN pedigree IS NULL THEN
                       CASE WHEN fetched_at IS NULL THEN ''
                            ELSE coalesce(medium, '') END END AS medium
            FROM found;
            INSERT INTO item
            SELECT item_no, content_key, item, 1, 1, false, NULL FROM joining;
            INSERT INTO boundary SELECT item_no, pedigree, month, medium FROM joining
            """
        )

    def _read_outside(self) -> None:
        """Make ``found``: the pedigree of each, or the capture that is all of it."""
        duck, records, media = self._duck, schema.records, schema.media_types
        make_table(duck, "found", _FOUND)
        asked = duck.sql("FROM outside").to_arrow_table()
        ask(self._connection, ASKED_KEYS, asked)
        kept = schema.item_pedigrees
        query: sa.Select[Any] = (
            sa.select(
                ASKED_KEYS.c.content_key,
                ASKED_KEYS.c.item,
                kept.c.pedigree_id,
                records.c.fetched_at,
                media.c.medium,
            )
            .select_from(
                ASKED_KEYS.outerjoin(kept, _is_kept())
                .outerjoin(
                    records,
                    sa.and_(kept.c.pedigree_id.is_(None), is_asked(), occurring()),
                )
                .outerjoin(media, media.c.id == records.c.media_type_id)
            )
            .where(sa.or_(kept.c.pedigree_id.is_not(None), records.c.id.is_not(None)))
        )
        add_rows(duck, "found", read_batches(self._connection, query, _FOUND))


def _is_kept() -> sa.ColumnElement[bool]:
    """The condition that the pedigree of an item that is asked about is kept."""
    kept = schema.item_pedigrees
    return sa.and_(
        kept.c.content_key == ASKED_KEYS.c.content_key, kept.c.item == ASKED_KEYS.c.item
    )
