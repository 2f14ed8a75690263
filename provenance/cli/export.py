"""``provenance export``: what is known of a dataset, in the formats of others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli.output import print_json, say
from provenance.cli.report import policy_option, unit_option
from provenance.cli.target import Target

if TYPE_CHECKING:
    from provenance.ledger.exporting import Exported

__all__ = ["export"]

_FORMATS = (
    *("parquet", "prov-json", "croissant", "cyclonedx", "spdx", "openlineage"),
    *("card", "eu-summary", "ab-2013", "dps"),
)


@click.command(epilog=f"FORMAT is one of: {', '.join(_FORMATS)}.")
@click.argument("format_", metavar="FORMAT", type=click.Choice(_FORMATS))
@click.argument("dataset", metavar="DATASET[@VERSION]")
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="File to write; of formats with rows a folder, which is made.",
)
@policy_option
@unit_option("Unit of breakdowns and of the depth.", default="tokens")
@click.option(
    "--beside",
    metavar="DATASET[@VERSION]",
    multiple=True,
    help="A dataset that goes along whole; of parquet only. Repeatable.",
)
@click.option("--overwrite", is_flag=True, help="Write anew what is there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def export(
    target: Target,
    /,
    *,
    format_: str,
    dataset: str,
    out: Path,
    policy: str,
    unit: str,
    beside: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write what is known of a dataset in a format that others read.

    Prints what the format cannot carry: it follows from what is in the dataset.
    """
    if beside and format_ != "parquet":
        raise click.UsageError(f"--beside is of parquet only, and not of {format_}")
    with target.open(create=False) as ledger:
        done = ledger.export_dataset(
            format_,
            dataset,
            out,
            policy=policy,
            unit=unit,
            beside=beside,
            overwrite=overwrite,
        )
    if as_json:
        print_json(done.to_dict())
    else:
        _print(done)


def _print(done: Exported) -> None:
    say(f"{done.dataset} → {done.format}")
    for path in done.files:
        say(f"  written  {path} ({path.stat().st_size:,} bytes)")
    for loss in done.lost:
        amount = f"{loss.amount:,.3f}".rstrip("0").rstrip(".")
        say(f"  lost     {loss.what}: {amount} {loss.words}")
    if not done.lost:
        say("  lost     nothing")
