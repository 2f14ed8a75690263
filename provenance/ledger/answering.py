"""A ledger that answers: reports and lists, as of any position of its log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from provenance.domain import Model, Policy, Unit, WhatIf, parse_dataset, parse_unit
from provenance.domain.model_names import Guess, guess_models
from provenance.ledger.assumed import (
    Assumed,
    assume_claims,
    mark_assumed,
    read_assumptions,
)
from provenance.ledger.catalogue import list_datasets
from provenance.ledger.facts import record_policy
from provenance.ledger.loops import Loop, list_loops
from provenance.ledger.reports import list_models, make_report
from provenance.ledger.transactions import Transactions
from provenance.ledger.view import AsOf, find_policy, list_policies, open_view
from provenance.report import Difference, Report

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
        what_if: WhatIf | None = None,
        assume: Sequence[str] = (),
        quick: bool = False,
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
            what_if: Changes to the policy for this question; nothing is stored.
            assume: Claims to be tried and taken back: see ``parse_assumption``. The
                ledger is locked for writers meanwhile.
            quick: Leave out breakdowns of so many values that they take seconds.

        Raises:
            ClaimRefusedError: What is to be assumed is no claim, or it is asked as of
                an earlier position.
            NotRecordedError: No such dataset or policy, or no model that is to be
                ignored.
            NameRefusedError: The name stands for several versions, the unit is none, a
                list is a text, or the log has not so many entries.
        """
        with self._assuming(assume, as_of) as (connection, at):
            report = make_report(
                connection,
                parse_dataset(dataset),
                by=by,
                unit=parse_unit(unit),
                policy=policy,
                as_of=as_of,
                what_if=what_if,
                quick=quick,
            )
            return mark_assumed(report, at) if at else report

    def compare(
        self,
        dataset: str,
        against: str,
        *,
        by: Sequence[str] = (),
        unit: str | Unit = Unit.ITEMS,
        policy: str = "default",
        as_of: AsOf = None,
        what_if: WhatIf | None = None,
        assume: Sequence[str] = (),
    ) -> Difference:
        """Compare the reports of two dataset versions.

        Args:
            dataset: The later one, or the one that is asked about.
            against: The earlier one.
            by: See ``report``, as for what follows.
            unit: The unit of the breakdowns and of the depth.
            policy: Name of a stored policy.
            as_of: How many entries of the log count, or a date.
            what_if: Changes to the policy for this question.
            assume: Claims to be tried and taken back.

        Raises:
            ClaimRefusedError: What is to be assumed is no claim.
            NotRecordedError: No such dataset or policy.
            NameRefusedError: A name stands for several versions, the unit is none, or
                a list is a text.
        """
        with self._assuming(assume, as_of) as (connection, at):
            before, after = (
                make_report(
                    connection,
                    parse_dataset(name),
                    by=by,
                    unit=parse_unit(unit),
                    policy=policy,
                    as_of=as_of,
                    what_if=what_if,
                )
                for name in (against, dataset)
            )
        if at:
            before, after = mark_assumed(before, at), mark_assumed(after, at)
        return Difference(before=before, after=after)

    @contextmanager
    def _assuming(
        self, assume: Sequence[str], as_of: AsOf
    ) -> Iterator[tuple[sa.Connection, Assumed | None]]:
        """Open a view of the ledger in which some claims hold, to be undone."""
        if not assume:
            with self._reading() as connection:
                yield connection, None
            return
        claims = read_assumptions(assume, as_of)
        with self._writing(keep=False) as connection:
            yield connection, assume_claims(connection, claims, self._clock())

    def datasets(self, *, as_of: AsOf = None) -> list[dict[str, Any]]:
        """Return every dataset version: records, parents, and what is stated of it."""
        with self._reading() as connection:
            return list_datasets(connection, as_of)

    def models(self) -> list[Model]:
        """Return every recorded model by name, those only mentioned by rows too."""
        with self._reading() as connection:
            return list_models(connection)

    def policies(self) -> list[tuple[Policy, int]]:
        """Return every version of every policy, with its log position."""
        with self._reading() as connection:
            return list_policies(connection)

    def policy(self, name: str) -> Policy:
        """Return a stored policy by ``NAME`` (the newest) or ``NAME@VERSION``.

        Raises:
            NotRecordedError: There is none of that name or version.
        """
        with self._reading() as connection:
            return find_policy(connection, name)[1]

    def add_policy(
        self, name: str, changes: WhatIf, *, based_on: str = "default"
    ) -> Policy:
        """Record a policy; of a name that is recorded, the next version.

        Args:
            name: Its name; those of built-in policies are taken.
            changes: What is other than in the policy that it is based on.
            based_on: Name of a stored policy, or ``NAME@VERSION``.

        Returns:
            The policy with its version; one that says nothing new is not recorded.

        Raises:
            NameRefusedError: The name cannot be a policy's.
            NotRecordedError: There is no policy that it is based on.
        """
        with self._writing() as connection:
            base = find_policy(connection, based_on)[1]
            policy = replace(changes.apply(base), name=name)
            return record_policy(connection, policy, self._clock())

    def suggest_models(self) -> list[Guess]:
        """Guess what names of models mean that rows mention and nobody confirmed.

        Nothing is merged: ``add_model(model, aliases=[name])`` confirms a guess, and
        ``add_model(name)`` turns it down.
        """
        found = self.models()
        unconfirmed = [model.name for model in found if not model.registered]
        return guess_models((m for m in found if m.registered), unconfirmed)

    def loops(self, *, policy: str = "default", as_of: AsOf = None) -> list[Loop]:
        """Return models trained on what they wrote, and items of a cycle."""
        with self._reading() as connection:
            return list_loops(open_view(connection, policy, as_of))
