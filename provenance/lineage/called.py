"""Children that come to know, or lose, a parent by a change of some records.

A row may be derived from an item that the ledger sees only later, and what it calls
its parent may come to mean another item, or several.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.domain import DatasetName
from provenance.domain.digests import finding_key
from provenance.lineage.facts import IDENTITY
from provenance.lineage.reach import add_seeds
from provenance.store import schema
from provenance.store.items import digest_keys
from provenance.store.keys import ASKED_KEYS, ask

__all__ = ["DIGEST_LENGTHS", "DIGEST_NAME", "add_children"]

DIGEST_LENGTHS = (32, 40, 64, 96, 128)
"""How many hex digits a digest has."""

DIGEST_NAME = f"^(?:{'|'.join(f'[0-9a-f]{{{n}}}' for n in DIGEST_LENGTHS)})$"
"""A name that a parent given as a digest could also mean."""

_KEY_DIGITS = 16


def add_children(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    rows: pa.Table,
    dataset: DatasetName,
) -> None:
    """Add the children of changed records to the cone.

    Args:
        connection: An open writing transaction.
        duck: A workspace with a cone.
        rows: ``content_key``, ``digest``, ``item``, ``name`` and ``url`` of the
            records that enter or leave.
        dataset: The dataset version they belong to.
    """
    digests, short = rows["digest"], pc.is_valid(rows["item"])
    scoped = rows.filter(pc.and_(short, pc.is_valid(digests)))["digest"]
    if len(scoped):
        column = scoped.combine_chunks()
        keys = pa.table({"content_key": digest_keys(column), "item": column})
        ask(connection, ASKED_KEYS, keys)
        add_seeds(connection, duck, _children_of_digests())
    parents = schema.open_parents
    if connection.execute(sa.select(parents.c.record_id).limit(1)).first() is None:
        return
    whole = rows.filter(pc.invert(short))
    keys = pa.table({"content_key": whole["content_key"], "item": whole["digest"]})
    ask(connection, ASKED_KEYS, keys)
    add_seeds(connection, duck, _children_of_open(compare=True))
    names = _names_of(rows, dataset)
    if len(names):
        nothing = pa.nulls(len(names), pa.binary())
        keys = pa.table({"content_key": names, "item": nothing})
        ask(connection, ASKED_KEYS, keys)
        add_seeds(connection, duck, _children_of_open(compare=False))


def _children_of_digests() -> sa.Select[Any]:
    records, edges = schema.records, schema.derived_from
    return (
        sa.select(records.c.content_key, IDENTITY)
        .select_from(
            ASKED_KEYS.join(
                edges,
                sa.and_(
                    edges.c.parent_key == ASKED_KEYS.c.content_key,
                    edges.c.parent_digest == ASKED_KEYS.c.item,
                ),
            ).join(records, records.c.id == edges.c.record_id)
        )
        .distinct()
    )


def _children_of_open(*, compare: bool) -> sa.Select[Any]:
    """Children whose parent is open under one of the asked keys.

    Args:
        compare: Whether the digest of the edge must be the asked one. Names are
            found by their key alone: a child too many only costs time.
    """
    records, edges, parents = (
        schema.records,
        schema.derived_from,
        schema.open_parents,
    )
    rows: Any = ASKED_KEYS.join(
        parents, parents.c.parent_key == ASKED_KEYS.c.content_key
    )
    if compare:
        rows = rows.join(
            edges,
            sa.and_(
                edges.c.record_id == parents.c.record_id,
                edges.c.ordinal == parents.c.ordinal,
                edges.c.parent_digest == ASKED_KEYS.c.item,
            ),
        )
    return (
        sa.select(records.c.content_key, IDENTITY)
        .select_from(rows.join(records, records.c.id == parents.c.record_id))
        .distinct()
    )


def _names_of(rows: pa.Table, dataset: DatasetName) -> pa.Array[Any]:
    """The keys under which an open parent would be found by name or URL."""
    names = pc.unique(rows["name"].drop_null()).to_pylist()
    urls = pc.unique(rows["url"].drop_null()).to_pylist()
    called = {str(dataset), dataset.name}
    found = {finding_key(text) for text in (*names, *urls)}
    for text in (*names, *urls):
        found.update(finding_key(f"{prefix}#{text}") for prefix in called)
    found.update(_digest_keys(names))
    return pa.array(sorted(found), pa.int64())


def _digest_keys(names: Iterable[str]) -> Iterable[int]:
    pattern = re.compile(DIGEST_NAME)
    for name in names:
        if pattern.match(name):
            first = bytes.fromhex(name[:_KEY_DIGITS])
            yield int.from_bytes(first, "big", signed=True)


