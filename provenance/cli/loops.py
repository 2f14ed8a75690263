"""``provenance loops``: what hangs on itself."""

from __future__ import annotations

import click

from provenance.cli.as_of import as_of_option
from provenance.cli.output import print_json, say
from provenance.cli.target import Target

__all__ = ["loops"]


@click.command()
@as_of_option
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@click.pass_obj
def loops(target: Target, as_of: str | None, as_json: bool) -> None:
    """List models trained on what they wrote, and items derived from themselves."""
    with target.open(create=False) as ledger:
        found = ledger.loops(as_of=as_of)
    if as_json:
        print_json([loop.to_dict() for loop in found])
        return
    for loop in found:
        say(f"{loop.kind}: {loop.text}")
        for item in loop.items:
            say(f"  {item}")
    if not found:
        say("no loops")
