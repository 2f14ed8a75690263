"""Print what a correction does to the reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provenance.cli.output import print_json, print_table, say
from provenance.domain import Tier, say_count

if TYPE_CHECKING:
    from provenance.ledger.impact import Correction
    from provenance.report import UnitFigures

__all__ = ["dry_run_option", "json_option", "print_correction", "why_option"]

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Tell what would change, and keep nothing."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
why_option = click.option(
    "--why", metavar="TEXT", required=True, help="The reason; it stays in the log."
)


def print_correction(done: Correction, said: str, *, as_json: bool) -> None:
    """Write what was recorded, and which reports it changes.

    Args:
        done: What came of it.
        said: What was recorded, in words.
        as_json: Write one JSON object instead.
    """
    if as_json:
        print_json(done.to_dict())
        return
    if done.dry_run:
        say(f"dry run: nothing was recorded of: {said}")
    else:
        say(f"{said}; log position {done.position}")
    if done.reached is not None:
        items = say_count(done.reached, "recorded item")
        say(f"it speaks of {items}")
    if done.note is not None:
        say(done.note)
    if not done.changes:
        say("no report changes under the policy default")
        return
    changed = say_count(len(done.changes), "dataset version")
    verb = "would change" if done.dry_run else "changed"
    say(f"{changed} {verb} (policy default)")
    print_table(
        ("dataset", "unit", "downstream", "what moves"),
        [
            _row(change.dataset, str(unit), before, change.after[unit])
            for change in done.changes
            for unit, before in change.before.items()
        ],
        numbers=("downstream",),
    )


def _row(
    dataset: str, unit: str, before: UnitFigures, after: UnitFigures
) -> tuple[str, ...]:
    from provenance.report.words import (  # noqa: PLC0415 - not needed for --help
        say_interval,
        say_number,
    )

    moves = [
        f"{tier} {say_number(before.tiers[tier])} → {say_number(after.tiers[tier])}"
        for tier in Tier
        if before.tiers[tier] != after.tiers[tier]
    ]
    shares = [say_interval(figures.share) for figures in (before, after)]
    return (
        dataset,
        unit,
        " → ".join(dict.fromkeys(shares)),
        ", ".join(moves) or "only what records lack",
    )
