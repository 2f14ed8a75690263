"""The command line: parse, make one call of ``Ledger``, print."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from provenance import __version__
from provenance.cli.batch import batch
from provenance.cli.check import check
from provenance.cli.claim import claim
from provenance.cli.conflicts import conflicts
from provenance.cli.database import db
from provenance.cli.dataset import dataset
from provenance.cli.descendants import descendants
from provenance.cli.explain import explain
from provenance.cli.export import export
from provenance.cli.formats import formats
from provenance.cli.ingest import ingest
from provenance.cli.inspect import inspect
from provenance.cli.log import log
from provenance.cli.loops import loops
from provenance.cli.model import model
from provenance.cli.output import say
from provenance.cli.policy import policy
from provenance.cli.records import records
from provenance.cli.reporting import report
from provenance.cli.select import exclude, select
from provenance.cli.serve import serve
from provenance.cli.standard_output import prepare_streams
from provenance.cli.target import Target
from provenance.cli.verify import verify
from provenance.errors import (
    BROKEN_OFF,
    LedgerError,
    LedgerStateError,
    VerificationError,
)

__all__ = ["cli", "main"]

_DEFAULT = "sqlite:///provenance.db"
_REFUSED, _NOT_VERIFIED = 1, 3
_OUT_OF_MEMORY = LedgerStateError(
    "memory ran out; nothing half-recorded was kept",
    hint="Let the process have more (ulimit -v), or use a machine that has more. Then "
    "run the command again; an ingest goes on behind the last committed batch.",
)
_INTERRUPTED = 130
"""What shells make of a program that Ctrl-C ended."""
_told: list[int] = []
"""Signals that told this process to end."""


def _tell(error: LedgerError) -> int:
    """Print what an error says, and return the exit code it ends in."""
    say(f"Error: {error.message}", err=True)
    if error.hint:
        say(f"Hint: {error.hint}", err=True)
    return _NOT_VERIFIED if isinstance(error, VerificationError) else _REFUSED


class _Group(click.Group):
    """A group whose commands end in the exit code of the error they raise."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            name = error.option_name
            if not any(name in option.opts for option in self.params):
                raise
            told = f"{name} stands before the command: provenance {name} … COMMAND"
            raise click.NoSuchOption(name, told, ctx=error.ctx) from error
        except LedgerError as error:
            ctx.exit(_tell(error))
        except MemoryError:
            ctx.exit(_tell(_OUT_OF_MEMORY))
        except (KeyboardInterrupt, RuntimeError) as error:
            if isinstance(error, RuntimeError) and str(error) != BROKEN_OFF:
                raise
            if _told:
                ctx.exit(128 + _told[0])
            say("Interrupted: nothing half-recorded was kept.", err=True)
            say(
                "Hint: Run the command again; an ingest goes on behind the last batch "
                "that was committed.",
                err=True,
            )
            ctx.exit(_INTERRUPTED)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--ledger",
    "url",
    metavar="URL",
    envvar="PROVENANCE_LEDGER",
    default=_DEFAULT,
    show_default=True,
    help="Database of the ledger, or $PROVENANCE_LEDGER; created on first use.",
)
@click.option(
    "--key",
    metavar="FILE",
    envvar="PROVENANCE_KEY",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Key that signs the log at each change, or $PROVENANCE_KEY.",
)
@click.version_option(__version__, prog_name="provenance")
@click.pass_context
def cli(ctx: click.Context, url: str, key: Path | None) -> None:
    """Know how much of a training set is downstream of generative models.

    Exit codes: 0 done, 1 refused, 2 usage, 3 verification failed, 4 check failed,
    130 interrupted.
    """
    ctx.obj = Target(url, key)


for command in (
    ingest,
    inspect,
    formats,
    report,
    export,
    check,
    select,
    exclude,
    serve,
    explain,
    descendants,
    conflicts,
    loops,
    model,
    dataset,
    policy,
    claim,
    batch,
    records,
    log,
    verify,
    db,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line.

    Being told to end takes away what lies in temporary places, as Ctrl-C does.
    """
    for told in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(told) is signal.SIG_DFL:  # not so under nohup
            signal.signal(told, _end)
    prepare_streams()
    try:
        cli.main(args=sys.argv[1:], prog_name="provenance")
    except LedgerStateError as error:  # of --help and --version
        sys.exit(_tell(error))


def _end(number: int, _: object) -> None:
    _told.append(number)
    sys.exit(128 + number)
