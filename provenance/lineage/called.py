"""Children that come to know, or lose, a parent by a change of some records.

A row may be derived from an item that the ledger sees only later, and what it calls
its parent may come to mean another item, or several.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.domain import DatasetName
from provenance.domain.digests import finding_key
from provenance.lineage.reach import add_seeds, children_by_digest
from provenance.store import schema
from provenance.store.items import digest_keys
from provenance.store.keys import ASKED_KEYS, InOrder, ask
from provenance.store.records import IDENTITY

__all__ = ["CALLED", "DIGEST_LENGTHS", "DIGEST_NAME", "add_children"]

CALLED = pa.schema(
    [
        ("digest", pa.binary()),
        ("item", pa.binary()),
        ("name", pa.string()),
        ("prefix", pa.string()),
        ("path", pa.string()),
    ]
)
"""What a record may be called by; prefix and path together are its URL."""

DIGEST_LENGTHS = (32, 40, 64, 96, 128)
"""How many hex digits a digest has."""

DIGEST_NAME = f"^(?:{'|'.join(f'[0-9a-fA-F]{{{n}}}' for n in DIGEST_LENGTHS)})$"
"""A name that a parent given as a digest could also mean."""

_KEY_DIGITS = 16

_FEWER = 8
"""Looking a key up in an index costs as much as reading this many rows in order."""


def add_children(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    changed: sa.ColumnElement[bool],
    rows: pa.Table,
    dataset: DatasetName,
) -> None:
    """Add the children of changed records to the cone.

    Args:
        connection: An open writing transaction.
        duck: A workspace with a cone.
        changed: The condition that a record enters or leaves.
        rows: The same records, with the columns of ``CALLED``.
        dataset: The dataset version they belong to.
    """
    short = pc.and_(pc.is_valid(rows["item"]), pc.is_valid(rows["digest"]))
    if pc.any(short).as_py():
        column = rows["digest"].filter(short).unique()
        keys = pa.table({"content_key": digest_keys(column), "item": column})
        ask(connection, ASKED_KEYS, keys)
        add_seeds(connection, duck, children_by_digest())
    edges = schema.derived_from
    enough = max(1, len(rows) // _FEWER)
    waiting = _count_open(connection, enough)
    if not waiting:
        return
    few = waiting < enough
    add_seeds(connection, duck, _children_of_contents(changed, few=few))
    by_name = sa.select(edges.c.record_id).where(edges.c.parent_key.is_(None)).limit(1)
    names = rows["name"].drop_null().unique().to_pylist()
    found = set(_digest_keys(names))
    if connection.execute(by_name).first() is not None:
        found |= _name_keys([*names, *_urls(rows)], dataset)
    if found:
        column = pa.array(sorted(found), pa.int64())
        nothing = pa.nulls(len(column), pa.binary())
        ask(connection, ASKED_KEYS, pa.table({"content_key": column, "item": nothing}))
        add_seeds(connection, duck, _children_of_names())


def _urls(rows: pa.Table) -> list[str]:
    prefixes = rows["prefix"].cast(pa.string()).fill_null("")
    urls = pc.binary_join_element_wise(prefixes, rows["path"], "")
    return cast("list[str]", urls.drop_null().unique().to_pylist())


def _count_open(connection: sa.Connection, most: int) -> int:
    """How many parents are open; it is not counted any further than asked."""
    some = sa.select(schema.open_parents.c.record_id).limit(most).subquery()
    query = sa.select(sa.func.count()).select_from(some)
    return connection.execute(query).scalar_one()


def _children_of_contents(
    changed: sa.ColumnElement[bool], *, few: bool
) -> sa.Select[Any]:
    """Children whose parent is open under the digest of a changed record.

    Many records may have one content, and many rows that parent: each of them is met
    once, and not with each of the others.

    Args:
        changed: The condition that a record enters or leaves.
        few: Whether far fewer parents are open than records change: then each is
            looked up among the records, and else each content among them.
    """
    records, edges, parents = (
        schema.records,
        schema.derived_from,
        schema.open_parents,
    )
    child = records.alias("child")
    edge = sa.and_(
        edges.c.record_id == parents.c.record_id,
        edges.c.ordinal == parents.c.ordinal,
    )
    moved = sa.and_(changed, records.c.item.is_(None))
    if few:
        rows = InOrder(parents, edges, edge)
        met: sa.ColumnElement[bool] = sa.exists().where(
            records.c.content_key == parents.c.parent_key,
            records.c.digest == edges.c.parent_digest,
            moved,
        )
    else:
        once = sa.select(records.c.content_key, records.c.digest).where(moved)
        content = once.distinct().subquery()
        named = parents.c.parent_key == content.c.content_key
        rows = InOrder(content, parents, named).join(edges, edge)
        met = edges.c.parent_digest == content.c.digest
    return (
        sa.select(child.c.content_key, sa.func.coalesce(child.c.item, child.c.digest))
        .select_from(rows.join(child, child.c.id == parents.c.record_id))
        .where(met)
    )


def _children_of_names() -> sa.Select[Any]:
    """Children whose parent is open under one of the asked keys.

    Names are found by their key alone: a child too many only costs time.
    """
    records, parents = schema.records, schema.open_parents
    rows = InOrder(
        ASKED_KEYS, parents, parents.c.parent_key == ASKED_KEYS.c.content_key
    ).join(records, records.c.id == parents.c.record_id)
    return sa.select(records.c.content_key, IDENTITY).select_from(rows)


def _name_keys(texts: Iterable[str], dataset: DatasetName) -> set[int]:
    """The keys under which an open parent would be found by name or URL."""
    found = set()
    for text in texts:
        found.add(finding_key(text))
        found.update(finding_key(f"{d}#{text}") for d in {str(dataset), dataset.name})
    return found


def _digest_keys(names: Iterable[str]) -> Iterable[int]:
    pattern = re.compile(DIGEST_NAME)
    for name in names:
        if pattern.match(name):
            first = bytes.fromhex(name[:_KEY_DIGITS])
            yield int.from_bytes(first, "big", signed=True)
