"""Find the records that a claim speaks of."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from provenance.domain import Claim, Subject
from provenance.store import schema
from provenance.store.claims import is_of_source
from provenance.store.keys import InOrder
from provenance.store.records import OF_BATCH
from provenance.store.standing import occurring

__all__ = ["select_reached"]


def select_reached(claim: Claim) -> tuple[Any, Any]:
    """Where the records are that a claim reaches, and the condition that one is."""
    records, batches, datasets = schema.records, schema.batches, schema.datasets
    which = [occurring()]
    if claim.first_at is not None:
        which.append(records.c.fetched_at >= claim.first_at)
    if claim.last_at is not None:
        which.append(records.c.fetched_at <= claim.last_at)
    if claim.subject is Subject.SOURCE:
        sources = sa.select(schema.sources.c.id).where(is_of_source(claim.name))
        return records, sa.and_(*which, records.c.source_id.in_(sources))
    rows = InOrder(datasets, batches, batches.c.dataset_id == datasets.c.id)
    return rows.join(records, OF_BATCH), sa.and_(*which, *_names_dataset(claim))


def _names_dataset(claim: Claim) -> list[sa.ColumnElement[bool]]:
    """The conditions that a dataset version is one that the claim speaks of."""
    named = [schema.datasets.c.name == claim.name]
    if claim.version is not None:
        named.append(schema.datasets.c.version == claim.version)
    return named
