"""A ledger in which later words add to earlier ones, or take them back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from provenance.domain import Evidence, Mode, make_claim, parse_dataset
from provenance.domain.claims import read_reason
from provenance.ledger.claims import add_claim, describe_claim, take_back_claim
from provenance.ledger.impact import Correction, Done, compare_figures, take_figures
from provenance.ledger.reports import find_versions
from provenance.ledger.transactions import Transactions
from provenance.ledger.withdraw import list_recorded, take_back_batches
from provenance.store.claims import load_claims

__all__ = ["Correcting"]


class Correcting(Transactions):
    """Records claims, withdraws claims and batches, and says what that changes."""

    def claim(
        self,
        *,
        dataset: str | None = None,
        source: str | None = None,
        model: str | None = None,
        generated_by: str | None = None,
        origin: str | None = None,
        mode: str = Mode.UNSPECIFIED,
        evidence: str = Evidence.DECLARED,
        since: date | None = None,
        until: date | None = None,
        share: str | Decimal | None = None,
        unit: str | None = None,
        note: str | None = None,
        who: str | None = None,
        dry_run: bool = False,
    ) -> Correction:
        """Record a statement about a whole dataset, source or model.

        It reaches every item of its dataset or source, those recorded later too, of
        which no row says as well or better where it comes from.

        Args:
            dataset: ``NAME@VERSION``, or ``NAME`` for all versions. Exactly one of
                this and the next two is given.
            source: A host, or a registrable domain for all its hosts.
            model: A model; such a claim is listed and changes no number.
            generated_by: The model that made the content.
            origin: human, other, or model for one that is not named.
            mode: What the model did.
            evidence: How that is known.
            since: Only of items fetched on that day (UTC) or later.
            until: Only of items fetched on that day or earlier.
            share: The part of the dataset, nobody knows which: 0.3 or 30%.
            unit: The unit that the share is one of.
            note: Anything worth knowing.
            who: Who says so.
            dry_run: Tell what would change, and keep nothing.

        Raises:
            ClaimRefusedError: It says nothing, or what has no meaning.
            NameRefusedError: The dataset's name is none.
        """
        said = make_claim(
            dataset=dataset,
            source=source,
            model=model,
            generated_by=generated_by,
            origin=origin,
            mode=mode,
            evidence=evidence,
            since=since,
            until=until,
            share=share,
            unit=unit,
            note=note,
            who=who,
        )
        return self._correct(
            lambda connection: add_claim(connection, said, self._clock()), dry_run
        )

    def claims(self) -> list[dict[str, Any]]:
        """Return every claim in the order of the log, those withdrawn too."""
        with self._reading() as connection:
            return [
                describe_claim(logged)
                for logged in load_claims(connection, withdrawn=True)
            ]

    def withdraw_claim(
        self, position: int, *, why: str, dry_run: bool = False
    ) -> Correction:
        """Take back the claim at a log position.

        Raises:
            NotRecordedError: No claim was logged there.
            LedgerStateError: It was withdrawn before.
        """
        reason = read_reason(why)
        return self._correct(
            lambda connection: take_back_claim(
                connection, position, reason, self._clock()
            ),
            dry_run,
        )

    def batches(self, dataset: str | None = None) -> list[dict[str, Any]]:
        """Return every batch in the order of the log, those withdrawn too.

        Args:
            dataset: Only those of ``NAME@VERSION``, or of all versions of ``NAME``.

        Raises:
            NotRecordedError: There is no such dataset.
        """
        name = None if dataset is None else parse_dataset(dataset)
        with self._reading() as connection:
            if name is not None:
                find_versions(connection, name)
            return list_recorded(connection, name)

    def withdraw_batch(
        self, *positions: int, why: str, dry_run: bool = False
    ) -> Correction:
        """Take back the records of batches, by their log positions.

        Nothing is deleted: the records no longer count, and their manifest can be
        recorded again.

        Raises:
            NotRecordedError: No batch was logged at one of them, or none is given.
            LedgerStateError: One was withdrawn before.
        """
        reason = read_reason(why)

        return self._correct(
            lambda connection: take_back_batches(
                connection, positions, reason, self._clock()
            ),
            dry_run,
        )

    def _correct(
        self,
        change: Callable[[sa.Connection], Done],
        dry_run: bool,  # noqa: FBT001 - ours alone
    ) -> Correction:
        with self._writing(keep=not dry_run) as connection:
            before = take_figures(connection)
            done = change(connection)
            after = take_figures(connection)
            return Correction(
                subject=done.subject,
                position=done.position,
                dry_run=dry_run,
                reached=done.reached,
                note=done.note,
                changes=compare_figures(connection, before, after),
            )
