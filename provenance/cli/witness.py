"""``provenance log witness``, ``compare``, ``verify-fork``: what others vouch for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli.files import read_file, write_file
from provenance.cli.output import print_json, say
from provenance.cli.target import Target
from provenance.domain import say_count

if TYPE_CHECKING:
    from provenance.log.history import Branch

__all__ = ["compare", "verify_fork", "witness"]

_FILE = click.Path(dir_okay=False, path_type=Path)
_KEYS = click.option(
    "--vkey",
    "vkeys",
    metavar="K",
    multiple=True,
    required=True,
    help="The log's verifier key; repeat it for keys that were rotated.",
)


@click.command()
@click.argument("url")
@click.option("--vkey", metavar="K", required=True, help="The witness's verifier key.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def witness(target: Target, url: str, vkey: str, as_json: bool) -> None:
    """Have a witness vouch for the newest checkpoint, and keep its cosignature.

    URL is the submission prefix of a C2SP tlog-witness. The witness remembers the
    largest tree it has seen, so nobody can show it a shorter or another one. Exits
    with 3 if it has seen one.
    """
    with target.open(create=False) as ledger:
        done = ledger.cosign(url, vkey)
    if as_json:
        print_json(done.to_dict())
    else:
        entries = say_count(done.entries, "entry", "entries")
        say(
            f"{done.witness} vouches for {entries} of {done.origin}, "
            f"at {done.cosigned_at} (POSIX)"
        )


@click.command()
@click.argument("first", metavar="A", type=_FILE)
@click.argument("second", metavar="B", type=_FILE)
@_KEYS
@click.option(
    "--tiles",
    type=click.Path(file_okay=False, path_type=Path),
    help="Export that knows the entries, in place of the ledger.",
)
@click.option("--out", type=_FILE, help="File for the evidence, should it be a fork.")
@click.pass_obj
def compare(
    target: Target,
    first: Path,
    second: Path,
    vkeys: tuple[str, ...],
    tiles: Path | None,
    out: Path | None,
) -> None:
    """Say whether two signed checkpoints of one log tell one history.

    Exits with 0 if the newer continues the older, and with 3 if the log was forked;
    the evidence convinces anyone who knows the log's key. Checkpoints of different
    sizes need the entries: from the ledger, or from an export.
    """
    from provenance.log.compare import compare_notes  # noqa: PLC0415 - heavy
    from provenance.log.fork import format_fork  # noqa: PLC0415 - heavy
    from provenance.log.history import open_folder  # noqa: PLC0415 - heavy
    from provenance.log.keys import parse_known_key  # noqa: PLC0415 - heavy

    def open_branch() -> Branch:
        if tiles is not None:
            return open_folder(tiles)
        with target.open(create=False) as ledger:
            return ledger.branch()

    keys = [parse_known_key(vkey) for vkey in vkeys]
    fork = compare_notes(read_file(first), read_file(second), keys, open_branch)
    if fork is None:
        say("consistent: the newer checkpoint continues the older one")
        return
    evidence = format_fork(fork)
    if out is None:
        click.echo(evidence, nl=False)
    else:
        write_file(out, evidence)
    say("fork: the log's key has signed two histories; keep both notes", err=True)
    click.get_current_context().exit(3)


@click.command("verify-fork")
@click.argument("file", type=_FILE)
@_KEYS
def verify_fork(file: Path, vkeys: tuple[str, ...]) -> None:
    """Check evidence that a log was forked; needs no ledger.

    Exits with 0 if it is shown, and with 3 if the file shows no fork.
    """
    from provenance.log import fork  # noqa: PLC0415 - heavy
    from provenance.log.keys import parse_known_key  # noqa: PLC0415 - heavy

    keys = [parse_known_key(vkey) for vkey in vkeys]
    older, newer = fork.verify_fork(fork.parse_fork(read_file(file)), keys)
    say(
        f"{older.origin} was forked: its checkpoint of {newer.head.tree_size:,} "
        f"entries is no continuation of that of {older.head.tree_size:,}"
    )
