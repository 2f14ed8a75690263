"""``provenance verify``: check the ledger against its log."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli.files import read_file
from provenance.cli.output import print_json, say, show_progress
from provenance.cli.proof import witness_options
from provenance.cli.target import Target
from provenance.domain import say_count

if TYPE_CHECKING:
    from provenance.ledger import Verified

__all__ = ["verify"]


@click.command()
@click.option("--deep", is_flag=True, help="Hash every record; rebuild and compare.")
@click.option(
    "--vkey",
    "vkeys",
    metavar="K",
    multiple=True,
    help="The log's verifier key, known to you; of keys that were rotated any one "
    "will do, or several.",
)
@click.option(
    "--pin",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A checkpoint of this log that you kept elsewhere.",
)
@witness_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def verify(
    target: Target,
    deep: bool,
    vkeys: tuple[str, ...],
    pin: Path | None,
    witness_keys: tuple[str, ...],
    quorum: int | None,
    max_age: int | None,
    as_json: bool,
) -> None:
    """Check that what is recorded is what was logged; exits with 3 if not.

    Only what is kept elsewhere can show that the whole ledger is not an older copy,
    or made anew: a pinned checkpoint, or witnesses.
    """
    from provenance.log.quorum import make_quorum  # noqa: PLC0415 - heavy

    asked = make_quorum(witness_keys, quorum, now=int(time.time()), max_age=max_age)
    with (
        target.open(create=False) as ledger,
        show_progress(quiet=as_json) as shown,
    ):
        done = ledger.verify(
            deep=deep,
            vkey=vkeys,
            pin=read_file(pin) if pin else None,
            quorum=asked,
            progress=lambda records, total: shown(
                f"{records:,} of {total:,} records hashed"
                if records < total
                else "records hashed; derived tables are made anew and compared"
            ),
        )
    if as_json:
        print_json(done.to_dict())
    else:
        _print(done)


def _say_entries(number: int) -> str:
    return say_count(number, "entry", "entries")


def _print(done: Verified) -> None:
    say(f"log          {_say_entries(done.entries)}, root {done.root}")
    if done.signed_entries is None:
        say("checkpoints  none: the log is not signed")
    else:
        say(
            f"checkpoints  {say_count(done.checkpoints, 'signature')} verified, the "
            f"newest over {_say_entries(done.signed_entries)}"
        )
    if done.anchored.pinned is not None:
        say(f"pin          continues the pinned {_say_entries(done.anchored.pinned)}")
    for name, moment in done.anchored.witnesses:
        say(
            f"witness      {name} vouches for "
            f"{_say_entries(done.anchored.witnessed or 0)}, at {moment} (POSIX)"
        )
    verb = "is" if done.facts == 1 else "are"
    facts = say_count(done.facts, "row")
    say(f"facts        {facts} {verb} what the log says")
    if done.records is not None:
        say(
            f"records      {done.records:,} hashed anew with their edges, "
            f"{done.records_seconds:.1f} s"
        )
        say(f"derived      rebuilt and compared, {done.derived_seconds or 0:.1f} s")
    if done.redacted:
        say(
            f"redacted     {say_count(done.redacted, 'record')} without name and URL; "
            "their leaf "
            "stands by its hash"
        )
    say("not proved")
    for said in done.not_proved:
        say(f"  - {said}")
