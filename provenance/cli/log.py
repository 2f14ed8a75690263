"""``provenance log``: keys and checkpoints of the log."""

from __future__ import annotations

from pathlib import Path

import click

from provenance.cli.output import print_json, say
from provenance.cli.proof import prove, verify_proof
from provenance.cli.target import Target
from provenance.cli.witness import compare, verify_fork, witness
from provenance.domain import say_count

__all__ = ["log"]


@click.group()
def log() -> None:
    """Sign the log, and prove to others what it holds."""


_FILE = click.Path(dir_okay=False, path_type=Path)


@log.command()
@click.argument("name")
@click.option(
    "--out", required=True, type=_FILE, help="File for the key; never overwritten."
)
@click.pass_obj
def keygen(target: Target, name: str, out: Path) -> None:
    """Make a signing key, record it, and sign the log with it.

    NAME is the origin of the log: a URL without its scheme, such as
    example.org/ledger. The verifier key is printed: give it to whoever is to check
    the log. Keep the file, and name it with --key or $PROVENANCE_KEY. A log has one
    key at a time; `provenance log rotate` changes to another.
    """
    with target.open() as ledger:
        click.echo(ledger.make_key(out, name))


@log.command()
@click.pass_obj
def checkpoint(target: Target) -> None:
    """Sign the log as it stands and print the signed note.

    With --key or $PROVENANCE_KEY every change of the ledger is signed at once.
    """
    with target.open(create=False) as ledger:
        click.echo(ledger.checkpoint(), nl=False)


@log.command()
@click.option(
    "--out", required=True, type=_FILE, help="File for the new key; never overwritten."
)
@click.pass_obj
def rotate(target: Target, out: Path) -> None:
    """Change to a new key of the same name; both sign the change."""
    with target.open(create=False) as ledger:
        click.echo(ledger.rotate_key(out))


@log.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--batches", is_flag=True, help="The hashes of every batch's tree too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def export(target: Target, folder: Path, batches: bool, as_json: bool) -> None:
    """Write the signed log as static files that any C2SP tool can audit.

    Tiles, entry bundles and checkpoint as c2sp.org/tlog-tiles has them. Run it again
    for what is new: tiles never change, and the checkpoint is replaced last.
    """
    with target.open(create=False) as ledger:
        done = ledger.export(folder, batches=batches)
    if as_json:
        print_json(done.to_dict())
    else:
        say(
            f"{folder}: {done.origin}, {say_count(done.entries, 'entry', 'entries')}; "
            f"{say_count(done.written, 'file')} written, {done.kept:,} were there"
        )


for _command in (prove, verify_proof, witness, compare, verify_fork):
    log.add_command(_command)
