"""``provenance report``: the answer."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import click

from provenance.cli.as_of import as_of_option
from provenance.cli.output import make_console, print_json
from provenance.cli.target import Target

__all__ = ["report"]

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


@click.command()
@click.argument("dataset", metavar="DATASET[@VERSION]")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(_GROUPINGS),
    help="Break the total down. Repeatable.",
)
@click.option(
    "--unit",
    type=click.Choice(_UNITS),
    default="items",
    show_default=True,
    help="Unit of the breakdowns and of the depth.",
)
@click.option("--policy", metavar="NAME", default="default", show_default=True)
@as_of_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--csv", "as_csv", is_flag=True, help="One row per unit and group.")
@click.option(
    "--sign",
    metavar="KEY",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Sign the report with the key in this file; prints a DSSE envelope.",
)
@click.pass_obj
def report(
    target: Target,
    dataset: str,
    by: tuple[str, ...],
    unit: str,
    policy: str,
    as_of: str | None,
    as_json: bool,
    as_csv: bool,
    sign: Path | None,
) -> None:
    """Say how much of a dataset is downstream of generative models.

    The answer is an interval: what is known to be generated or derived, up to that
    and all that is unknown.
    """
    if sum(map(bool, (as_json, as_csv, sign))) > 1:
        raise click.UsageError("--json, --csv and --sign exclude each other")
    if sign is not None:
        with target.open(create=False) as ledger:
            signed = ledger.sign_report(
                dataset, sign, by=by, unit=unit, policy=policy, as_of=as_of
            )
        click.echo(signed, nl=False)
        return
    with target.open(create=False) as ledger:
        found = ledger.report(dataset, by=by, unit=unit, policy=policy, as_of=as_of)
    if as_json:
        print_json(found.to_dict())
    elif as_csv:
        table = found.to_arrow()
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(zip(*table.to_pydict().values(), strict=True))
    else:
        from provenance.report.terminal import draw_report  # noqa: PLC0415 - heavy

        make_console().print(draw_report(found))
