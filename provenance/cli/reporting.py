"""``provenance report``: answer, sign, verify."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli.files import read_file
from provenance.cli.output import print_json, say
from provenance.cli.report import report as show
from provenance.cli.target import Target
from provenance.domain import say_count

if TYPE_CHECKING:
    from provenance.ledger.reporting import CheckedReport

__all__ = ["report"]

_FILE = click.Path(dir_okay=False, path_type=Path)


class _ShowByDefault(click.Group):
    """A group whose first word may be left out: then it is ``show``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``show`` before what names no command."""
        first = args[0] if args else ""
        if first not in self.commands and first not in ctx.help_option_names:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ShowByDefault)
def report() -> None:
    """Say how much of a dataset is downstream; sign that, and verify it.

    `provenance report DATASET` is short for `provenance report show DATASET`.
    """


@report.command()
@click.argument("name")
@click.option(
    "--out", required=True, type=_FILE, help="File for the key; never overwritten."
)
def keygen(name: str, out: Path) -> None:
    """Make a key that signs reports; needs no ledger.

    Better not the log's own: whoever publishes reports need not be able to sign the
    log. The verifier key is printed: give it to whoever is to check reports.
    """
    from provenance.log import make_key  # noqa: PLC0415 - heavy
    from provenance.merkle import format_verifier_key  # noqa: PLC0415 - heavy

    key = make_key(out, name, secrets.token_bytes(32))
    click.echo(format_verifier_key(key.verifier()))


@report.command()
@click.argument("file", type=_FILE)
@click.option("--vkey", metavar="K", required=True, help="Key that signs reports.")
@click.option(
    "--log-vkey",
    "log_vkeys",
    metavar="K",
    multiple=True,
    help="The log's verifier key; repeat it for keys that were rotated.",
)
@click.option("--offline", is_flag=True, help="Ask no ledger; recompute nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def verify(
    target: Target,
    file: Path,
    vkey: str,
    log_vkeys: tuple[str, ...],
    offline: bool,
    as_json: bool,
) -> None:
    """Check a signed report, and recompute its numbers from the ledger.

    They are recomputed as of the log that the report is of, however far it has grown.
    Exits with 3 if it was changed, is of another history, or says other numbers than
    the ledger. Take the keys from a source you trust, not from whoever brings the
    report.
    """
    octets = read_file(file)
    if offline:
        from provenance.ledger.reporting import read_report  # noqa: PLC0415 - heavy

        _, checked = read_report(octets, vkey, log_vkeys)
    else:
        with target.open(create=False) as ledger:
            checked = ledger.verify_report(octets, vkey, log_vkeys)
    if as_json:
        print_json(checked.to_dict())
    else:
        _print(checked)


def _print(checked: CheckedReport) -> None:
    from provenance.report.words import say_interval  # noqa: PLC0415 - not for --help

    said = checked.report
    say(f"signed by    {checked.signer}")
    say(
        f"report       {said['dataset']}, policy {said['policy']}, as of "
        f"{said['as_of']}; {say_count(checked.batches, 'batch', 'batches')}"
    )
    for unit, figures in said["units"].items():
        share = figures["downstream_share"]
        if share is not None:
            say(f"  {unit:<10} {say_interval(share)} downstream")
    entries = say_count(checked.size, "entry", "entries")
    say(f"log          {checked.origin}, {entries}")
    if checked.recomputed:
        say("numbers      recomputed: they are the ledger's")
    say("not proved")
    for words in checked.not_proved:
        say(f"  - {words}")


report.add_command(show, "show")
