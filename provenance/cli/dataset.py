"""``provenance dataset``: record and list dataset versions."""

from __future__ import annotations

import click

from provenance.cli.as_of import as_of_option
from provenance.cli.output import print_json, print_table, say
from provenance.cli.target import Target

__all__ = ["dataset"]


@click.group()
def dataset() -> None:
    """Record and list dataset versions: parents, licence, notes."""


@dataset.command("add")
@click.argument("name", metavar="NAME[@VERSION]")
@click.option(
    "--derived-from",
    multiple=True,
    metavar="D[@V]",
    help="Parent dataset; its own interval is shown beside the report.",
)
@click.option("--license", "license_", metavar="L", help="Licence it comes under.")
@click.option("--note", metavar="N", help="Anything worth knowing.")
@click.pass_obj
def add(
    target: Target,
    name: str,
    derived_from: tuple[str, ...],
    license_: str | None,
    note: str | None,
) -> None:
    """Record a dataset version, or more about it."""
    with target.open() as ledger:
        position = ledger.add_dataset(
            name, derived_from=derived_from, license=license_, note=note
        )
    say(f"dataset {name} recorded at log position {position}")


@dataset.command("list")
@as_of_option
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@click.pass_obj
def list_(target: Target, as_of: str | None, as_json: bool) -> None:
    """List dataset versions with their records, and what cards state of them.

    The last column tells what cards call machine-generated, which covers templates
    and OCR, and the ancestors whose language is.
    """
    with target.open(create=False) as ledger:
        datasets = ledger.datasets(as_of=as_of)
    if as_json:
        print_json(datasets)
        return
    print_table(
        (
            *("dataset", "version", "records", "contents", "derived from", "license"),
            "machine-generated",
        ),
        [
            (
                one["dataset"],
                one["version"],
                f"{one['records']:,}",
                f"{one['contents']:,}",
                ", ".join(one["derived_from"]),
                one["license"] or "",
                ", ".join(
                    one["machine_generated"]
                    + [f"upstream: {name}" for name in one["machine_upstream"]]
                ),
            )
            for one in datasets
        ],
        numbers=("records", "contents"),
    )
