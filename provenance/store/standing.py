"""What stands in the ledger: everything that no withdrawal took back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.store.schema import batches, records, withdrawals

__all__ = ["standing"]


def standing(column: ColumnElement[Any] = records.c.batch_id) -> ColumnElement[bool]:
    """The condition that a batch was not withdrawn.

    Args:
        column: Id of the batch; that of a record by default.
    """
    gone = sa.select(batches.c.id).where(
        batches.c.position.in_(sa.select(withdrawals.c.withdrawn))
    )
    return column.not_in(gone)
