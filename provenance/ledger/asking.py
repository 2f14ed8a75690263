"""A ledger that says what stands behind an item, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from provenance.domain import DatasetName, Unit, parse_dataset
from provenance.ledger.past import open_past
from provenance.ledger.reports import find_versions, make_report
from provenance.ledger.transactions import Transactions
from provenance.ledger.view import AsOf, find_size
from provenance.query import (
    MOST_ITEMS,
    Conflict,
    Descendants,
    Explanation,
    count_descendants,
    explain_items,
    find_conflicts,
)
from provenance.report.words import say_number
from provenance.store.claims import load_shares_of
from provenance.store.facts import load_datasets

__all__ = ["Asking"]


class Asking(Transactions):
    """Answers questions about items; writes nothing."""

    def explain(
        self, *subjects: str, most: int = MOST_ITEMS, as_of: AsOf = None
    ) -> list[Explanation]:
        """Say why items have their tier: the facts behind it, and the ways to them.

        Args:
            subjects: Digests in any spelling, names, ``DATASET#NAME``, URLs,
                ``POSITION:INDEX`` of records in the log, or keys of items without a
                digest of their own, as they are printed (``short:…``, ``name:…``).
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

    def conflicts(
        self, dataset: str | None = None, *, examples: int = 3
    ) -> list[Conflict]:
        """Return the contradictions in a dataset, or in all of them.

        A content that a person and a model are said to have made; one captured before
        its model was released, or before its parent; a claimed share that does not fit.

        Args:
            dataset: ``NAME@VERSION``, or ``NAME`` for all its versions.
            examples: Contents to name of each, at most.

        Raises:
            NotRecordedError: There is no such dataset.
        """
        with self._reading() as connection:
            wanted = (
                load_datasets(connection)
                if dataset is None
                else find_versions(connection, parse_dataset(dataset))
            )
            found = find_conflicts(connection, sorted(wanted), examples)
            return [*found, *_find_shares(connection, wanted.values())]


def _find_shares(
    connection: sa.Connection, datasets: Iterable[DatasetName]
) -> Iterator[Conflict]:
    """Shares for which too little is unknown, under the default policy."""
    for name in datasets:
        if not load_shares_of(connection, name):
            continue
        for share in make_report(
            connection, name, by=(), unit=Unit.ITEMS, policy="default"
        ).shares:
            if share.conflict:
                over = say_number(float(share.conflict))
                expected = say_number(float(share.expected))
                yield Conflict(
                    kind="share does not fit",
                    dataset=str(name),
                    detail=f"{share.model}: {over} of {expected} {share.unit} "
                    f"claimed, log position {share.claim}",
                    contents=0,
                    examples=(),
                )
