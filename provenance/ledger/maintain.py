"""Check that the derived tables are what the facts make them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa

from provenance.lineage import compare, reassess
from provenance.store import schema
from provenance.store.migrate import check_schema

__all__ = ["check_ledger"]

def check_ledger(connection: sa.Connection) -> list[str]:
    """Solve everything inside a transaction that is then undone, and compare.

    Returns:
        One sentence per derived table that differs, and per edge or record that
        points to nothing; empty when all is well.
    """
    check_schema(connection)
    found = _dangling(connection)
    assessed = _assessments(connection)
    found += [f"{text}; run: provenance db rebuild" for text in compare(connection)]
    reassess(connection)
    lost, gained = assessed - _assessments(connection), _assessments(connection) - assessed
    if lost or gained:
        found.append(
            f"assessments: {lost.total()} rows are not what the facts make them, "
            f"{gained.total()} are missing; run: provenance db rebuild"
        )
    return found


def _assessments(connection: sa.Connection) -> Counter[tuple[Any, ...]]:
    rows = connection.execute(sa.select(schema.assessments))
    return Counter(tuple(row) for row in rows)


def _dangling(connection: sa.Connection) -> list[str]:
    """Rows of the tables that declare no foreign keys, pointing to nothing."""
    checks = (
        (schema.records.c.batch_id, schema.batches.c.id),
        (schema.records.c.source_id, schema.sources.c.id),
        (schema.records.c.media_type_id, schema.media_types.c.id),
        (schema.generated_by.c.record_id, schema.records.c.id),
        (schema.generated_by.c.origin_id, schema.origins.c.id),
        (schema.derived_from.c.record_id, schema.records.c.id),
        (schema.derived_from.c.derivation_id, schema.derivations.c.id),
    )
    found = []
    for pointer, target in checks:
        query = sa.select(sa.func.count()).where(
            pointer.is_not(None), ~sa.exists().where(target == pointer)
        )
        count = connection.execute(query.select_from(pointer.table)).scalar_one()
        if count:
            found.append(f"{pointer}: {count} rows point to no {target.table.name}")
    return found
