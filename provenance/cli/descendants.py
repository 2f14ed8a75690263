"""``provenance descendants``: what came of an item, a dataset, a model's output."""

from __future__ import annotations

import click

from provenance.cli.output import print_json, print_table, say
from provenance.cli.target import Target

__all__ = ["descendants"]


@click.command()
@click.argument("subject", metavar="DIGEST|DATASET|MODEL")
@click.option(
    "--kind",
    type=click.Choice(["item", "dataset", "model"]),
    help="What it is, where its name does not tell.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def descendants(target: Target, subject: str, kind: str | None, as_json: bool) -> None:
    """Count what was derived from an item, a dataset or what a model wrote.

    By dataset version and by hops: how many derivations lie between. At 0 hops stands
    the content itself, wherever it occurs. Contents are counted once for each dataset
    version they occur in.
    """
    with target.open(create=False) as ledger:
        found = ledger.descendants(subject, kind=kind)
    if as_json:
        print_json(found.to_dict())
        return
    say(
        f"{found.contents:,} contents are derived from the {found.kind} "
        f"{found.subject}, up to {found.greatest_hops} hops away"
    )
    print_table(
        ("hops", "dataset", "contents", "records"),
        [
            (str(one.hops), one.dataset, f"{one.contents:,}", f"{one.records:,}")
            for one in found.counts
        ],
        numbers=("hops", "contents", "records"),
    )
