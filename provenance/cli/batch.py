"""``provenance batch``: list what was recorded of manifests, take it back."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from provenance.cli.impact import (
    dry_run_option,
    json_option,
    print_correction,
    why_option,
)
from provenance.cli.output import print_json, print_table, show_work
from provenance.cli.target import Target

__all__ = ["batch"]

_MICROSECONDS = 1_000_000


@click.group()
def batch() -> None:
    """List the batches of manifests, and take back wrong ones."""


@batch.command("list")
@click.argument("dataset", metavar="[DATASET[@VERSION]]", required=False)
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@click.pass_obj
def list_(target: Target, dataset: str | None, as_json: bool) -> None:
    """List batches, those that were withdrawn too."""
    with target.open(create=False) as ledger:
        batches = ledger.batches(dataset)
    if as_json:
        print_json(batches)
        return
    print_table(
        ("id", "dataset", "manifest", "rows", "records", "logged", "standing"),
        [
            (
                str(one["position"]),
                "@".join(filter(None, (one["dataset"], one["version"]))),
                one["manifest"],
                f"{one['first_row']:,} to {one['last_row']:,}",
                f"{one['records']:,}",
                _say_time(one["recorded_at"]),
                ""
                if one["withdrawn"] is None
                else f"withdrawn at {one['withdrawn']}: {one['why']}",
            )
            for one in batches
        ],
        numbers=("id", "rows", "records"),
    )


def _say_time(microseconds: int) -> str:
    moment = datetime.fromtimestamp(microseconds // _MICROSECONDS, UTC)
    return moment.strftime("%Y-%m-%d %H:%M")


@batch.command("withdraw")
@click.argument(
    "positions", metavar="ID...", type=click.IntRange(min=0), nargs=-1, required=True
)
@why_option
@dry_run_option
@json_option
@click.pass_obj
def withdraw(
    target: Target,
    positions: tuple[int, ...],
    why: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take back the records of batches; print what that changes.

    ID is a log position, as batch list shows it; a large manifest has several
    batches. Nothing is deleted, and the manifest can be recorded again.
    """
    with (
        target.open(create=False) as ledger,
        show_work("records are taken back", quiet=as_json),
    ):
        done = ledger.withdraw_batch(*positions, why=why, dry_run=dry_run)
    print_correction(done, f"withdrawal of {done.subject}", as_json=as_json)
