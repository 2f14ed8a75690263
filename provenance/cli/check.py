"""``provenance check``: a gate for pipelines."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.as_of import as_of_option
from provenance.cli.output import print_json, say, show_work
from provenance.cli.report import assume_option, policy_option, unit_option
from provenance.cli.target import Target
from provenance.cli.what_if import make_what_if, what_if_options

if TYPE_CHECKING:
    from provenance.report import Checked, Component

__all__ = ["check"]

_CHECK_FAILED = 4


@click.command()
@click.argument("dataset", metavar="DATASET[@VERSION]")
@click.option(
    "--max-downstream",
    metavar="SHARE",
    help="The most that may be downstream of generative models: 0.2 or 20%.",
)
@click.option("--max-unknown", metavar="SHARE", help="The most that may be unknown.")
@click.option(
    "--max-depth",
    metavar="N",
    type=click.IntRange(min=0),
    help="The most generations of models that may lie behind an item.",
)
@click.option(
    "--end",
    type=click.Choice(["high", "low"]),
    default="high",
    show_default=True,
    help="End of the interval that --max-downstream is about: high counts what is "
    "unknown as downstream, low only what is known to be.",
)
@click.option(
    "--allow-open",
    is_flag=True,
    help="Do not fail --max-depth where items may be deeper than is known.",
)
@unit_option("Unit of the shares and of the depth.")
@policy_option
@what_if_options
@assume_option
@as_of_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def check(
    ctx: click.Context,
    /,
    dataset: str,
    max_downstream: str | None,
    max_unknown: str | None,
    max_depth: int | None,
    end: str,
    allow_open: bool,
    unit: str,
    policy: str,
    assume: tuple[str, ...],
    as_of: str | None,
    as_json: bool,
    **changes: Any,
) -> None:
    """Hold a dataset against bounds; exits with 4 when one is not kept.

    What cannot be told is not kept: an empty dataset, records that lack the unit, and
    a depth that may be greater than is known fail, and say why. A dataset that is not
    recorded cannot be asked about: that exits with 1.
    """
    if max_downstream is None and max_unknown is None and max_depth is None:
        raise click.UsageError(
            "give at least one of --max-downstream, --max-unknown and --max-depth"
        )
    target: Target = ctx.obj
    with (
        target.open(create=False) as ledger,
        show_work("the report is made", quiet=as_json),
    ):
        checked = ledger.check(
            dataset,
            max_downstream=max_downstream,
            max_unknown=max_unknown,
            max_depth=max_depth,
            end=end,
            allow_open=allow_open,
            unit=unit,
            policy=policy,
            as_of=as_of,
            what_if=make_what_if(**changes),
            assume=assume,
        )
    if as_json:
        print_json(checked.to_dict())
    else:
        _print(checked)
    if not checked.passed:
        ctx.exit(_CHECK_FAILED)


def _print(checked: Checked) -> None:
    report = checked.report
    asked = f"{report.unit}, policy {report.policy}, as of {report.as_of}"
    asked += "".join(f"; what if {words}" for words in report.what_if)
    asked += "".join(f"; assumed, and not recorded: {said}" for said in report.assumed)
    if checked.passed:
        say(f"pass: {report.dataset}: {'; '.join(checked.measured())} ({asked})")
        return
    say(f"fail: {report.dataset} ({asked})")
    for failure in checked.failures:
        say(f"  {failure.bound}: {failure.says}")
        for by, components in groupby(failure.components, lambda one: one.by):
            said = ", ".join(map(_say, components))
            say(f"    by {by}: {said}")


def _say(component: Component) -> str:
    from provenance.report.words import say_share  # noqa: PLC0415 - not for --help

    value = "not stated" if component.value is None else component.value
    return f"{value} ({say_share(component.share)})"
