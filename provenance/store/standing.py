"""What stands in the ledger: everything that no withdrawal took back.

Today, or when the log had some size: every fact carries the position of its entry.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.store.schema import batches, item_loops, records, withdrawals

__all__ = ["logged_by", "occurring", "standing", "standing_fact", "standing_loop"]


def logged_by(position: ColumnElement[int], size: int | None) -> ColumnElement[bool]:
    """The condition that a fact is among the first entries of the log.

    Args:
        position: Log position of the fact.
        size: How many entries count; all of them when None.
    """
    return sa.true() if size is None else position < size


def standing_fact(
    position: ColumnElement[int], size: int | None = None
) -> ColumnElement[bool]:
    """The condition that a fact was recorded and not withdrawn.

    Args:
        position: The log entry that recorded it.
        size: Entries of the log that count; all of them by default.
    """
    taken = sa.select(withdrawals.c.withdrawn).where(
        logged_by(withdrawals.c.position, size)
    )
    return sa.and_(logged_by(position, size), position.not_in(taken))


def standing(
    column: ColumnElement[Any] = records.c.batch_id, size: int | None = None
) -> ColumnElement[bool]:
    """The condition that a batch was recorded and not withdrawn.

    Args:
        column: Id of the batch; that of a record by default.
        size: Entries of the log that count; all of them by default.
    """
    return column.not_in(sa.select(batches.c.id).where(_is_gone(size)))


def occurring(
    column: ColumnElement[Any] = records.c.batch_id, size: int | None = None
) -> ColumnElement[bool]:
    """The condition that a record stands in a dataset: evidence does not.

    Args:
        column: Id of the batch; that of a record by default.
        size: Entries of the log that count; all of them by default.
    """
    outside = sa.or_(_is_gone(size), batches.c.dataset_id.is_(None))
    return column.not_in(sa.select(batches.c.id).where(outside))


def _is_gone(size: int | None) -> ColumnElement[bool]:
    """The condition that a batch was withdrawn, or recorded later."""
    taken = sa.select(withdrawals.c.withdrawn).where(
        logged_by(withdrawals.c.position, size)
    )
    gone = batches.c.position.in_(taken)
    return gone if size is None else sa.or_(gone, batches.c.position >= size)


def standing_loop(size: int | None = None) -> ColumnElement[bool]:
    """The condition that a loop of items stood.

    Args:
        size: Entries of the log that count; all of them by default.
    """
    if size is None:
        return item_loops.c.until.is_(None)
    later = sa.or_(item_loops.c.until.is_(None), item_loops.c.until >= size)
    return sa.and_(item_loops.c.since < size, later)
