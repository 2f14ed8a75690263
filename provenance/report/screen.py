"""A report on one screen: the interval, the tiers as bars, and what stands out.

Letters tell the tiers apart; colour only repeats what they say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from provenance.domain import Tier, Unit, say_count
from provenance.report.figures import Amounts, Report
from provenance.report.spelled import spell
from provenance.report.terminal import (
    say_answer,
    say_depth,
    say_parent,
    say_policy,
    say_share_of,
)
from provenance.report.words import say_interval, say_number, say_share

__all__ = ["ON_SCREEN", "draw_screen"]

ON_SCREEN: Final = ("model", "source", "month")
"""The breakdowns that a screen shows the first values of."""

_SHOWN = 3
_NONE = "(none)"
_LETTERS: Mapping[Tier, tuple[str, str]] = {
    Tier.GENERATED: ("g", "red"),
    Tier.DERIVED: ("d", "magenta"),
    Tier.HUMAN: ("h", "green"),
    Tier.OTHER: ("o", "blue"),
    Tier.UNKNOWN: ("?", "yellow"),
}
_LEAST_BAR, _GREATEST_BAR = 10, 40


def draw_screen(report: Report) -> RenderableType:
    """Lay a report out so that nothing needs to be scrolled."""
    parts: list[RenderableType] = [
        spell(f"{report.dataset} · policy {report.policy} · as of {report.as_of}"),
        *(spell(line) for line in say_policy(report)),
        spell(""),
        *(spell(line, style="bold") for line in say_answer(report)),
        spell(""),
        _bars(report),
        spell(" · ".join(f"{of} {tier}" for tier, (of, _) in _LETTERS.items())),
    ]
    if any(sum(f.missing.values()) and f.share for f in report.units.values()):
        parts.append(spell("( ): of the records that have the unit"))
    parts += [spell(""), spell(say_depth(report.depth, report.unit))]
    parts += _few([say_share_of(share) for share in report.shares], "claimed shares")
    if report.units[report.unit].total:
        parts += [spell(""), _tops(report), *_say_unknown(report)]
    parts += _few([f"loop: {loop['text']}" for loop in report.loops], "loops")
    parts += _few([say_parent(p, report.unit) for p in report.parents], "parents")
    return Group(*parts)


class _Bar:
    """The tiers of a total as letters, as many as fit."""

    def __init__(self, amounts: Amounts) -> None:
        self._amounts = amounts

    def __rich_measure__(
        self, console: Console, options: ConsoleOptions
    ) -> Measurement:
        widest = min(_GREATEST_BAR, options.max_width)
        return Measurement(min(_LEAST_BAR, widest), widest)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[Text]:
        text = Text(no_wrap=True)
        width = min(_GREATEST_BAR, options.max_width)
        for tier, length in _lengths(self._amounts, width).items():
            letter, style = _LETTERS[tier]
            text.append(letter * length, style=style)
        yield text


def _lengths(amounts: Amounts, width: int) -> dict[Tier, int]:
    """Share a bar out among the tiers: what is there has a letter at least.

    The others go to the largest remainders, so that the bar is full.
    """
    there = {tier: amount for tier, amount in amounts.tiers.items() if amount > 0}
    total = sum(there.values())
    if not total or width < len(there):
        return {}
    exact = {tier: amount / total * width for tier, amount in there.items()}
    lengths = {tier: max(1, int(length)) for tier, length in exact.items()}
    while (spare := width - sum(lengths.values())) != 0:
        step = 1 if spare > 0 else -1
        able = [tier for tier in lengths if lengths[tier] + step > 0]
        chosen = max(able, key=lambda tier: step * (exact[tier] - lengths[tier]))
        lengths[chosen] += step
    return {tier: lengths[tier] for tier in Tier if tier in lengths}


def _bars(report: Report) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    table.add_row("", "total", "", "downstream")
    for unit, figures in report.units.items():
        said = say_interval(figures.downstream_share)
        lacking = sum(figures.missing.values())
        bar: RenderableType = _Bar(figures)
        if lacking and figures.share:
            said = f"({say_interval(figures.share)})"
        elif lacking:
            records = int(report.units[Unit.RECORDS].total)
            stated = f"{records - lacking:,}" if records > lacking else "none"
            bar = spell(f"stated of {stated} of {say_count(records, 'record')}")
        style = "bold" if unit == report.unit else ""
        total = say_number(figures.total)
        table.add_row(str(unit), total, bar, said, style=style)
    return table


def _tops(report: Report) -> Table:
    """The first values of each breakdown: their part of all, and what is in them."""
    total = report.units[report.unit].total
    table = Table.grid(padding=(0, 2, 0, 0), expand=False)
    table.add_column()
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=30)
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_row("", "", f"of {report.unit}", "of these downstream")
    for name in ON_SCREEN:
        groups = [
            (value, amounts)
            for value, amounts in report.by.get(name, ())
            if value != _NONE and amounts.total
        ]
        if name not in report.by:
            table.add_row(f"{name}s", f"many: see --by {name}", "", "")
        label = f"{name}s"
        for value, amounts in groups[:_SHOWN]:
            said = "not stated" if value is None else str(value)
            share = say_share(amounts.total / total)
            table.add_row(label, spell(said), share, say_interval(amounts.share))
            label = ""
        if len(groups) > _SHOWN:
            table.add_row("", f"… {len(groups) - _SHOWN:,} more: --by {name}", "", "")
    return table


def _say_unknown(report: Report) -> Iterator[Text]:
    """Say which source and which month hold most of what is unknown."""
    whole = report.units[report.unit].tiers[Tier.UNKNOWN]
    if not whole:
        return
    said = []
    for name in ("source", "month"):
        groups = [
            (amounts.tiers[Tier.UNKNOWN], str(value))
            for value, amounts in report.by.get(name, ())
            if value is not None and amounts.tiers[Tier.UNKNOWN]
        ]
        if groups:
            most, value = max(groups, key=lambda one: one[0])
            said.append(
                f"word of {name} {value}, {say_share(min(1, most / whole))} of it"
            )
    words = (
        "; ".join(said) or "a claim about the dataset: no source, no month is stated"
    )
    yield spell("")
    yield spell(f"what would shrink the unknown most: {words}")


def _few(lines: list[Any], what: str) -> Iterator[Text]:
    yield from (spell(line) for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield spell(f"… and {len(lines) - _SHOWN:,} more {what}: see them with --all")
