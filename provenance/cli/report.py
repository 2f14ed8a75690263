"""``provenance report``: the answer."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from provenance.cli.as_of import as_of_option
from provenance.cli.files import write_file
from provenance.cli.output import print_drawn, print_json, say, show_work
from provenance.cli.target import Target
from provenance.cli.what_if import make_what_if, what_if_options

if TYPE_CHECKING:
    from rich.console import RenderableType

    from provenance.report import Difference, Report
    from provenance.report.explorer import Explorer

__all__ = ["assume_option", "policy_option", "report", "unit_option"]

_GROUPINGS = (
    "model",
    "mode",
    "evidence",
    "depth",
    "source",
    "month",
    "language",
    "split",
)
_UNITS = ("items", "bytes", "tokens", "records", "contents")

_Command = TypeVar("_Command", bound=Callable[..., Any])


def unit_option(
    says: str, units: tuple[str, ...] = _UNITS, default: str = "items"
) -> Callable[[_Command], _Command]:
    """Add ``--unit``, with what it is the unit of."""
    return click.option(
        "--unit",
        type=click.Choice(units),
        default=default,
        show_default=True,
        help=says,
    )


policy_option = click.option(
    "--policy",
    metavar="NAME[@VERSION]",
    default="default",
    show_default=True,
    help="What counts; see: provenance policy list.",
)
"""``--policy``, for every command that answers under one."""

assume_option = click.option(
    "--assume",
    metavar="CLAIM",
    multiple=True,
    help="A claim that holds for this answer alone: 'dataset D generated_by M'. "
    "Repeatable.",
)
"""``--assume``, for every command that can try a claim."""


@click.command()
@click.argument("dataset", metavar="DATASET[@VERSION]")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(_GROUPINGS),
    help="Break the total down. Repeatable.",
)
@unit_option("Unit of the breakdowns and of the depth.")
@policy_option
@what_if_options
@assume_option
@as_of_option
@click.option(
    "--against",
    metavar="DATASET[@VERSION]",
    help="Compare with another dataset or version: before, after, difference.",
)
@click.option(
    "--all",
    "show_all",
    is_flag=True,
    help="Every tier of every unit in numbers, and every group of each --by.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--csv", "as_csv", is_flag=True, help="One row per unit and group.")
@click.option(
    "--sign",
    metavar="KEY",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Sign the report with the key in this file; prints a DSSE envelope.",
)
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write one page that answers what-ifs by itself, without a network.",
)
@click.option(
    "--suppose",
    metavar="DATASET",
    multiple=True,
    help="With --html: a dataset of which the page can suppose that it was all "
    "generated; small ones by default. Repeatable.",
)
@click.pass_obj
def report(
    target: Target,
    /,
    dataset: str,
    by: tuple[str, ...],
    unit: str,
    policy: str,
    assume: tuple[str, ...],
    as_of: str | None,
    against: str | None,
    show_all: bool,
    as_json: bool,
    as_csv: bool,
    sign: Path | None,
    html: Path | None,
    suppose: tuple[str, ...],
    **changes: Any,
) -> None:
    """Say how much of a dataset is downstream of generative models.

    The answer is an interval: what is known to be generated or derived, up to that
    and all that is unknown. --min-grade, --ignore-model, --count-mode, --generating
    and --cutoff ask what it would be if the policy were otherwise, --assume if
    somebody had claimed more; nothing is stored.

    A terminal shows one screen: the interval, the tiers of every unit as bars, the
    depth, and the first models, sources and months; --by and --all show more.
    """
    what_if = make_what_if(**changes)
    if sum(map(bool, (as_json, as_csv, sign, html))) > 1:
        raise click.UsageError("--json, --csv, --sign and --html exclude each other")
    if suppose and html is None:
        raise click.UsageError("--suppose is for a page: see --html")
    if against is not None:
        _refuse_against(html, sign, show_all=show_all)
    if sign is not None:
        if what_if or assume:
            raise click.UsageError(
                "only what is recorded is signed; record it with: provenance policy "
                "add, or provenance claim add"
            )
        with target.open(create=False) as ledger:
            signed = ledger.sign_report(
                dataset, sign, by=by, unit=unit, policy=policy, as_of=as_of
            )
        click.echo(signed, nl=False)
        return
    options: Any = {
        "by": by,
        "unit": unit,
        "policy": policy,
        "as_of": as_of,
        "what_if": what_if,
        "assume": assume,
    }
    if html is not None:
        del options["by"]
        with target.open(create=False) as ledger, show_work("the page is made"):
            explorer = ledger.explore(dataset, **options, suppose=suppose or None)
        _write_page(html, explorer)
        return
    is_screen = not (by or show_all or as_json or as_csv)
    found: Report | Difference
    with (
        target.open(create=False) as ledger,
        show_work("the report is made", quiet=as_json or as_csv),
    ):
        if against is not None:
            found = ledger.compare(dataset, against, **options)
        elif is_screen:
            from provenance.report.screen import ON_SCREEN  # noqa: PLC0415 - heavy

            found = ledger.report(dataset, **options | {"by": ON_SCREEN}, quick=True)
        else:
            found = ledger.report(dataset, **options)
    if as_json:
        print_json(found.to_dict())
    elif as_csv:
        table = found.to_arrow()
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(zip(*table.to_pydict().values(), strict=True))
    else:
        print_drawn(_draw(found, is_screen=is_screen, show_all=show_all))


def _refuse_against(html: Path | None, sign: Path | None, *, show_all: bool) -> None:
    if html is not None:
        raise click.UsageError("a page shows one dataset: leave out --against")
    if sign is not None:
        raise click.UsageError("two reports are not signed as one: sign each")
    if show_all:
        raise click.UsageError("--all is of one report; with --against see --csv")


def _write_page(path: Path, explorer: Explorer) -> None:
    from provenance.report.explorer import render_page  # noqa: PLC0415 - heavy

    page = render_page(explorer).encode()
    write_file(path, page)
    supposed = ", ".join(scenario.dataset for scenario in explorer.scenarios)
    say(f"{path}: {len(page):,} bytes", err=True)
    say(f"can suppose as generated: {supposed or 'nothing'}", err=True)


def _draw(
    found: Report | Difference, *, is_screen: bool, show_all: bool
) -> RenderableType:
    from provenance.report import Report  # noqa: PLC0415 - heavy

    if not isinstance(found, Report):
        from provenance.report.side_by_side import (  # noqa: PLC0415 - heavy
            draw_difference,
        )

        return draw_difference(found)
    if is_screen:
        from provenance.report.screen import draw_screen  # noqa: PLC0415 - heavy

        return draw_screen(found)
    from provenance.report.terminal import (  # noqa: PLC0415 - heavy
        MOST_GROUPS,
        draw_report,
    )

    return draw_report(found, most=None if show_all else MOST_GROUPS)
