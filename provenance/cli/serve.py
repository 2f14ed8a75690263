"""``provenance serve``: the pages of a ledger, in the machine's own browser."""

from __future__ import annotations

import click

from provenance.cli.output import say
from provenance.cli.target import Target
from provenance.errors import LedgerStateError

__all__ = ["serve"]

_PORT = 8765


@click.command()
@click.argument("dataset", metavar="[DATASET[@VERSION]]", required=False)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    help="Port on loopback; 0: any that is free.",
)
@click.pass_obj
def serve(target: Target, dataset: str | None, port: int) -> None:
    """Show the ledger's pages in a browser of this machine, until Ctrl-C.

    What `provenance report --html` writes, for every dataset and as the ledger stands
    when it is asked. The database is opened for reading only, and only this machine is
    served. Such a page cannot suppose that a dataset was generated: that needs a lock.
    """
    from provenance.cli.pages import make_server, say_link  # noqa: PLC0415 - heavy

    with target.open(create=False, read_only=True) as ledger:
        if dataset is not None:
            ledger.report(dataset)
        try:
            server = make_server(ledger, port)
        except OSError as error:
            raise LedgerStateError(
                f"port {port} cannot be used: {error.strerror}",
                hint="Name another with --port; 0 takes any that is free.",
            ) from error
        with server:
            say(f"serving {say_link(server.server_port, dataset or '')}")
            say("Press Ctrl-C to stop.", err=True)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                say("stopped", err=True)
