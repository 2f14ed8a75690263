"""Which items a change reaches: those it touches, and all that hangs on them."""

from __future__ import annotations

from typing import Any

import duckdb
import sqlalchemy as sa

from provenance.lineage.facts import KEYS
from provenance.lineage.workspace import add_rows, count_rows, make_table
from provenance.store import schema
from provenance.store.arrow import read_batches
from provenance.store.keys import ASKED_KEYS, InOrder, ask
from provenance.store.records import IDENTITY

__all__ = ["add_descendants", "add_seeds", "children_by_digest", "start_cone"]


def start_cone(duck: duckdb.DuckDBPyConnection) -> None:
    """Make an empty ``cone (content_key, item)``."""
    make_table(duck, "cone", KEYS)


def add_seeds(
    connection: sa.Connection, duck: duckdb.DuckDBPyConnection, query: Any
) -> None:
    """Add the items that a query of the ledger names to the cone."""
    make_table(duck, "seed", KEYS)
    add_rows(duck, "seed", read_batches(connection, query, KEYS))
    duck.execute("INSERT INTO cone FROM seed EXCEPT FROM cone")


def add_descendants(connection: sa.Connection, duck: duckdb.DuckDBPyConnection) -> None:
    """Add to the cone everything derived from what is in it."""
    duck.execute("CREATE OR REPLACE TABLE front AS FROM cone")
    while count_rows(duck, "front"):
        ask(connection, ASKED_KEYS, duck.sql("FROM front").to_arrow_table())
        make_table(duck, "child", KEYS)
        for query in (children_by_digest(), _children_by_name()):
            add_rows(duck, "child", read_batches(connection, query, KEYS))
        duck.execute(
            "CREATE OR REPLACE TABLE front AS FROM child EXCEPT FROM cone; "
            "INSERT INTO cone FROM front"
        )


def children_by_digest() -> sa.Select[Any]:
    """The items derived from what is asked about, by the digests of its contents."""
    edges = schema.derived_from
    return _children(
        edges,
        sa.and_(
            edges.c.parent_key == ASKED_KEYS.c.content_key,
            edges.c.parent_digest == ASKED_KEYS.c.item,
        ),
    )


def _children_by_name() -> sa.Select[Any]:
    named = schema.named_parents
    return _children(
        named,
        sa.and_(
            named.c.content_key == ASKED_KEYS.c.content_key,
            named.c.item == ASKED_KEYS.c.item,
        ),
    )


def _children(edges: sa.Table, is_parent: sa.ColumnElement[bool]) -> sa.Select[Any]:
    records = schema.records
    rows = InOrder(ASKED_KEYS, edges, is_parent).join(
        records, records.c.id == edges.c.record_id
    )
    return sa.select(records.c.content_key, IDENTITY).select_from(rows)
