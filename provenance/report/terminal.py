"""A report on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType

from provenance.domain import DEFAULT, Tier, Unit, say_count
from provenance.report.figures import Amounts, DepthFigures, Report
from provenance.report.fitted import FittedTable
from provenance.report.shares import ShareFigures
from provenance.report.spelled import spell
from provenance.report.words import say_interval, say_number, say_share

__all__ = [
    "MOST_GROUPS",
    "draw_report",
    "say_answer",
    "say_depth",
    "say_parent",
    "say_policy",
    "say_share_of",
]

MOST_GROUPS = 30
"""Lines of a breakdown that are shown on a terminal."""

_DEEPEST = 15


def draw_report(report: Report, *, most: int | None = MOST_GROUPS) -> RenderableType:
    """Lay a report out: the answer in words, the units, then each breakdown.

    Args:
        report: What to draw.
        most: Values of a breakdown to show; None: all.
    """
    parts: list[RenderableType] = [
        spell(f"{report.dataset} · policy {report.policy} · as of {report.as_of}"),
        *(spell(line) for line in say_policy(report)),
        spell(""),
        *(spell(line) for line in say_answer(report)),
        _units(report),
        *(spell(say_share_of(share)) for share in report.shares),
        spell(say_depth(report.depth, report.unit)),
    ]
    for name, groups in report.by.items():
        parts.append(_groups(name, groups[:most], report.unit))
        if most is not None and len(groups) > most:
            rest = len(groups) - most
            parts.append(spell(f"… and {rest:,} more; see them with --all or --csv"))
    parts += [spell(f"loop: {loop['text']}") for loop in report.loops]
    parts += [spell(say_parent(parent, report.unit)) for parent in report.parents]
    return Group(*parts)


def say_parent(parent: Mapping[str, Any], unit: Unit) -> str:
    """Say what a declared parent is, by its own numbers."""
    share = parent["units"].get(str(unit))
    own = say_interval(tuple(share) if share else None)
    if not parent["recorded"]:
        own = "no rows are recorded"
    return f"declared parent {parent['dataset']}: {own} (inherited, unresolved)"


def say_policy(report: Report) -> Iterator[str]:
    """Say what counts and what is assumed, where nobody would expect it."""
    yield from (f"assumed, and not recorded: {claim}" for claim in report.assumed)
    if report.what_if:
        yield f"what if {'; '.join(report.what_if)}"
    if report.what_if or report.policy != DEFAULT.name:
        yield from (f"  {words}" for words in report.policy_words)


def say_answer(report: Report) -> Iterator[str]:
    """Say the interval, or why there is none."""
    figures = report.units[report.unit]
    unit = str(report.unit)
    lacking = sum(figures.missing.values())
    if not report.units[Unit.RECORDS].total:
        yield "Nothing is recorded for this dataset."
        return
    if figures.share is None:
        said = f"No record says how many {unit} it has"
        if lacking < report.units[Unit.RECORDS].total:
            said = f"All records that say how many {unit} they have say 0"
        yield f"{said}; try another --unit."
        return
    low, high = figures.share
    where = f"of {unit}" if not lacking else f"of the {unit} that are known"
    unknown = high - low
    if unknown:
        yield (
            f"{say_share(low)} {where} are downstream of generative models; "
            f"{say_share(unknown)} unknown → between {say_share(low)} and "
            f"{say_share(high)}."
        )
    else:
        yield f"{say_share(low)} {where} are downstream of generative models."
    if lacking:
        yield (
            f"{say_count(lacking, 'record')} without a number of {unit}: the share of "
            "all cannot be told."
        )


def _units(report: Report) -> FittedTable:
    columns = ("total", *map(str, Tier), "lacking", "downstream")
    rows = []
    for unit, figures in report.units.items():
        lacking = sum(figures.missing.values())
        said = say_interval(figures.downstream_share)
        if lacking and figures.share:
            said = f"({say_interval(figures.share)})"
        rows.append(
            (
                str(unit),
                say_number(figures.total),
                *(say_number(figures.tiers[tier]) for tier in Tier),
                say_number(lacking) if lacking else "",
                said,
            )
        )
    caption = None
    if any(sum(f.missing.values()) for f in report.units.values()):
        caption = "lacking: records without the unit; ( ): of those that have it"
    return FittedTable(
        ("unit", *columns), rows, numbers=columns, right=True, caption=caption
    )


def say_share_of(share: ShareFigures) -> str:
    """Say what a claimed share adds to what is known."""
    said = (
        f"claim {share.claim}: {say_share(share.share)} of {share.unit} generated by "
        f"{share.model}, not said which: "
    )
    if not share.counts:
        return f"{said}does not count under this policy"
    said += (
        f"{say_number(float(share.expected))} expected, "
        f"{say_number(float(share.known))} known, "
        f"{say_number(float(share.unattributed))} moved from unknown to generated"
    )
    if share.conflict:
        said += f"; conflict: {say_number(float(share.conflict))} do not fit"
    return said


def say_depth(depth: DepthFigures, unit: Unit) -> str:
    """Say how many generations of models lie behind the items."""
    if depth.max is None or depth.min is None:
        return "generation depth: not known"
    deepest = f"≥ {_DEEPEST}" if depth.max >= _DEEPEST else str(depth.max)
    mean = "" if depth.mean is None else f", mean {depth.mean:.2f}"
    said = f"generation depth: {depth.min} to {deepest}{mean}"
    if depth.known_share is not None:
        said += f", known for {say_share(depth.known_share)} of {unit}"
    if depth.open:
        said += "; may be deeper: not all training data upstream is declared"
    return said


def _groups(
    name: str, groups: tuple[tuple[str | int | None, Amounts], ...], unit: Unit
) -> FittedTable:
    columns = ("total", *map(str, Tier), "downstream")
    rows = [
        (
            "not stated" if value is None else str(value),
            say_number(amounts.total),
            *(say_number(amounts.tiers[tier]) for tier in Tier),
            say_interval(amounts.share),
        )
        for value, amounts in groups
    ]
    title = f"{unit} by {name}"
    return FittedTable((name, *columns), rows, numbers=columns, right=True, title=title)
