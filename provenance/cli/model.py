"""``provenance model``: record and list models."""

from __future__ import annotations

from datetime import datetime

import click

from provenance.cli.output import print_json, print_table
from provenance.cli.target import Target

__all__ = ["model"]


@click.group()
def model() -> None:
    """Record and list models: names, bases, training sets."""


@model.command("add")
@click.argument("name")
@click.option("--alias", "aliases", multiple=True, metavar="A", help="Another name.")
@click.option("--provider", metavar="P", help="Who makes it.")
@click.option(
    "--released",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day of its release, YYYY-MM-DD.",
)
@click.option(
    "--based-on", multiple=True, metavar="MODEL", help="Model it was made from."
)
@click.option(
    "--trained-on",
    multiple=True,
    metavar="DATASET[@V]",
    help="Dataset it was trained on; without a version, all of them.",
)
@click.option(
    "--training-complete/--training-open",
    default=None,
    help="Whether these are all it was trained on.",
)
@click.option(
    "--generative/--not-generative",
    default=None,
    help="Whether it makes content, as models do unless said otherwise.",
)
@click.pass_obj
def add(
    target: Target,
    name: str,
    aliases: tuple[str, ...],
    provider: str | None,
    released: datetime | None,
    based_on: tuple[str, ...],
    trained_on: tuple[str, ...],
    training_complete: bool | None,
    generative: bool | None,
) -> None:
    """Record a model, or more about it; what is left out stays as it was."""
    with target.open() as ledger:
        position = ledger.add_model(
            name,
            aliases=aliases,
            provider=provider,
            released=released.date() if released else None,
            based_on=based_on,
            trained_on=trained_on,
            training_complete=training_complete,
            generative=generative,
        )
    click.echo(f"model {name} recorded at log position {position}")


@model.command("list")
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@click.pass_obj
def list_(target: Target, as_json: bool) -> None:
    """List recorded models, and names that only rows mention."""
    with target.open() as ledger:
        models = ledger.models()
    if as_json:
        print_json([one.to_dict() for one in models])
        return
    print_table(
        ("model", "aliases", "provider", "released", "based on", "trained on", "note"),
        [
            (
                one.name,
                ", ".join(one.aliases),
                one.provider or "",
                str(one.released or ""),
                ", ".join(one.based_on),
                ", ".join(one.trained_on),
                _note(
                    registered=one.registered,
                    generative=one.generative,
                    complete=one.training_complete,
                ),
            )
            for one in models
        ],
    )


def _note(*, registered: bool, generative: bool, complete: bool) -> str:
    notes = [] if registered else ["only mentioned"]
    notes += [] if generative else ["not generative"]
    notes += ["training complete"] if complete else []
    return ", ".join(notes)
