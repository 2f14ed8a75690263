"""A report, and an explanation, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from provenance.domain import DEFAULT, Tier, Unit
from provenance.query import Explanation, Occurrence, Parent, Statement
from provenance.report.figures import Amounts, DepthFigures, Report
from provenance.report.words import say_interval, say_number, say_share

__all__ = ["draw_explanation", "draw_report"]

_MOST_GROUPS = 30
_DEEPEST = 15


def draw_report(report: Report) -> RenderableType:
    """Lay a report out: the answer in words, the units, then each breakdown."""
    parts: list[RenderableType] = [
        Text(f"{report.dataset} · policy {report.policy} · as of {report.as_of}"),
        *(Text(line) for line in _say_policy(report)),
        Text(""),
        *(Text(line) for line in _answer(report)),
        _units(report),
        Text(_say_depth(report.depth, report.unit)),
    ]
    for name, groups in report.by.items():
        parts.append(_groups(name, groups, report.unit))
        if len(groups) > _MOST_GROUPS:
            rest = len(groups) - _MOST_GROUPS
            parts.append(Text(f"… and {rest:,} more; see them with --csv or --json"))
    parts += [Text(f"loop: {loop['text']}") for loop in report.loops]
    for parent in report.parents:
        share = parent["units"].get(str(report.unit))
        own = say_interval(tuple(share) if share else None)
        if not parent["recorded"]:
            own = "no rows are recorded"
        parts.append(
            Text(f"declared parent {parent['dataset']}: {own} (inherited, unresolved)")
        )
    return Group(*parts)


def _say_policy(report: Report) -> Iterator[str]:
    """Say what counts, where that is not what everybody expects."""
    if report.what_if:
        yield f"what if {'; '.join(report.what_if)}"
    if report.what_if or report.policy != DEFAULT.name:
        yield from (f"  {words}" for words in report.policy_words)


def _answer(report: Report) -> Iterator[str]:
    figures = report.units[report.unit]
    unit = str(report.unit)
    lacking = sum(figures.missing.values())
    if not report.units[Unit.RECORDS].total:
        yield "Nothing is recorded for this dataset."
        return
    if figures.share is None:
        yield f"No record says how many {unit} it has; try another --unit."
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
            f"{lacking:,} records do not say how many {unit} they have: "
            "the share of all cannot be told."
        )


def _units(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("unit")
    for column in ("total", *Tier, "lacking", "downstream"):
        table.add_column(str(column), justify="right")
    for unit, figures in report.units.items():
        share = figures.downstream_share
        lacking = sum(figures.missing.values())
        said = say_interval(share)
        if lacking and figures.share:
            said = f"({say_interval(figures.share)})"
        table.add_row(
            str(unit),
            say_number(figures.total),
            *(say_number(figures.tiers[tier]) for tier in Tier),
            say_number(lacking) if lacking else "",
            said,
        )
    if any(sum(f.missing.values()) for f in report.units.values()):
        table.caption = "lacking: records without the unit; ( ): of those that have it"
        table.caption_justify = "left"
    return table


def _say_depth(depth: DepthFigures, unit: Unit) -> str:
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
) -> Table:
    table = Table(title=f"{unit} by {name}", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column(name, overflow="fold")
    for column in ("total", *Tier, "downstream"):
        table.add_column(str(column), justify="right")
    for value, amounts in groups[:_MOST_GROUPS]:
        table.add_row(
            Text("not stated" if value is None else str(value)),
            say_number(amounts.total),
            *(say_number(amounts.tiers[tier]) for tier in Tier),
            say_interval(amounts.share),
        )
    return table


def draw_explanation(explanation: Explanation) -> Tree:
    """Lay an explanation out as a tree: the item, what is said of it, its parents."""
    depth = "" if explanation.depth is None else f", depth {explanation.depth}"
    may_be = " or more" if explanation.open else ""
    tree = Tree(Text(f"{explanation.item}: {explanation.tier}{depth}{may_be}"))
    for occurrence in explanation.records:
        _add_occurrence(tree, occurrence)
    for parent in explanation.parents:
        tree.add(draw_explanation(parent))
    return tree


def _add_occurrence(tree: Tree, occurrence: Occurrence) -> None:
    called = occurrence.url or occurrence.name or ""
    fetched = f", fetched {occurrence.fetched_at}" if occurrence.fetched_at else ""
    branch = tree.add(
        Text(
            f"in {occurrence.dataset}: {called} ({occurrence.file} row "
            f"{occurrence.row}{fetched}; log position {occurrence.position})"
        )
    )
    for origin in occurrence.origins:
        branch.add(Text(_say_origin(origin)))
    for parent in occurrence.parents:
        branch.add(Text(_say_parent(parent)))


def _say_origin(origin: Statement) -> str:
    evidence = f"{origin.evidence}, grade {origin.grade}"
    if origin.score is not None:
        by = f" by {origin.detector}" if origin.detector else ""
        evidence += f", score {origin.score:g}{by}"
    if not origin.counts:
        evidence += ", below its threshold: no origin"
    if origin.model is None:
        return f"origin {origin.kind} ({evidence})"
    said = f"generated by {origin.model}, {origin.mode} ({evidence})"
    if origin.based_on:
        said += f"; based on {', '.join(origin.based_on)}"
    if origin.trained_on:
        rest = "" if origin.training_complete else " and more"
        said += f"; trained on {', '.join(origin.trained_on)}{rest}"
    return said


def _say_parent(parent: Parent) -> str:
    said = f"derived from {parent.reference}, {parent.mode}"
    said += f" ({parent.evidence}, grade {parent.grade})"
    if parent.item is None:
        return f"{said}: not recorded"
    return f"{said}: itself" if parent.repeated else said
