"""A ledger that holds datasets against bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from provenance.domain import End, Unit, WhatIf, make_bounds, parse_dataset, parse_unit
from provenance.ledger.answering import Answering
from provenance.ledger.assumed import mark_assumed
from provenance.ledger.reports import list_open_models, make_report
from provenance.ledger.view import AsOf
from provenance.report.gate import (
    GROUPINGS_OF,
    Checked,
    Failure,
    find_failures,
    name_components,
)

__all__ = ["Checking"]


class Checking(Answering):
    """Says whether a dataset keeps bounds, and what breaks them."""

    def check(
        self,
        dataset: str,
        *,
        max_downstream: str | float | Decimal | None = None,
        max_unknown: str | float | Decimal | None = None,
        max_depth: int | None = None,
        end: str | End = End.HIGH,
        allow_open: bool = False,
        unit: str | Unit = Unit.ITEMS,
        policy: str = "default",
        as_of: AsOf = None,
        what_if: WhatIf | None = None,
        assume: Sequence[str] = (),
    ) -> Checked:
        """Hold a dataset against bounds; at least one is given.

        What cannot be told is not kept: an empty dataset, records that lack the unit
        and a total of 0 fail every bound.

        Args:
            dataset: ``NAME@VERSION``; ``NAME`` when it has but one version.
            max_downstream: The greatest share that may be downstream of generative
                models: 0.2 or ``20%``.
            max_unknown: The greatest share that may be unknown.
            max_depth: The greatest generation depth, of the items whose depth is
                known; where it may be greater than is known, the bound is broken.
            end: ``high``: what is unknown counts as downstream; ``low``: only what is
                known to be.
            allow_open: Take the greatest known depth for the greatest.
            unit: The unit of the shares and of the depth.
            policy: See ``report``, as for what follows.
            as_of: How many entries of the log count, or a date.
            what_if: Changes to the policy for this question.
            assume: Claims to be tried and taken back.

        Raises:
            BoundRefusedError: No bound is given, or one is none.
            NotRecordedError: No such dataset or policy.
            NameRefusedError: The name stands for several versions, or the unit is
                none.
        """
        bounds = make_bounds(
            max_downstream=max_downstream,
            max_unknown=max_unknown,
            max_depth=max_depth,
            end=end,
            allow_open=allow_open,
        )
        asked: dict[str, Any] = {
            "unit": parse_unit(unit),
            "policy": policy,
            "as_of": as_of,
            "what_if": what_if,
        }
        name = parse_dataset(dataset)
        with self._assuming(assume, as_of) as (connection, at):
            report = make_report(connection, name, by=(), **asked)
            failures = find_failures(report, bounds)
            exceeded = [f.bound for f in failures if f.reason == "exceeded"]
            groupings = dict.fromkeys(
                by for one in exceeded for by in GROUPINGS_OF[one]
            )
            if groupings:
                report = make_report(connection, name, by=tuple(groupings), **asked)
            if any(failure.reason == "open" for failure in failures):
                del asked["unit"]
                models = list_open_models(connection, name, **asked)
                failures = [_name_open(failure, models) for failure in failures]
        return Checked(
            report=mark_assumed(report, at) if at else report,
            bounds=bounds,
            failures=name_components(failures, report, bounds),
        )


def _name_open(failure: Failure, models: Sequence[str]) -> Failure:
    if failure.reason != "open" or not models:
        return failure
    return replace(failure, says=f"{failure.says}; see {', '.join(models)}")
