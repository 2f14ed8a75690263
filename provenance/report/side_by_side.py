"""A difference of two reports on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType

from provenance.domain import Tier
from provenance.report.difference import Difference, subtract_shares
from provenance.report.figures import Amounts
from provenance.report.fitted import FittedTable
from provenance.report.spelled import spell
from provenance.report.terminal import MOST_GROUPS, say_depth, say_policy
from provenance.report.words import say_change, say_interval, say_number, say_points

__all__ = ["draw_difference"]


def draw_difference(difference: Difference) -> RenderableType:
    """Lay two reports out side by side: before, after, and what moved."""
    before, after = difference.before, difference.after
    unit = after.unit
    names = (before.dataset, after.dataset)
    parts: list[RenderableType] = [
        spell(
            f"{after.dataset} against {before.dataset} · policy {after.policy} · "
            f"as of {after.as_of}"
        ),
        *(spell(line) for line in say_policy(after)),
        _tiers(str(unit), names, before.units[unit], after.units[unit]),
        _lines("unit", [(str(u), before.units[u], f) for u, f in after.units.items()]),
        spell(f"{before.dataset}: {say_depth(before.depth, unit)}"),
        spell(f"{after.dataset}: {say_depth(after.depth, unit)}"),
    ]
    for name in after.by:
        rows = [
            ("not stated" if value is None else str(value), was, now)
            for value, was, now in difference.groups(name)
        ]
        parts.append(_lines(name, rows[:MOST_GROUPS], f"{unit} by {name}"))
        if len(rows) > MOST_GROUPS:
            rest = len(rows) - MOST_GROUPS
            parts.append(spell(f"… and {rest:,} more; see them with --csv or --json"))
    return Group(*parts)


def _tiers(
    unit: str, names: tuple[str, str], before: Amounts, after: Amounts
) -> FittedTable:
    """Total and tiers in one unit."""
    was, now = Amounts.to_dict(before), Amounts.to_dict(after)
    rows: list[tuple[str, ...]] = [
        (
            name,
            say_number(was[name]),
            say_number(now[name]),
            say_change(now[name] - was[name]),
        )
        for name in ("total", *map(str, Tier))
    ]
    shares = before.share, after.share
    moved = say_points(subtract_shares(*shares))
    rows.append(("downstream", *map(say_interval, shares), moved))
    columns = (*names, "difference")
    return FittedTable((unit, *columns), rows, numbers=columns, right=True)


def _lines(
    name: str, rows: list[tuple[str, Amounts, Amounts]], title: str | None = None
) -> FittedTable:
    """Totals and shares of several amounts, one a line."""
    columns = ("total", "difference", "downstream", "points")
    cells = [
        (
            label,
            f"{say_number(before.total)} → {say_number(after.total)}",
            say_change(after.total - before.total),
            " → ".join(map(say_interval, (before.share, after.share))),
            say_points(subtract_shares(before.share, after.share)),
        )
        for label, before, after in rows
    ]
    return FittedTable(
        (name, *columns), cells, numbers=columns, right=True, title=title
    )
