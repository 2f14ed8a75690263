"""What stands in the ledger: everything that no withdrawal took back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.store.schema import batches, records, withdrawals

__all__ = ["occurring", "standing"]


def standing(column: ColumnElement[Any] = records.c.batch_id) -> ColumnElement[bool]:
    """The condition that a batch was not withdrawn.

    Args:
        column: Id of the batch; that of a record by default.
    """
    return column.not_in(sa.select(batches.c.id).where(_withdrawn()))


def occurring(column: ColumnElement[Any] = records.c.batch_id) -> ColumnElement[bool]:
    """The condition that a record stands in a dataset: evidence does not.

    Args:
        column: Id of the batch; that of a record by default.
    """
    outside = sa.or_(_withdrawn(), batches.c.dataset_id.is_(None))
    return column.not_in(sa.select(batches.c.id).where(outside))


def _withdrawn() -> ColumnElement[bool]:
    return batches.c.position.in_(sa.select(withdrawals.c.withdrawn))
