"""A ledger that is shown: a page of one dataset version that answers by itself."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from provenance.domain import (
    DatasetName,
    ModelBook,
    Unit,
    WhatIf,
    parse_dataset,
    parse_unit,
)
from provenance.domain.models import UNNAMED
from provenance.ledger.answering import Answering
from provenance.ledger.assumed import mark_assumed
from provenance.ledger.reports import find_version, make_report
from provenance.ledger.view import AsOf, find_policy, open_view
from provenance.lineage import own_part
from provenance.report import Standpoint, UnitFigures, load_all_amounts
from provenance.report.explorer import (
    Book,
    Explorer,
    Scenario,
    count_sources,
    find_sources,
    gather,
)
from provenance.store.amounts import DIMENSIONS, default_policy
from provenance.store.claims import load_shares_of
from provenance.store.facts import load_datasets, load_models
from provenance.store.schema import tallies

__all__ = ["Exploring"]

_MOST_SOURCES = 60
_MOST_SCENARIOS = 6
_MOST_RECORDS = 1_000_000
"""What all datasets together may have that are tried without being asked for."""


class Exploring(Answering):
    """Gathers all that a page needs to answer what-ifs."""

    def overview(self) -> dict[str, dict[str, UnitFigures]]:
        """Return the figures of every dataset version, under the default policy.

        By its name; of one without records they are empty.
        """
        with self._reading() as connection:
            found = load_all_amounts(connection, default_policy())
            names = sorted(load_datasets(connection).items(), key=lambda one: one[1])
        return {str(name): found.get(number, {}) for number, name in names}

    def explore(
        self,
        dataset: str,
        *,
        unit: str | Unit = Unit.ITEMS,
        policy: str = "default",
        as_of: AsOf = None,
        what_if: WhatIf | None = None,
        assume: Sequence[str] = (),
        suppose: Sequence[str] | None = None,
    ) -> Explorer:
        """Gather what a page needs to answer for a dataset version under any policy.

        Write it with ``provenance.report.explorer.render_page``.

        Args:
            dataset: See ``Ledger.report``, as for what follows.
            unit: The unit that is shown first, and that chooses the sources.
            policy: Name of a stored policy.
            as_of: How many entries of the log count, or a date.
            what_if: Changes to the policy, to begin with.
            assume: Claims that hold for the whole page.
            suppose: Datasets of which the page can suppose that they are generated.
                By default this one and a few others that something of it comes from,
                as long as they are small. Each is tried in a transaction that is
                undone: writers wait meanwhile, and a ledger opened read-only
                refuses it; it can be asked with none, ``suppose=()``.

        Raises:
            ClaimRefusedError: What is to be assumed is no claim, or it is asked as of
                an earlier position.
            NotRecordedError: No such dataset, policy or model.
            NameRefusedError: The name stands for several versions, the unit is none,
                or the log has not so many entries.
            LedgerStateError: Something is supposed or assumed of a ledger that was
                opened read-only.
        """
        book, chosen = Book(), parse_unit(unit)
        with self._assuming(assume, as_of) as (connection, at):
            view = open_view(connection, policy, as_of, what_if)
            number, name = find_version(connection, parse_dataset(dataset), view.size)
            report = make_report(
                connection,
                name,
                by=(),
                unit=chosen,
                policy=policy,
                as_of=as_of,
                what_if=what_if,
            )
            models = load_models(connection, view.size)
            sources = find_sources(view, number, chosen, _MOST_SOURCES)
            others = count_sources(view, number) - len(sources)
            gathered = gather(view, number, book, sources)
            stored = find_policy(connection, policy, view.size)[1].to_dict()
            ignored = {models.find(one).name for one in view.policy.ignored_models}
            shares = tuple(_shares(view, name, book, models))
            supposed = [] if view.size is not None else suppose
            if supposed is None:
                supposed = _choose(connection, number)
        scenarios = []
        for one in supposed:
            claim = f"dataset {shlex.quote(one)} generated_by {UNNAMED}"
            with self._assuming([*assume, claim], as_of) as (connection, trial):
                view = open_view(connection, policy, as_of, what_if)
                found = gather(view, number, book, sources)
            if suppose is None and found == gathered and one != str(name):
                continue
            words = trial.words[-1] if trial else ""
            scenarios.append(Scenario(dataset=one, words=words, gathered=found))
        return Explorer(
            report=mark_assumed(report, at) if at else report,
            book=book,
            models=models,
            gathered=gathered,
            stored=stored,
            ignored=tuple(sorted(ignored)),
            assumptions=tuple(assume),
            shares=shares,
            other_sources=others,
            scenarios=tuple(scenarios),
        )


def _shares(
    view: Standpoint, name: DatasetName, book: Book, models: ModelBook
) -> Iterator[dict[str, Any]]:
    for logged in load_shares_of(view.connection, name, view.size):
        origin = logged.claim.origin
        own = own_part({}, {logged.origin_id: origin}, models).elements
        yield {
            "claim": logged.position,
            "model": models.find(origin.model or "").name,
            "unit": str(logged.claim.unit),
            "share": repr(float(logged.claim.share or 0)),
            "elements": [book.element(one, origin, models) for one in own],
        }


def _choose(connection: sa.Connection, number: int) -> list[str]:
    """Return this dataset version and others, as far as they are few rows together."""
    names = load_datasets(connection)
    query = (
        sa.select(tallies.c.dataset_id, sa.func.sum(tallies.c.records).label("rows"))
        .where(tallies.c.dimension == DIMENSIONS[""])
        .group_by(tallies.c.dataset_id)
    )
    records = {row.dataset_id: int(row.rows) for row in connection.execute(query)}
    chosen: list[str] = []
    left = _MOST_RECORDS
    for one in sorted(records, key=lambda n: (n != number, -records[n], names[n])):
        if 0 < records[one] <= left and len(chosen) < _MOST_SCENARIOS:
            chosen.append(str(names[one]))
            left -= records[one]
    return chosen
