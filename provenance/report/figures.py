"""Tallies joined with an assessment: the numbers of a report, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from provenance.domain import Tier, Unit
from provenance.report.notebook import draw_notebook
from provenance.report.shares import ShareFigures, attribute, exact, plain, sum_exactly
from provenance.report.standpoint import Standpoint
from provenance.store.amounts import ASSESSED, select_amounts, select_stored
from provenance.store.schema import datasets
from provenance.store.shares import select_shares

__all__ = [
    "GROUPINGS",
    "Amounts",
    "DepthFigures",
    "Number",
    "Report",
    "Share",
    "UnitFigures",
    "load_all_amounts",
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
_NOTHING: Mapping[Tier, int] = dict.fromkeys(Tier, 0)
"""To be copied: it takes long to walk an enumeration for each of 20,000 groups."""


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
        return sum_exactly(self.tiers.values())

    @property
    def share(self) -> Share | None:
        """``[downstream, downstream + unknown] ÷ total``; None when it is 0."""
        total = exact(self.total)
        if not total:
            return None
        low = exact(self.tiers[Tier.GENERATED]) + exact(self.tiers[Tier.DERIVED])
        high = low + exact(self.tiers[Tier.UNKNOWN])
        return float(low / total), float(high / total)

    def to_dict(self) -> dict[str, Number]:
        """Total and tiers by name."""
        return {"total": self.total} | {str(t): self.tiers[t] for t in Tier}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFigures(Amounts):
    """The amounts of a dataset in one unit, and how many records lack it."""

    missing: Mapping[Tier, int]
    """Records without a value, by the tier of their item: never guessed."""
    unattributed: Number = 0
    """Part of *generated* of which only shares speak: not said which items."""

    @classmethod
    def empty(cls) -> UnitFigures:
        """The figures of a dataset version without records."""
        return cls(tiers=dict.fromkeys(Tier, 0), missing=dict.fromkeys(Tier, 0))

    @property
    def downstream_share(self) -> Share | None:
        """The answer: an interval, or None while records lack the unit."""
        return None if any(self.missing.values()) else self.share

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return Amounts.to_dict(self) | {
            "unattributed": self.unattributed,
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
    assumed: tuple[str, ...] = ()
    """Claims that nobody recorded and that hold for this report, in words."""
    unit: Unit
    """The unit of the breakdown and of the depth."""
    units: Mapping[str, UnitFigures]
    """Unit, or its plain name, → figures."""
    depth: DepthFigures
    by: Mapping[str, tuple[tuple[str | int | None, Amounts], ...]]
    """Grouping → value and amounts, in ``unit``, greatest first."""
    shares: tuple[ShareFigures, ...]
    """Shares that are claimed of it, held against what is known."""
    loops: tuple[Mapping[str, Any], ...]
    """Models trained on what they wrote, and items derived from themselves."""
    parents: tuple[Mapping[str, Any], ...]
    """Declared parents and their own intervals: inherited, unresolved."""

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values; the format of ``report --json``.

        ``what_if`` is there only where the stored policy was changed for the question,
        ``assumed`` where claims were.
        """
        return {
            "dataset": self.dataset,
            "policy": self.policy,
            "policy_body": dict(self.policy_body),
            **({"what_if": list(self.what_if)} if self.what_if else {}),
            **({"assumed": list(self.assumed)} if self.assumed else {}),
            "as_of": self.as_of,
            "log": {"size": self.as_of, "root": self.root},
            "unit": str(self.unit),
            "units": {str(unit): f.to_dict() for unit, f in self.units.items()},
            "depth": self.depth.to_dict(),
            "by": {
                name: [{name: value} | amounts.to_dict() for value, amounts in groups]
                for name, groups in self.by.items()
            },
            "shares": [share.to_dict() for share in self.shares],
            "loops": [dict(loop) for loop in self.loops],
            "parents": [dict(parent) for parent in self.parents],
        }

    def to_arrow(self) -> pa.Table:
        """The report as one long table: a row per unit, then per group.

        Columns: by, value (both null for the whole dataset), unit, total, one per
        tier, missing (records that lack the unit), unattributed (part of generated
        of which only shares speak); both null for groups.
        """
        rows: list[dict[str, Any]] = [
            {"by": None, "value": None, "unit": str(unit)}
            | Amounts.to_dict(figures)
            | {
                "missing": sum(figures.missing.values()),
                "unattributed": figures.unattributed,
            }
            for unit, figures in self.units.items()
        ]
        rows += [
            {"by": name, "value": None if value is None else str(value)}
            | {"unit": str(self.unit), **amounts.to_dict()}
            for name, groups in self.by.items()
            for value, amounts in groups
        ]
        types: dict[str, pa.DataType] = {
            "by": pa.string(),
            "value": pa.string(),
            "unit": pa.string(),
            **{name: pa.float64() for name in ("total", *map(str, Tier))},
            "missing": pa.int64(),
            "unattributed": pa.float64(),
        }
        return pa.Table.from_pylist(rows, schema=pa.schema(types))

    def to_polars(self) -> Any:
        """``to_arrow`` as a Polars data frame; Polars must be installed."""
        import polars as pl  # noqa: PLC0415 - the reader's own choice

        return pl.from_arrow(self.to_arrow())

    def to_pandas(self) -> Any:
        """``to_arrow`` as a pandas data frame; pandas must be installed."""
        return self.to_arrow().to_pandas()

    def _repr_html_(self) -> str:
        """The report as a notebook shows it."""
        return draw_notebook(self.to_dict())


def load_units(
    view: Standpoint, dataset_id: int, unit: Unit
) -> tuple[dict[str, UnitFigures], DepthFigures, tuple[ShareFigures, ...]]:
    """Return the figures of a dataset version in every unit.

    And its depth in one unit, and the shares that are claimed of it.
    """
    rows = view.amounts(dataset_id, by_depth=True)
    shares: tuple[ShareFigures, ...] = ()
    if said := view.shares(dataset_id):
        shares = attribute(said, rows, view.amounts(dataset_id, aspect="model"))
    return _figures(rows, shares), _measure_depth(rows, unit), shares


def load_all_amounts(
    connection: sa.Connection, policy_id: int | sa.ScalarSelect[int]
) -> dict[int, dict[str, UnitFigures]]:
    """Return the figures of every dataset version that has records, by its id."""
    # Tallies are found by dataset version; without one, all of them would be read.
    every = select_amounts(select_stored(policy_id), dataset=sa.select(datasets.c.id))
    rows = _by_dataset(connection, every)
    shares = _by_dataset(connection, select_shares(policy_id))
    known = _by_dataset(
        connection,
        select_amounts(
            select_stored(policy_id, "model"),
            aspect="model",
            dataset=sa.select(datasets.c.id).where(datasets.c.id.in_(shares)),
        ),
    )
    return {
        number: _figures(
            found,
            attribute(shares.get(number, ()), found, known.get(number, ())),
        )
        for number, found in rows.items()
    }


def _by_dataset(
    connection: sa.Connection, query: sa.Select[Any]
) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["dataset_id"], []).append(row)
    return found


def _figures(rows: list[Any], shares: Iterable[ShareFigures]) -> dict[str, UnitFigures]:
    moved = dict.fromkeys(Unit, Fraction(0))
    for share in shares:
        moved[share.unit] += share.unattributed
    figures: dict[str, UnitFigures] = {}
    for unit in Unit:
        tiers, part = _tiers(rows, unit), moved[unit]
        if part:
            tiers[Tier.GENERATED] = plain(exact(tiers[Tier.GENERATED]) + part)
            tiers[Tier.UNKNOWN] = plain(exact(tiers[Tier.UNKNOWN]) - part)
        missing = dict.fromkeys(Tier, 0)
        if unit in ASSESSED:
            for row in rows:
                missing[Tier(row["tier"])] += row[f"without_{unit}"]
        figures[unit] = UnitFigures(
            tiers=tiers, missing=missing, unattributed=plain(part)
        )
    return figures


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
    sums, name = dict(_NOTHING), str(unit)
    for row in rows:
        sums[row["tier"]] += row[name]
    return {tier: _number(amount, unit) for tier, amount in sums.items()}
