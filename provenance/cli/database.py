"""``provenance db``: the schema, and the tables derived from the facts."""

from __future__ import annotations

import click

from provenance.cli.output import say, show_work
from provenance.cli.target import Target

__all__ = ["db"]

_CHECK_FAILED = 4


@click.group()
def db() -> None:
    """Look after the database: schema and derived tables."""


@db.command()
@click.pass_obj
def upgrade(target: Target) -> None:
    """Bring the schema of a ledger up to date."""
    with target.open(create=False, upgrade=True) as ledger:
        say(f"schema {ledger.revision()}")


@db.command()
@click.pass_obj
def current(target: Target) -> None:
    """Print the revision of the schema."""
    with target.open(create=False) as ledger:
        click.echo(ledger.revision() or "no schema")


@db.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Compare the derived tables with a rebuild, and edges with what they join.

    Changes nothing. Exits with 4 when something differs.
    """
    with ctx.obj.open(create=False) as ledger, show_work("derived tables are compared"):
        differences = ledger.check_derived()
    for difference in differences:
        say(difference)
    if differences:
        ctx.exit(_CHECK_FAILED)
    say("all derived tables are what the facts make them")


@db.command()
@click.pass_obj
def rebuild(target: Target) -> None:
    """Make every derived table anew from the facts."""
    with target.open(create=False) as ledger, show_work("derived tables are made anew"):
        ledger.rebuild()
    say("derived tables rebuilt")


@db.command()
@click.option("--owner", default="provenance_owner", show_default=True, metavar="ROLE")
@click.option(
    "--writer", default="provenance_writer", show_default=True, metavar="ROLE"
)
@click.option(
    "--reader", default="provenance_reader", show_default=True, metavar="ROLE"
)
@click.pass_obj
def roles(target: Target, owner: str, writer: str, reader: str) -> None:
    """Create the roles of a PostgreSQL ledger: owner, writer, reader.

    The owner owns the tables and is for upgrades and erasure only; a writer records
    and cannot change what is recorded; a reader reads. Give them to your users with
    GRANT. Run it again after an upgrade.
    """
    with target.open(create=False) as ledger:
        ledger.grant_roles(owner=owner, writer=writer, reader=reader)
    say(f"owner {owner}, writer {writer}, reader {reader}")
