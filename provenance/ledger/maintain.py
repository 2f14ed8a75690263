"""Check that the derived tables are what the facts make them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa

from provenance.ledger.dangling import (
    DERIVED_POINTERS,
    FACT_POINTERS,
    find_dangling,
)
from provenance.ledger.pedigrees import check_pedigrees
from provenance.lineage import compare, reassess
from provenance.lineage.traits import find_traits
from provenance.store import schema
from provenance.store.migrate import check_schema

__all__ = ["check_derived", "check_ledger"]

_Rows = Counter[tuple[Any, ...]]


def check_ledger(connection: sa.Connection) -> list[str]:
    """Solve everything inside a transaction that is then undone, and compare.

    Returns:
        One sentence per derived table that differs, and per column of edges or
        records that points to nothing; empty when all is well.
    """
    return find_dangling(connection, FACT_POINTERS) or check_derived(connection)


def check_derived(connection: sa.Connection) -> list[str]:
    """Do the same for the derived tables alone."""
    check_schema(connection)
    found = find_dangling(connection, DERIVED_POINTERS) or check_pedigrees(connection)
    found = found or [*compare(connection), *_compare(connection)]
    return [f"{text}; run: provenance db rebuild" for text in found]


def _compare(connection: sa.Connection) -> list[str]:
    """Compare the tables that are made anew from the pedigrees and the records."""
    before = _snapshot(connection)
    find_traits(connection)
    reassess(connection)
    after = _snapshot(connection)
    found = []
    for table, rows in before.items():
        extra, missing = rows - after[table], after[table] - rows
        if extra or missing:
            found.append(
                f"{table}: {extra.total()} rows are not what the facts make them, "
                f"{missing.total()} are missing"
            )
    return found


def _snapshot(connection: sa.Connection) -> dict[str, _Rows]:
    tables = (schema.dataset_traits, schema.assessments, schema.claim_assessments)
    kept = {
        table.name: Counter(tuple(row) for row in connection.execute(sa.select(table)))
        for table in tables
    }
    kept[schema.model_loops.name] = _loops(connection)
    return kept


def _loops(connection: sa.Connection) -> _Rows:
    """The members of each loop of models; the numbers of loops mean nothing."""
    table = schema.model_loops
    members: dict[tuple[int, int], list[str]] = {}
    for policy, loop, model, dataset in connection.execute(sa.select(table)):
        members.setdefault((policy, loop), []).append(f"{model!r} {dataset!r}")
    return Counter((policy, *sorted(names)) for (policy, _), names in members.items())
