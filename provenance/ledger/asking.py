"""A ledger that says what stands behind an item, and what came of it."""

from __future__ import annotations

from provenance.ledger.past import open_past
from provenance.ledger.transactions import Transactions
from provenance.ledger.view import AsOf, find_size
from provenance.query import (
    MOST_ITEMS,
    Descendants,
    Explanation,
    count_descendants,
    explain_items,
)

__all__ = ["Asking"]


class Asking(Transactions):
    """Answers questions about items; writes nothing."""

    def explain(
        self, *subjects: str, most: int = MOST_ITEMS, as_of: AsOf = None
    ) -> list[Explanation]:
        """Say why items have their tier: the facts behind it, and the ways to them.

        Args:
            subjects: Digests in any spelling, names, ``DATASET#NAME``, URLs, or
                ``POSITION:INDEX`` of records in the log.
            most: Items to walk in all; what lies beyond is counted.
            as_of: How many entries of the log count, or a date: only what stood then
                is shown, and makes the tier.

        Raises:
            NotRecordedError: Nothing of that name or digest is recorded.
            NameRefusedError: The log has not so many entries.
            LedgerStateError: As of an earlier position there are more than ``most``
                ancestors.
        """
        with self._reading() as connection:
            size = find_size(connection, as_of)
            past = None if size is None else open_past(connection, size)
            return explain_items(connection, subjects, most, past)

    def descendants(self, subject: str, *, kind: str | None = None) -> Descendants:
        """Count what was derived from an item, a dataset or a model's output.

        Args:
            subject: A dataset, a model, or anything that ``explain`` takes.
            kind: item, dataset or model, where the name alone does not tell.

        Raises:
            NameRefusedError: It is a model and a dataset.
            NotRecordedError: Nothing of that name is recorded.
        """
        with self._scratching() as connection:
            return count_descendants(connection, subject, kind)
