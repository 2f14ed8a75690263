"""``provenance explain``: why an item has its tier."""

from __future__ import annotations

import click

from provenance.cli.output import make_console, print_json
from provenance.cli.target import Target

__all__ = ["explain"]


@click.command()
@click.argument("subject", metavar="DIGEST|NAME|URL")
@click.option("--json", "as_json", is_flag=True, help="A JSON array, one per item.")
@click.pass_obj
def explain(target: Target, subject: str, as_json: bool) -> None:
    """Print the records, origins and parents that make an item's tier.

    SUBJECT is a digest in any spelling, a name, DATASET#NAME, or a URL.
    """
    with target.open(create=False) as ledger:
        found = ledger.explain(subject)
    if as_json:
        print_json([explanation.to_dict() for explanation in found])
        return
    from provenance.report.terminal import draw_explanation  # noqa: PLC0415 - heavy

    for explanation in found:
        make_console().print(draw_explanation(explanation))
