"""``provenance model``: record and list models."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import TYPE_CHECKING

import click

from provenance.cli.output import print_json, print_table, say, show_work
from provenance.cli.target import Target

if TYPE_CHECKING:
    from provenance.domain.model_names import Guess

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
    with target.open() as ledger, show_work("items are assessed anew"):
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
    say(f"model {name} recorded at log position {position}")


@model.command("list")
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@click.pass_obj
def list_(target: Target, as_json: bool) -> None:
    """List recorded models, and names that only rows mention: these are unconfirmed."""
    with target.open(create=False) as ledger:
        models = ledger.models()
    if as_json:
        print_json([one.to_dict() for one in models])
        return
    columns = ("model", "confirmed", "aliases", "provider", "released")
    print_table(
        (*columns, "based on", "trained on", "note"),
        [
            (
                one.name,
                "yes" if one.registered else "no",
                ", ".join(one.aliases),
                one.provider or "",
                str(one.released or ""),
                ", ".join(one.based_on),
                ", ".join(one.trained_on),
                _note(generative=one.generative, complete=one.training_complete),
            )
            for one in models
        ],
    )


def _note(*, generative: bool, complete: bool) -> str:
    notes = [] if generative else ["not generative"]
    notes += ["training complete"] if complete else []
    return ", ".join(notes)


@model.command("suggest")
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@click.pass_obj
def suggest(target: Target, as_json: bool) -> None:
    """Guess what unconfirmed names of models mean, and say why.

    Nothing is merged: each guess comes with the command that confirms it. To turn one
    down, record the name as a model of its own. A name that fits several models is
    told, and not guessed.
    """
    with target.open(create=False) as ledger:
        guesses = ledger.suggest_models()
    if as_json:
        print_json([guess.to_dict() for guess in guesses])
        return
    for guess in guesses:
        if guess.arguments:
            say(f"{guess.name!r} may be {_say_guess(guess)}: {guess.why}")
            say(f"  provenance model {shlex.join(guess.arguments)}")
        else:
            any_of = ", ".join(map(repr, guess.models))
            say(f"{guess.name!r} is unclear, {guess.why}; near: {any_of}")
    if not guesses:
        say("no guesses")


def _say_guess(guess: Guess) -> str:
    if guess.kind == "no_model":
        return "no model"
    said = repr(guess.models[0])
    return f"a dated version of {said}" if guess.kind == "dated" else said
