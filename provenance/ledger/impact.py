"""What a statement, or its withdrawal, does to the reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from provenance.domain import Unit
from provenance.report import UnitFigures, load_all_amounts
from provenance.store.amounts import default_policy
from provenance.store.facts import load_datasets

__all__ = ["Change", "Correction", "Done", "Figures", "compare_figures", "take_figures"]

Figures = Mapping[int, Mapping[str, UnitFigures]]
"""Dataset id → unit → figures under the default policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A dataset version whose report is another now, in the units that changed."""

    dataset: str
    before: Mapping[str, UnitFigures]
    after: Mapping[str, UnitFigures]

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON values."""
        return {
            "dataset": self.dataset,
            "units": {
                str(unit): {
                    "before": self.before[unit].to_dict(),
                    "after": self.after[unit].to_dict(),
                }
                for unit in self.before
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was recorded, and followed."""

    subject: str
    """What it is of, in words."""
    position: int
    """Log position."""
    reached: int | None = None
    """Items that a claim speaks of."""
    note: str | None = None
    """What else there is to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What came of a claim, or of a withdrawal."""

    subject: str
    """What it is of, in words."""
    position: int
    """Its log position; of a dry run that which it would have."""
    dry_run: bool
    """Nothing was recorded."""
    reached: int | None
    """Items that a claim speaks of; None where it speaks of none in particular."""
    note: str | None
    """What else there is to know."""
    changes: tuple[Change, ...]
    """The dataset versions whose report changes, by name, under the default policy."""

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``claim add --json``."""
        return {
            "subject": self.subject,
            "position": self.position,
            "dry_run": self.dry_run,
            "reached": self.reached,
            "note": self.note,
            "policy": "default",
            "changes": [change.to_dict() for change in self.changes],
        }


def take_figures(connection: sa.Connection) -> Figures:
    """Return what the reports of all dataset versions say."""
    return load_all_amounts(connection, default_policy())


def compare_figures(
    connection: sa.Connection, before: Figures, after: Figures
) -> tuple[Change, ...]:
    """Return the dataset versions, and of each the units, that differ."""
    names = load_datasets(connection)
    found = []
    for number in sorted(before.keys() | after.keys(), key=lambda one: names[one]):
        was, now = before.get(number), after.get(number)
        empty = UnitFigures.empty()
        pairs = {
            unit: (was[unit] if was else empty, now[unit] if now else empty)
            for unit in Unit
        }
        differing = {unit: pair for unit, pair in pairs.items() if pair[0] != pair[1]}
        if differing:
            found.append(
                Change(
                    dataset=str(names[number]),
                    before={unit: pair[0] for unit, pair in differing.items()},
                    after={unit: pair[1] for unit, pair in differing.items()},
                )
            )
    return tuple(found)
