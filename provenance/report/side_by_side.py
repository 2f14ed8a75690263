"""A difference of two reports on a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from provenance.domain import Tier
from provenance.report.difference import Difference, subtract_shares
from provenance.report.figures import Amounts
from provenance.report.terminal import MOST_GROUPS, say_depth, say_policy
from provenance.report.words import say_change, say_interval, say_number, say_points

__all__ = ["draw_difference"]


def draw_difference(difference: Difference) -> RenderableType:
    """Lay two reports out side by side: before, after, and what moved."""
    before, after = difference.before, difference.after
    unit = after.unit
    names = (before.dataset, after.dataset)
    parts: list[RenderableType] = [
        Text(
            f"{after.dataset} against {before.dataset} · policy {after.policy} · "
            f"as of {after.as_of}"
        ),
        *(Text(line) for line in say_policy(after)),
        _tiers(str(unit), names, before.units[unit], after.units[unit]),
        _lines("unit", [(str(u), before.units[u], f) for u, f in after.units.items()]),
        Text(f"{before.dataset}: {say_depth(before.depth, unit)}"),
        Text(f"{after.dataset}: {say_depth(after.depth, unit)}"),
    ]
    for name in after.by:
        rows = [
            ("not stated" if value is None else str(value), was, now)
            for value, was, now in difference.groups(name)
        ]
        table = _lines(name, rows[:MOST_GROUPS])
        table.title, table.title_justify = f"{unit} by {name}", "left"
        parts.append(table)
        if len(rows) > MOST_GROUPS:
            rest = len(rows) - MOST_GROUPS
            parts.append(Text(f"… and {rest:,} more; see them with --csv or --json"))
    return Group(*parts)


def _tiers(unit: str, names: tuple[str, str], before: Amounts, after: Amounts) -> Table:
    """Total and tiers in one unit."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(unit)
    for column in (*names, "difference"):
        table.add_column(Text(column), justify="right")
    was, now = Amounts.to_dict(before), Amounts.to_dict(after)
    for name in ("total", *map(str, Tier)):
        table.add_row(
            name,
            say_number(was[name]),
            say_number(now[name]),
            say_change(now[name] - was[name]),
        )
    table.add_row(
        "downstream",
        say_interval(before.share),
        say_interval(after.share),
        say_points(subtract_shares(before.share, after.share)),
    )
    return table


def _lines(name: str, rows: list[tuple[str, Amounts, Amounts]]) -> Table:
    """Totals and shares of several amounts, one a line."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(name, overflow="fold")
    for column in ("total", "difference", "downstream", "points"):
        table.add_column(column, justify="right")
    for label, before, after in rows:
        shares = before.share, after.share
        table.add_row(
            Text(label),
            f"{say_number(before.total)} → {say_number(after.total)}",
            say_change(after.total - before.total),
            " → ".join(map(say_interval, shares)),
            say_points(subtract_shares(*shares)),
        )
    return table
