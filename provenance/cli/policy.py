"""``provenance policy``: what counts, recorded under a name."""

from __future__ import annotations

from typing import Any

import click

from provenance.cli.output import print_json, print_table, say, show_work
from provenance.cli.target import Target
from provenance.cli.what_if import make_what_if, what_if_options

__all__ = ["policy"]


@click.group()
def policy() -> None:
    """Record and list policies: what counts when pedigrees are assessed."""


@policy.command("add")
@click.argument("name")
@click.option(
    "--based-on",
    metavar="NAME[@VERSION]",
    default="default",
    show_default=True,
    help="Policy that is changed.",
)
@what_if_options
@click.pass_obj
def add(target: Target, /, name: str, based_on: str, **changes: Any) -> None:
    """Record a policy, or the next version of one.

    What no option says is as in the policy that it is based on. Reports ask for it
    with --policy NAME, and for an older version with NAME@VERSION.
    """
    what_if = make_what_if(**changes)
    with target.open() as ledger, show_work("items are assessed anew"):
        recorded = ledger.add_policy(name, what_if, based_on=based_on)
    say(f"policy {recorded.name}@{recorded.version}")
    for words in recorded.words():
        say(f"  {words}")


@policy.command("show")
@click.argument("name", metavar="NAME[@VERSION]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def show(target: Target, name: str, as_json: bool) -> None:
    """Say what counts under a policy."""
    with target.open(create=False) as ledger:
        found = ledger.policy(name)
    if as_json:
        click.echo(found.to_json())
        return
    say(f"policy {found.name}@{found.version}")
    for words in found.words():
        say(f"  {words}")


@policy.command("list")
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@click.pass_obj
def list_(target: Target, as_json: bool) -> None:
    """List every version of every policy."""
    with target.open(create=False) as ledger:
        found = ledger.policies()
    if as_json:
        print_json([one.to_dict() | {"position": at} for one, at in found])
        return
    print_table(
        ("policy", "log position", "what counts"),
        [
            (f"{one.name}@{one.version}", str(at), "\n".join(one.words()))
            for one, at in found
        ],
        numbers=("log position",),
    )
