"""What a selection keeps and leaves out, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provenance.domain import Tier, Unit
from provenance.report.figures import Amounts, Number, Share
from provenance.report.shares import sum_exactly

__all__ = ["Selected", "Selection", "add_up"]

_THOUSANDTHS = 1000

Counted = tuple[str | None, str, int, int, int]
"""Reason (None: kept), tier, records, those that lack the unit, thousandths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected(Amounts):
    """Records on one list: how many, and what they add up to by tiers."""

    records: int
    lacking: int
    """Of them, those that lack the unit."""

    @property
    def downstream_share(self) -> Share | None:
        """The interval, or None while records lack the unit; see ``UnitFigures``."""
        return None if self.lacking else self.share

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON values."""
        share = self.downstream_share
        return {
            "records": self.records,
            "lacking": self.lacking,
            **Amounts.to_dict(self),
            "downstream_share": list(share) if share else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was kept of dataset versions and what was not, and where it is listed."""

    datasets: tuple[str, ...]
    unit: Unit
    policy: str
    what_if: tuple[str, ...]
    as_of: int
    """Size of the log."""
    kept: Selected
    reasons: Mapping[str, Selected]
    """Why records were left out → those records: tier, downstream, model, lacks …"""
    keep: Path | None
    """The list of what is kept, if it was written."""
    drop: Path | None
    notes: tuple[str, ...] = ()
    """What the lists cannot account for."""

    @property
    def before(self) -> Selected:
        """Everything there was to select from."""
        return _join((self.kept, *self.reasons.values()))

    @property
    def dropped(self) -> Selected:
        """Everything that was left out."""
        return _join(self.reasons.values())

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``select --json``."""
        return {
            "datasets": list(self.datasets),
            "unit": str(self.unit),
            "policy": self.policy,
            "what_if": list(self.what_if),
            "as_of": self.as_of,
            "before": self.before.to_dict(),
            "kept": self.kept.to_dict(),
            "dropped": self.dropped.to_dict(),
            "reasons": {name: of.to_dict() for name, of in self.reasons.items()},
            "keep": None if self.keep is None else str(self.keep),
            "drop": None if self.drop is None else str(self.drop),
            "notes": list(self.notes),
        }


def add_up(counted: Iterable[Counted]) -> tuple[Selected, dict[str, Selected]]:
    """Return what is kept, and what is not by the reasons."""
    found: dict[str | None, list[Counted]] = {None: []}
    for row in counted:
        found.setdefault(row[0], []).append(row)
    summed = {
        reason: Selected(
            tiers={
                tier: _number(sum(row[4] for row in rows if row[1] == tier))
                for tier in Tier
            },
            records=sum(row[2] for row in rows),
            lacking=sum(row[3] for row in rows),
        )
        for reason, rows in found.items()
    }
    kept = summed.pop(None)
    return kept, {str(reason): of for reason, of in summed.items()}


def _number(thousandths: int) -> Number:
    whole, rest = divmod(thousandths, _THOUSANDTHS)
    return thousandths / _THOUSANDTHS if rest else whole


def _join(parts: Iterable[Selected]) -> Selected:
    several = list(parts)
    return Selected(
        tiers={tier: sum_exactly(p.tiers[tier] for p in several) for tier in Tier},
        records=sum(part.records for part in several),
        lacking=sum(part.lacking for part in several),
    )
