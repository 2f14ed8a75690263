"""``provenance conflicts``: statements that cannot all be true."""

from __future__ import annotations

import click

from provenance.cli.output import print_json, print_table, say
from provenance.cli.target import Target

__all__ = ["conflicts"]


@click.command()
@click.argument("dataset", required=False, metavar="[DATASET]")
@click.option(
    "--examples",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="Contents to name of each.",
)
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@click.pass_obj
def conflicts(
    target: Target, dataset: str | None, examples: int, as_json: bool
) -> None:
    """List contradictions: two authors, impossible times, shares that do not fit.

    A content that a person and a model are said to have made; one captured before the
    model that made it was released, or before its parent; a claimed share for which
    too little is unknown. Of one dataset, or of all.
    """
    with target.open(create=False) as ledger:
        found = ledger.conflicts(dataset, examples=examples)
    if as_json:
        print_json([one.to_dict() for one in found])
        return
    if not found:
        say("no contradictions")
        return
    print_table(
        ("kind", "dataset", "about", "contents", "for example"),
        [
            (
                one.kind,
                one.dataset,
                one.detail,
                f"{one.contents:,}",
                "\n".join(one.examples),
            )
            for one in found
        ],
        numbers=("contents",),
    )
