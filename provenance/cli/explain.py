"""``provenance explain``: why an item has its tier."""

from __future__ import annotations

import click

from provenance.cli.as_of import as_of_option
from provenance.cli.output import print_drawn, print_json
from provenance.cli.target import Target

__all__ = ["explain"]


@click.command()
@click.argument(
    "subjects", metavar="DIGEST|NAME|URL|POSITION:INDEX...", nargs=-1, required=True
)
@click.option(
    "--most",
    type=click.IntRange(min=1),
    default=500,
    show_default=True,
    help="Items to walk; what lies beyond is counted.",
)
@as_of_option
@click.option("--json", "as_json", is_flag=True, help="A JSON array, one per item.")
@click.pass_obj
def explain(
    target: Target,
    subjects: tuple[str, ...],
    most: int,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Print the records, origins and parents that make the tier of items.

    An item is asked for by its digest in any spelling, a name, DATASET#NAME, a URL,
    one of its records, as POSITION:INDEX in the log, or as lists print what has no
    digest of its own (short:…, name:…). Every fact is shown with its evidence and
    grade, batch, file and row, and its place in the log; for what the item inherited,
    the shortest way to each model that flows in.
    """
    with target.open(create=False) as ledger:
        found = ledger.explain(*subjects, most=most, as_of=as_of)
    if as_json:
        print_json([explanation.to_dict() for explanation in found])
        return
    from provenance.report.tree import draw_explanation  # noqa: PLC0415 - heavy

    for explanation in found:
        print_drawn(draw_explanation(explanation))
