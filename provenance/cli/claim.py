"""``provenance claim``: say something of whole datasets, sources, models."""

from __future__ import annotations

from datetime import datetime

import click

from provenance.cli.impact import (
    dry_run_option,
    json_option,
    print_correction,
    why_option,
)
from provenance.cli.output import print_json, print_table, show_work
from provenance.cli.target import Target

__all__ = ["claim"]

_DAY = click.DateTime(["%Y-%m-%d"])
_UNITS = ("items", "bytes", "tokens", "records", "contents")


@click.group()
def claim() -> None:
    """Say who made whole datasets or sources, list that, take it back."""


@claim.command("add")
@click.option("--dataset", metavar="D[@V]", help="Every item of it, later ones too.")
@click.option("--source", metavar="HOST", help="Every item of a host or domain.")
@click.option("--model", metavar="M", help="A model; listed, and changes no number.")
@click.option("--generated-by", metavar="M", help="The model that made the content.")
@click.option(
    "--origin",
    type=click.Choice(["human", "model", "other"]),
    help="Who made it; model is one that is not named.",
)
@click.option(
    "--mode", metavar="MODE", default="unspecified", help="What the model did."
)
@click.option(
    "--evidence",
    metavar="E",
    default="declared",
    show_default=True,
    help="How that is known.",
)
@click.option("--from", "since", metavar="DATE", type=_DAY, help="Fetched since then.")
@click.option("--to", "until", metavar="DATE", type=_DAY, help="Fetched until then.")
@click.option(
    "--share", metavar="S", help="Part of the dataset, not said which: 0.3 or 30%."
)
@click.option("--unit", type=click.Choice(_UNITS), help="Unit of the share.")
@click.option("--note", metavar="N", help="Anything worth knowing.")
@click.option("--who", metavar="W", help="Who says so.")
@dry_run_option
@json_option
@click.pass_obj
def add(
    target: Target,
    dataset: str | None,
    source: str | None,
    model: str | None,
    generated_by: str | None,
    origin: str | None,
    mode: str,
    evidence: str,
    since: datetime | None,
    until: datetime | None,
    share: str | None,
    unit: str | None,
    note: str | None,
    who: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Claim something of one dataset, source or model; print what that changes.

    A claim reaches every item of which no row says as well, or better, where it
    comes from; in every dataset, and in all that is derived from it.
    """
    with (
        target.open(create=not dry_run) as ledger,
        show_work("items are assessed anew", quiet=as_json),
    ):
        done = ledger.claim(
            dataset=dataset,
            source=source,
            model=model,
            generated_by=generated_by,
            origin=origin,
            mode=mode,
            evidence=evidence,
            since=since.date() if since else None,
            until=until.date() if until else None,
            share=share,
            unit=unit,
            note=note,
            who=who,
            dry_run=dry_run,
        )
    print_correction(done, f"claim of {done.subject}", as_json=as_json)


@claim.command("list")
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@click.pass_obj
def list_(target: Target, as_json: bool) -> None:
    """List claims, those that were withdrawn too."""
    with target.open(create=False) as ledger:
        claims = ledger.claims()
    if as_json:
        print_json(claims)
        return
    print_table(
        ("id", "about", "says", "who", "note", "standing"),
        [
            (
                str(one["position"]),
                one["about"],
                one["says"],
                one["who"] or "",
                one["note"] or "",
                _say_standing(one["withdrawn"], one["why"], one["effect"]),
            )
            for one in claims
        ],
        numbers=("id",),
    )


def _say_standing(withdrawn: int | None, why: str | None, effect: str) -> str:
    if withdrawn is not None:
        return f"withdrawn at {withdrawn}: {why}"
    return effect


@claim.command("withdraw")
@click.argument("position", metavar="ID", type=click.IntRange(min=0))
@why_option
@dry_run_option
@json_option
@click.pass_obj
def withdraw(
    target: Target, position: int, why: str, dry_run: bool, as_json: bool
) -> None:
    """Take back a claim; print what that changes.

    ID is its log position, as claim list shows it. Nothing is deleted: the claim and
    its withdrawal both stay in the log.
    """
    with (
        target.open(create=False) as ledger,
        show_work("items are assessed anew", quiet=as_json),
    ):
        done = ledger.withdraw_claim(position, why=why, dry_run=dry_run)
    print_correction(done, f"withdrawal of {done.subject}", as_json=as_json)
