"""``provenance records``: what can be done to single records."""

from __future__ import annotations

import click

from provenance.cli.output import print_json, say
from provenance.cli.target import Target
from provenance.domain import say_count

__all__ = ["records"]


@click.group()
def records() -> None:
    """Erase the names and URLs of records."""


@records.command()
@click.argument(
    "subjects", metavar="DIGEST|NAME|URL|POSITION:INDEX...", nargs=-1, required=True
)
@click.option(
    "--why", required=True, help="Reason, kept in the log for good: name nobody in it."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def redact(target: Target, subjects: tuple[str, ...], why: str, as_json: bool) -> None:
    """Erase name and URL of records, after logging that they are erased.

    Digests, numbers and every proof made before stay valid: the log keeps the hash of
    the leaf. Edges that called such a record by its name or URL lead nowhere then.
    Copies elsewhere are yours to find: the manifest, backups, exports, proofs.
    """
    with target.open(create=False) as ledger:
        done = ledger.redact(subjects, why)
    if as_json:
        print_json(done.to_dict())
        return
    at = ", ".join(map(str, done.positions)) or "none"
    say(
        f"{say_count(done.records, 'record')} erased, log position {at}; "
        f"{done.before:,} had been erased before"
    )
