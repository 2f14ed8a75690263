"""``provenance log prove`` and ``verify-proof``: evidence that travels alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.files import read_file, write_file
from provenance.cli.output import print_json, say
from provenance.cli.target import Target
from provenance.domain import say_count
from provenance.domain.digests import format_digest

if TYPE_CHECKING:
    from provenance.log.verify_proof import Proved

__all__ = ["prove", "verify_proof", "witness_options"]

_FILE = click.Path(dir_okay=False, path_type=Path)


def witness_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that ask for the cosignatures of witnesses."""
    for option in (
        click.option(
            "--max-age",
            metavar="SECONDS",
            type=click.IntRange(0),
            help="Refuse cosignatures that are older.",
        ),
        click.option(
            "--quorum",
            metavar="N",
            type=click.IntRange(1),
            help="How many of the witnesses must vouch; all by default.",
        ),
        click.option(
            "--witness-key",
            "witness_keys",
            metavar="K",
            multiple=True,
            help="Verifier key of a witness that must vouch. Repeatable.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("subject", metavar="DIGEST|NAME|POSITION[:INDEX]")
@click.option("--out", type=_FILE, required=True, help="File for the proof.")
@click.pass_obj
def prove(target: Target, subject: str, out: Path) -> None:
    """Write a proof that a record, or an entry of the log, was recorded.

    POSITION is that of a batch, or of any other log entry; POSITION:INDEX is a record
    of a batch. A digest, a name, DATASET#NAME or a URL stands for the record that was
    logged first under it. The file holds all that is needed to check it offline, by
    provenance log verify-proof, or by the single file check_proof.py.
    """
    from provenance.log.proof import format_proof  # noqa: PLC0415 - heavy

    with target.open(create=False) as ledger:
        proof = ledger.prove(subject)
    write_file(out, format_proof(proof))
    said = (f"{name} {value}" for name, value in proof.claim.items() if value != "")
    say(f"{out}: {', '.join(said)}")


@click.command("verify-proof")
@click.argument("file", type=_FILE)
@click.option("--vkey", metavar="K", required=True, help="The log's verifier key.")
@click.option("--digest", metavar="D", help="Digest that it must be about.")
@click.option("--dataset", metavar="NAME[@V]", help="Dataset that it must be about.")
@witness_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify_proof(
    file: Path,
    vkey: str,
    digest: str | None,
    dataset: str | None,
    witness_keys: tuple[str, ...],
    quorum: int | None,
    max_age: int | None,
    as_json: bool,
) -> None:
    """Check a proof file; needs no ledger. Exits with 3 if it proves nothing.

    Take the log's key from a source you trust, not from whoever brings the file.
    """
    from provenance.log.quorum import make_quorum  # noqa: PLC0415 - heavy
    from provenance.log.verify_proof import check_proof  # noqa: PLC0415 - heavy

    now = int(time.time())
    proved = check_proof(
        read_file(file),
        vkey,
        digest=digest,
        dataset=dataset,
        quorum=make_quorum(witness_keys, quorum, now=now, max_age=max_age),
    )
    if as_json:
        print_json(proved.to_dict())
    else:
        _print(proved)


def _print(proved: Proved) -> None:
    claim, head = proved.claim, proved.checkpoint.head
    place = f"entry {claim['position']} ({claim['kind']})"
    if proved.record is not None:
        place = (
            f"record {claim['index']} of the batch at position {claim['position']}, "
            f"dataset {claim['dataset']}"
        )
    say(f"proved       {place}")
    for name, value in (proved.record or {}).items():
        if value:
            say(f"  {name:<10} {_say(name, value)}")
    entries = say_count(head.tree_size, "entry", "entries")
    say(f"log          {proved.checkpoint.origin}, {entries}")
    for witness, moment in proved.cosigned:
        say(f"witness      {witness}, at {moment} (POSIX)")
    say("not proved")
    if not proved.cosigned:
        say("  - when: no witness was asked for; see --witness-key")
    say("  - that what was recorded is true, or is all there was to record")


def _say(name: str, value: str) -> str:
    from provenance.domain.leaf import parse_fields  # noqa: PLC0415 - heavy

    if name == "digest":
        return format_digest(bytes.fromhex(value))
    if name == "copies" and value.isdecimal():  # a leaf has them in thousandths
        return f"{Decimal(value) / 1000:f}"
    if name in ("origins", "parents"):
        return ", ".join(field or "-" for field in parse_fields(value.encode()))
    return value
