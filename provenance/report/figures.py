"""Tallies joined with an assessment: the numbers of a report, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from provenance.domain import Tier, Unit
from provenance.report.standpoint import Standpoint
from provenance.store.amounts import ASSESSED

__all__ = [
    "GROUPINGS",
    "Amounts",
    "DepthFigures",
    "Report",
    "UnitFigures",
    "load_groups",
    "load_units",
]

GROUPINGS: Mapping[str, Mapping[str, Any]] = {
    "model": {"aspect": "model"},
    "mode": {"aspect": "mode"},
    "evidence": {"aspect": "evidence"},
    "depth": {"by_depth": True},
    "source": {"dimension": "source"},
    "month": {"dimension": "month"},
    "language": {"dimension": "language"},
    "split": {"dimension": "split"},
}
"""What a report can be broken down by, and where that is kept."""

Number = int | float
Share = tuple[float, float]

_THOUSANDTHS = 1000


def _number(amount: int, unit: Unit) -> Number:
    """Turn a stored amount into a plain number, exact where it is whole."""
    if unit not in ASSESSED:
        return amount
    whole, rest = divmod(amount, _THOUSANDTHS)
    return amount / _THOUSANDTHS if rest else whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """A total and its five tiers, which add up to it."""

    tiers: Mapping[Tier, Number]

    @property
    def total(self) -> Number:
        """The sum over the records that have the unit."""
        return sum(self.tiers.values())

    @property
    def share(self) -> Share | None:
        """``[downstream, downstream + unknown] ÷ total``; None when it is 0."""
        if not self.total:
            return None
        low = self.tiers[Tier.GENERATED] + self.tiers[Tier.DERIVED]
        return low / self.total, (low + self.tiers[Tier.UNKNOWN]) / self.total

    def to_dict(self) -> dict[str, Number]:
        """Total and tiers by name."""
        return {"total": self.total} | {str(t): self.tiers[t] for t in Tier}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFigures(Amounts):
    """The amounts of a dataset in one unit, and how many records lack it."""

    missing: Mapping[Tier, int]
    """Records without a value, by the tier of their item: never guessed."""

    @property
    def downstream_share(self) -> Share | None:
        """The answer: an interval, or None while records lack the unit."""
        return None if any(self.missing.values()) else self.share

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return Amounts.to_dict(self) | {
            "missing": {str(tier): self.missing[tier] for tier in Tier},
            "downstream_share": _pair(self.downstream_share),
            "measured_share": _pair(self.share),
        }


def _pair(share: Share | None) -> list[float] | None:
    return list(share) if share else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthFigures:
    """How many generations of models lie behind the items of a dataset."""

    min: int | None
    mean: float | None
    """Weighted by the unit, over what is known."""
    max: int | None
    open: bool
    """Some training set upstream is not declared complete: it may be deeper."""
    known_share: float | None
    """Part of the total whose depth is known."""

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return {
            "min": self.min,
            "mean": self.mean,
            "max": self.max,
            "open": self.open,
            "known_share": self.known_share,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How much of a dataset version is downstream of generative models."""

    dataset: str
    policy: str
    as_of: int
    """Size of the log: the position this answer was true at."""
    root: str
    """Root of the log at that size, hex."""
    policy_body: Mapping[str, Any]
    """The policy in full, with what is otherwise for this report."""
    policy_words: tuple[str, ...]
    what_if: tuple[str, ...]
    """What is other than in the stored policy, in words; empty: nothing."""
    unit: Unit
    """The unit of the breakdown and of the depth."""
    units: Mapping[str, UnitFigures]
    """Unit, or its plain name, → figures."""
    depth: DepthFigures
    by: Mapping[str, tuple[tuple[str | int | None, Amounts], ...]]
    """Grouping → value and amounts, in ``unit``, greatest first."""
    loops: tuple[Mapping[str, Any], ...]
    """Models trained on what they wrote, and items derived from themselves."""
    parents: tuple[Mapping[str, Any], ...]
    """Declared parents and their own intervals: inherited, unresolved."""

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values; the format of ``report --json``.

        ``what_if`` is there only where the stored policy was changed for the question.
        """
        return {
            "dataset": self.dataset,
            "policy": self.policy,
            "policy_body": dict(self.policy_body),
            **({"what_if": list(self.what_if)} if self.what_if else {}),
            "as_of": self.as_of,
            "log": {"size": self.as_of, "root": self.root},
            "unit": str(self.unit),
            "units": {str(unit): f.to_dict() for unit, f in self.units.items()},
            "depth": self.depth.to_dict(),
            "by": {
                name: [{name: value} | amounts.to_dict() for value, amounts in groups]
                for name, groups in self.by.items()
            },
            "loops": [dict(loop) for loop in self.loops],
            "parents": [dict(parent) for parent in self.parents],
        }

    def to_arrow(self) -> pa.Table:
        """The report as one long table: a row per unit, then per group.

        Columns: by, value (both null for the whole dataset), unit, total, one per
        tier, missing (records that lack the unit; null for groups).
        """
        rows: list[dict[str, Any]] = [
            {"by": None, "value": None, "unit": str(unit)}
            | Amounts.to_dict(figures)
            | {"missing": sum(figures.missing.values())}
            for unit, figures in self.units.items()
        ]
        rows += [
            {"by": name, "value": None if value is None else str(value)}
            | {"unit": str(self.unit), **amounts.to_dict(), "missing": None}
            for name, groups in self.by.items()
            for value, amounts in groups
        ]
        types: dict[str, pa.DataType] = {
            "by": pa.string(),
            "value": pa.string(),
            "unit": pa.string(),
            **{name: pa.float64() for name in ("total", *map(str, Tier))},
            "missing": pa.int64(),
        }
        return pa.Table.from_pylist(rows, schema=pa.schema(types))


def load_units(
    view: Standpoint, dataset_id: int, unit: Unit
) -> tuple[dict[str, UnitFigures], DepthFigures]:
    """Return the figures of a dataset version in every unit, and its depth in one."""
    rows = view.amounts(dataset_id, by_depth=True)
    figures: dict[str, UnitFigures] = {}
    for each in Unit:
        missing = dict.fromkeys(Tier, 0)
        if each in ASSESSED:
            for row in rows:
                missing[Tier(row["tier"])] += row[f"without_{each}"]
        figures[each] = UnitFigures(tiers=_tiers(rows, each), missing=missing)
    return figures, _measure_depth(rows, unit)


def load_groups(
    view: Standpoint, dataset_id: int, by: str, unit: Unit
) -> tuple[tuple[str | int | None, Amounts], ...]:
    """Return the amounts of a dataset version by the values of one grouping."""
    groups: dict[str | int | None, list[Any]] = {}
    for row in view.amounts(dataset_id, only=unit, **GROUPINGS[by]):
        # A content stands under one value of a dimension only, its records under all.
        if unit is not Unit.CONTENTS or row["contents"]:
            groups.setdefault(row["value"], []).append(row)
    found = [
        (value, Amounts(tiers=_tiers(rows, unit))) for value, rows in groups.items()
    ]
    if by == "depth":
        found.sort(key=lambda group: (group[0] is None, group[0]))
    else:
        found.sort(key=lambda group: (-group[1].total, str(group[0] or "")))
    return tuple(found)


def _measure_depth(rows: Iterable[Any], unit: Unit) -> DepthFigures:
    """Least, mean and greatest known depth."""
    weights: dict[int | None, int] = {}
    is_open = False
    for row in rows:
        weights[row["value"]] = weights.get(row["value"], 0) + row[str(unit)]
        is_open = is_open or bool(row["open"])
    known = {depth: weight for depth, weight in weights.items() if depth is not None}
    weight, total = sum(known.values()), sum(weights.values())
    return DepthFigures(
        min=min(known, default=None),
        mean=sum(d * w for d, w in known.items()) / weight if weight else None,
        max=max(known, default=None),
        open=is_open,
        known_share=weight / total if total else None,
    )


def _tiers(rows: Iterable[Any], unit: Unit) -> dict[Tier, Number]:
    sums = dict.fromkeys(Tier, 0)
    for row in rows:
        sums[Tier(row["tier"])] += row[str(unit)]
    return {tier: _number(amount, unit) for tier, amount in sums.items()}
