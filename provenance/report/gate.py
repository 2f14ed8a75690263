"""Hold a report against bounds: which it breaks, why, and what breaks them.

Pure: a decision about a report that somebody else made. What cannot be told is not
kept: an empty dataset, a unit that records lack, a total of 0 and a depth that may be
greater all fail, each with its reason. Shares are compared exactly, as fractions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from provenance.domain import Bounds, End, Tier, Unit, say_count
from provenance.report.figures import Amounts, Number, Report, UnitFigures
from provenance.report.shares import exact, sum_exactly
from provenance.report.words import say_interval, say_share

__all__ = ["Checked", "Component", "Failure", "find_failures", "name_components"]

MOST_COMPONENTS = 5
"""Values of each grouping that are named as breaking a bound."""

GROUPINGS_OF: Mapping[str, tuple[str, ...]] = {
    "downstream": ("model", "source", "month", "language", "split"),
    "unknown": ("source", "month", "language", "split"),
    "depth": ("depth",),
}
"""Bound → the breakdowns in which what breaks it is looked for."""

_FINEST = 9
_KNOWN = (Tier.GENERATED, Tier.DERIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A part of the dataset that breaks a bound."""

    by: str
    """The grouping: model, source, month, language, split or depth."""
    value: str | int | None
    """None: not stated."""
    amount: Number
    """How much of it counts against the bound, in the unit."""
    share: float
    """The same as a part of the whole dataset."""

    def to_dict(self) -> dict[str, Any]:
        """The component as JSON values."""
        return {
            "by": self.by,
            "value": self.value,
            "amount": self.amount,
            "share": self.share,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A bound that is broken, or of which nobody can tell that it is kept."""

    bound: str
    """downstream, unknown or depth."""
    reason: str
    """exceeded, empty, missing, no total, open or not known."""
    says: str
    components: tuple[Component, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The failure as JSON values."""
        return {
            "bound": self.bound,
            "reason": self.reason,
            "says": self.says,
            "components": [component.to_dict() for component in self.components],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A report beside the bounds it was held against."""

    report: Report
    bounds: Bounds
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """Every bound is kept, for certain."""
        return not self.failures

    @property
    def figures(self) -> UnitFigures:
        """The figures of the unit in question."""
        return self.report.units[self.report.unit]

    def measured(self) -> Iterator[str]:
        """Say what was measured of each bound that was given, and the bound."""
        bounds, depth = self.bounds, self.report.depth
        share = self.figures.downstream_share
        if bounds.max_downstream is not None:
            end = "" if bounds.end is End.HIGH else " by its lower end"
            most = _say_bound(bounds.max_downstream)
            yield f"downstream {say_interval(share)}, at most {most}{end}"
        if bounds.max_unknown is not None:
            unknown = say_share(None if share is None else _unknown(self.figures))
            yield f"unknown {unknown}, at most {_say_bound(bounds.max_unknown)}"
        if bounds.max_depth is not None:
            known = "" if depth.known_share is None else say_share(depth.known_share)
            deep = "not known" if depth.max is None else str(depth.max)
            opened = ", may be deeper" if depth.open else ""
            of = f" (known for {known}{opened})" if known else ""
            yield f"depth {deep}{of}, at most {bounds.max_depth}"

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``check --json``.

        ``report`` is what ``report --json`` prints, by the groupings that were needed.
        """
        return {
            "passed": self.passed,
            "bounds": self.bounds.to_dict(),
            "failures": [failure.to_dict() for failure in self.failures],
            "report": self.report.to_dict(),
        }


def find_failures(report: Report, bounds: Bounds) -> list[Failure]:
    """Return the bounds that a report does not keep, without their components."""
    wanted = {
        "downstream": bounds.max_downstream,
        "unknown": bounds.max_unknown,
        "depth": bounds.max_depth,
    }
    asked = [name for name, bound in wanted.items() if bound is not None]
    if why := _tell_immeasurable(report):
        return [Failure(bound=name, reason=why[0], says=why[1]) for name in asked]
    return [
        *_check_shares(report.units[report.unit], report.unit, bounds),
        *_check_depth(report, bounds),
    ]


def _tell_immeasurable(report: Report) -> tuple[str, str] | None:
    """Say why nothing can be told of a dataset in a unit, if so."""
    figures, unit = report.units[report.unit], report.unit
    if not report.units[Unit.RECORDS].total:
        return "empty", f"nothing is recorded for {report.dataset}"
    lacking = {tier: number for tier, number in figures.missing.items() if number}
    if lacking:
        whose = ", ".join(f"{number:,} {tier}" for tier, number in lacking.items())
        records = say_count(sum(lacking.values()), "record")
        return "missing", f"{records} without a number of {unit} ({whose})"
    if not figures.total:
        return "no total", f"the {unit} of all records add up to 0"
    return None


def _check_shares(
    figures: UnitFigures, unit: Unit, bounds: Bounds
) -> Iterator[Failure]:
    total = exact(figures.total)
    unknown = exact(figures.tiers[Tier.UNKNOWN])
    known = sum((exact(figures.tiers[tier]) for tier in _KNOWN), Fraction(0))
    most = bounds.max_downstream
    counted = known + unknown if bounds.end is End.HIGH else known
    if most is not None and counted > Fraction(most) * total:
        if bounds.end is End.LOW:
            found = f"{_say_over(counted / total, most)} of {unit} are downstream"
        elif unknown:
            found = (
                f"up to {_say_over(counted / total, most)} of {unit} may be "
                f"downstream: {say_share(float(known / total))} are, "
                f"{say_share(float(unknown / total))} are unknown"
            )
        else:
            found = f"{_say_over(counted / total, most)} of {unit} are downstream"
        says = f"{found}; at most {_say_bound(most)} is allowed"
        yield Failure(bound="downstream", reason="exceeded", says=says)
    most = bounds.max_unknown
    if most is not None and unknown > Fraction(most) * total:
        found = f"{_say_over(unknown / total, most)} of {unit} are unknown"
        says = f"{found}; at most {_say_bound(most)} is allowed"
        yield Failure(bound="unknown", reason="exceeded", says=says)


def _check_depth(report: Report, bounds: Bounds) -> Iterator[Failure]:
    most, depth = bounds.max_depth, report.depth
    if most is None:
        return
    if depth.max is None:
        says = "the generation depth of no item is known"
        yield Failure(bound="depth", reason="not known", says=says)
        return
    if depth.max > most:
        says = f"items are {depth.max} generations deep; at most {most} is allowed"
        yield Failure(bound="depth", reason="exceeded", says=says)
    if depth.open and not bounds.allow_open:
        loops = "".join(f"; loop: {loop['text']}" for loop in report.loops)
        says = (
            "items may be deeper than is known: not all training data upstream is "
            f"declared{loops}"
        )
        yield Failure(bound="depth", reason="open", says=says)


def name_components(
    failures: Sequence[Failure], report: Report, bounds: Bounds
) -> tuple[Failure, ...]:
    """Add to each exceeded bound the parts of the dataset that count against it most.

    Args:
        failures: Those of ``find_failures``.
        report: The same report, by the groupings of the bounds that are exceeded.
        bounds: What it was held against.
    """
    return tuple(
        replace(failure, components=tuple(_components(failure.bound, report, bounds)))
        if failure.reason == "exceeded"
        else failure
        for failure in failures
    )


def _components(bound: str, report: Report, bounds: Bounds) -> Iterator[Component]:
    total = report.units[report.unit].total
    for by in GROUPINGS_OF[bound]:
        counted = [
            (value, _against(bound, by, value, amounts, bounds))
            for value, amounts in report.by[by]
        ]
        if by not in ("model", "depth") and {value for value, _ in counted} <= {None}:
            continue  # nobody stated it of any record
        counted.sort(key=lambda pair: (-pair[1], str(pair[0] or "")))
        for value, amount in counted[:MOST_COMPONENTS]:
            if amount:
                share = float(exact(amount) / exact(total))
                yield Component(by=by, value=value, amount=amount, share=share)


def _against(
    bound: str, by: str, value: str | int | None, amounts: Amounts, bounds: Bounds
) -> Number:
    """How much of a group counts against a bound."""
    if bound == "depth":
        is_deep = value is not None and int(value) > (bounds.max_depth or 0)
        return amounts.total if is_deep else 0
    unknown = amounts.tiers[Tier.UNKNOWN]
    if bound == "unknown":
        return unknown
    known = sum_exactly(amounts.tiers[tier] for tier in _KNOWN)
    # What is unknown is of no model: it stands in a group of its own there.
    if bounds.end is End.LOW or by == "model":
        return known
    return sum_exactly((known, unknown))


def _unknown(figures: UnitFigures) -> float:
    return float(exact(figures.tiers[Tier.UNKNOWN]) / exact(figures.total))


def _say_bound(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"


def _say_over(share: Fraction, bound: Decimal) -> str:
    """Write a share with as many places as tell it from the bound that it exceeds.

    >>> _say_over(Fraction(200001, 1000000), Decimal("0.2"))
    '20.0001 %'
    """
    percent = share * 100
    for places in range(1, _FINEST):
        said = f"{float(percent):.{places}f}"
        if Fraction(said) > Fraction(bound) * 100:
            return f"{said} %"
    return f"more than {_say_bound(bound)}"
