"""Check that the derived tables are what the facts make them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa

from provenance.domain import Unit
from provenance.lineage import rebuild
from provenance.store import schema
from provenance.store.migrate import check_schema

__all__ = ["check_ledger"]

_State = dict[str, Counter[tuple[Any, ...]]]


def check_ledger(connection: sa.Connection) -> list[str]:
    """Rebuild inside a transaction that is then undone, and compare.

    Returns:
        One sentence per derived table that differs, and per edge or record that
        points to nothing; empty when all is well.
    """
    check_schema(connection)
    found = _dangling(connection)
    before = _state(connection)
    rebuild(connection)
    after = _state(connection)
    for table, rows in before.items():
        lost, gained = after[table] - rows, rows - after[table]
        if lost or gained:
            found.append(
                f"{table}: {gained.total()} rows are not what the facts make them, "
                f"{lost.total()} are missing; run: provenance db rebuild"
            )
    return found


def _state(connection: sa.Connection) -> _State:
    """The derived tables without the ids that a rebuild may deal anew."""
    pedigrees = _pedigrees(connection)
    items, tallied = schema.item_pedigrees, schema.tallies
    summed = [str(unit) for unit in Unit]
    measured = [
        c for c in tallied.c if c.name in summed or c.name.startswith("without")
    ]
    return {
        "item_pedigrees": Counter(
            (row.content_key, row.item, pedigrees[row.pedigree_id])
            for row in connection.execute(sa.select(items))
        ),
        "tallies": Counter(
            (
                row.dataset_id,
                row.dimension,
                row.value,
                pedigrees[row.pedigree_id],
                *(getattr(row, column.name) for column in measured),
            )
            for row in connection.execute(sa.select(tallied))
        ),
        "assessments": Counter(
            (row.policy_id, pedigrees[row.pedigree_id], *row[2:])
            for row in connection.execute(sa.select(schema.assessments))
        ),
    }


def _pedigrees(connection: sa.Connection) -> dict[int, tuple[Any, ...]]:
    table = schema.pedigree_origins
    found: dict[int, list[tuple[Any, ...]]] = {
        number: []
        for number in connection.execute(sa.select(schema.pedigrees.c.id)).scalars()
    }
    for row in connection.execute(sa.select(table)):
        found[row.pedigree_id].append(tuple(row[1:]))
    return {number: tuple(sorted(elements)) for number, elements in found.items()}


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
