"""A ledger that answers: reports and lists, as of any position of its log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provenance.domain import Model, Unit, parse_dataset
from provenance.ledger.catalogue import list_datasets
from provenance.ledger.loops import Loop, list_loops
from provenance.ledger.reports import list_models, make_report
from provenance.ledger.transactions import Transactions
from provenance.ledger.view import AsOf, open_view
from provenance.report import Report

__all__ = ["Answering"]


class Answering(Transactions):
    """Answers questions; each is one consistent view of the ledger."""

    def report(
        self,
        dataset: str,
        *,
        by: Sequence[str] = (),
        unit: str | Unit = Unit.ITEMS,
        policy: str = "default",
        as_of: AsOf = None,
    ) -> Report:
        """Say how much of a dataset is downstream of generative models.

        Args:
            dataset: ``NAME@VERSION``; ``NAME`` when it has but one version.
            by: Groupings: model, mode, evidence, depth, source, month, language
                or split.
            unit: The unit of the breakdowns and of the depth.
            policy: Name of a stored policy, ``NAME@VERSION`` for an older version.
            as_of: How many entries of the log count, or a date: all that was logged
                before the end of that day, UTC. Everything by default.

        Raises:
            NotRecordedError: No such dataset or policy.
            NameRefusedError: The name stands for several versions, or the log has not
                so many entries.
        """
        with self._reading() as connection:
            return make_report(
                connection,
                parse_dataset(dataset),
                by=by,
                unit=Unit(unit),
                policy=policy,
                as_of=as_of,
            )

    def datasets(self, *, as_of: AsOf = None) -> list[dict[str, Any]]:
        """Return every dataset version with its records, licence and parents."""
        with self._reading() as connection:
            return list_datasets(connection, as_of)

    def models(self) -> list[Model]:
        """Return every recorded model by name, those only mentioned by rows too."""
        with self._reading() as connection:
            return list_models(connection)

    def loops(self, *, policy: str = "default", as_of: AsOf = None) -> list[Loop]:
        """Return models trained on what they wrote, and items of a cycle."""
        with self._reading() as connection:
            return list_loops(open_view(connection, policy, as_of))
