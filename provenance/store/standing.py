"""What stands in the ledger: everything that no withdrawal took back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.store.schema import batches, records, withdrawals

__all__ = ["standing", "standing_fact"]


def standing_fact(position: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a fact was not withdrawn.

    Args:
        position: The log entry that recorded it.
    """
    return position.not_in(sa.select(withdrawals.c.withdrawn))


def standing(column: ColumnElement[Any] = records.c.batch_id) -> ColumnElement[bool]:
    """The condition that a batch was not withdrawn.

    Args:
        column: Id of the batch; that of a record by default.
    """
    gone = sa.select(batches.c.id).where(
        batches.c.position.in_(sa.select(withdrawals.c.withdrawn))
    )
    return column.not_in(gone)
