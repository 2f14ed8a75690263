"""Find rows that point to nothing, in the tables that declare no foreign keys."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from provenance.store import schema

__all__ = ["DERIVED_POINTERS", "FACT_POINTERS", "find_dangling"]

FACT_POINTERS = (
    (schema.records.c.batch_id, schema.batches.c.id),
    (schema.records.c.source_id, schema.sources.c.id),
    (schema.records.c.media_type_id, schema.media_types.c.id),
    (schema.generated_by.c.record_id, schema.records.c.id),
    (schema.generated_by.c.origin_id, schema.origins.c.id),
    (schema.derived_from.c.record_id, schema.records.c.id),
    (schema.derived_from.c.derivation_id, schema.derivations.c.id),
)
"""``verify --deep`` follows these while it hashes every record."""

DERIVED_POINTERS = (
    (schema.item_pedigrees.c.pedigree_id, schema.pedigrees.c.id),
    (schema.tallies.c.dataset_id, schema.datasets.c.id),
    (schema.tallies.c.position, schema.log_entries.c.position),
    (schema.tallies.c.value_id, schema.tally_values.c.id),
    (schema.tallies.c.pedigree_id, schema.pedigrees.c.id),
)


def find_dangling(
    connection: sa.Connection, pointers: Iterable[tuple[sa.Column[int], sa.Column[int]]]
) -> list[str]:
    """Return a sentence for each column that points to rows which are not there.

    Args:
        connection: An open transaction.
        pointers: Columns, each with the one that it points to.
    """
    found = []
    for pointer, target in pointers:
        query = sa.select(sa.func.count(), sa.func.min(pointer)).where(
            pointer.is_not(None), ~sa.exists().where(target == pointer)
        )
        count, least = connection.execute(query.select_from(pointer.table)).one()
        if count:
            found.append(
                f"{pointer}: {count} rows point to no {target.table.name}, the least "
                f"to {least}"
            )
    return found
