"""What is known already of items: those around a change, and those in it before."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from provenance.lineage.facts import IDENTITY, KEYS, is_asked, standing
from provenance.lineage.workspace import add_rows
from provenance.store import schema
from provenance.store.arrow import read_batches
from provenance.store.keys import ASKED_KEYS, ask

__all__ = ["Boundary", "read_pedigrees"]

_KNOWN = pa.schema([*KEYS, ("pedigree", pa.int64())])
_CAPTURED = pa.schema([*KEYS, ("fetched_at", pa.int64()), ("medium", pa.string())])


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
    duck.register("incoming", _KNOWN.empty_table())
    duck.execute(f"CREATE OR REPLACE TABLE {table} AS FROM incoming")
    asked = duck.sql(keys).to_arrow_table()
    if not asked.num_rows:
        return
    ask(connection, ASKED_KEYS, asked)
    kept = schema.item_pedigrees
    query = sa.select(kept.c.content_key, kept.c.item, kept.c.pedigree_id).join_from(
        ASKED_KEYS,
        kept,
        sa.and_(
            kept.c.content_key == ASKED_KEYS.c.content_key,
            kept.c.item == ASKED_KEYS.c.item,
        ),
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
        read_pedigrees(self._connection, duck, "known", "FROM outside")
        self._read_captures()
        duck.execute(
            """
            CREATE OR REPLACE TABLE found AS
            SELECT row_number() OVER () + (SELECT coalesce(max(item_no), 0) FROM item)
                       AS item_no, *
            FROM (
                SELECT content_key, item, pedigree, NULL AS month, NULL AS medium
                FROM known
                UNION ALL
                SELECT content_key, item, NULL,
                       coalesce(strftime(make_timestamp(fetched_at), '%Y-%m'), ''),
                       CASE WHEN fetched_at IS NULL THEN '' ELSE coalesce(medium, '')
                           END
                FROM captured
            );
            INSERT INTO item
            SELECT item_no, content_key, item, 1, 1, NULL FROM found;
            INSERT INTO boundary SELECT item_no, pedigree, month, medium FROM found
            """
        )

    def _read_captures(self) -> None:
        """Make ``captured``: the only record of items without a written pedigree."""
        duck, records, media = self._duck, schema.records, schema.media_types
        duck.register("incoming", _CAPTURED.empty_table())
        duck.execute("CREATE OR REPLACE TABLE captured AS FROM incoming")
        rest = duck.sql(
            "FROM outside ANTI JOIN known USING (content_key, item)"
        ).to_arrow_table()
        if not rest.num_rows:
            return
        ask(self._connection, ASKED_KEYS, rest)
        query: sa.Select[Any] = (
            sa.select(
                ASKED_KEYS.c.content_key,
                IDENTITY,
                records.c.fetched_at,
                media.c.medium,
            )
            .select_from(
                ASKED_KEYS.join(records, is_asked()).outerjoin(
                    media, media.c.id == records.c.media_type_id
                )
            )
            .where(standing())
        )
        add_rows(duck, "captured", read_batches(self._connection, query, _CAPTURED))
