"""Two reports side by side: what there was, what there is, and by how much it moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from provenance.domain import Tier
from provenance.report.figures import Amounts, Number, Report, Share, UnitFigures
from provenance.report.shares import sum_exactly

__all__ = ["Difference", "subtract_shares"]

_NOTHING = Amounts(tiers=dict.fromkeys(Tier, 0))
_KEYS = ("by", "value", "unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two reports under one policy, in one unit, by the same groupings."""

    before: Report
    after: Report

    def groups(self, name: str) -> list[tuple[str | int | None, Amounts, Amounts]]:
        """Values of a grouping with their amounts before and after, none as 0.

        In the order of the later report, then those that are gone.
        """
        before, after = dict(self.before.by[name]), dict(self.after.by[name])
        return [
            (value, before.get(value, _NOTHING), after.get(value, _NOTHING))
            for value in (*after, *(value for value in before if value not in after))
        ]

    def to_dict(self) -> dict[str, Any]:
        """The difference as JSON values; the format of ``report --against --json``.

        Differences are after minus before; those of shares are null where one of the
        two is.
        """
        before, after = self.before.to_dict(), self.after.to_dict()
        same = ("policy", "policy_body", "what_if", "assumed", "unit")
        return {
            **{name: after[name] for name in same if name in after},
            **{
                name: {key: told[key] for key in ("dataset", "as_of", "log", "depth")}
                for name, told in (("before", before), ("after", after))
            },
            "units": {
                str(unit): {
                    "before": before["units"][str(unit)],
                    "after": after["units"][str(unit)],
                    "difference": _subtract(self.before.units[unit], figures),
                }
                for unit, figures in self.after.units.items()
            },
            "by": {
                name: [
                    {
                        name: value,
                        "before": was.to_dict(),
                        "after": now.to_dict(),
                        "difference": _subtract(was, now),
                    }
                    for value, was, now in self.groups(name)
                ]
                for name in self.after.by
            },
        }

    def to_arrow(self) -> pa.Table:
        """Both reports as one long table; see ``Report.to_arrow``.

        Columns: by, value, unit, then each column of the one with ``_before`` and of
        the other with ``_after``; null where a group is in one of them only.
        """
        tables = [
            table.rename_columns(
                [n if n in _KEYS else f"{n}_{when}" for n in table.column_names]
            ).to_pylist()
            for table, when in (
                (self.before.to_arrow(), "before"),
                (self.after.to_arrow(), "after"),
            )
        ]
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in (*tables[1], *tables[0]):
            rows.setdefault(tuple(row[key] for key in _KEYS), {}).update(row)
        kept = self.after.to_arrow().schema
        fields = [kept.field(key) for key in _KEYS]
        fields += [
            field.with_name(f"{field.name}_{when}")
            for field in kept
            if field.name not in _KEYS
            for when in ("before", "after")
        ]
        return pa.Table.from_pylist([*rows.values()], schema=pa.schema(fields))


def _subtract(before: Amounts, after: Amounts) -> Mapping[str, Any]:
    was, now = Amounts.to_dict(before), Amounts.to_dict(after)
    moved: dict[str, Number | list[float] | None] = {
        name: sum_exactly((now[name], -was[name])) for name in now
    }
    if isinstance(before, UnitFigures) and isinstance(after, UnitFigures):
        shares = before.downstream_share, after.downstream_share
        moved["downstream_share"] = subtract_shares(*shares)
    moved["measured_share"] = subtract_shares(before.share, after.share)
    return moved


def subtract_shares(before: Share | None, after: Share | None) -> list[float] | None:
    """By how much both ends of an interval moved; None where one is not known."""
    if before is None or after is None:
        return None
    return [now - was for was, now in zip(before, after, strict=True)]
