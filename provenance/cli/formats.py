"""``provenance formats``: what can be read."""

from __future__ import annotations

from dataclasses import asdict

import click

from provenance.cli.output import print_json, print_table
from provenance.domain.formats import FORMATS, SHAPES

__all__ = ["formats"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Two lists of formats in JSON.")
def formats(*, as_json: bool) -> None:
    """List what manifests can be, how that is told, and what they give.

    First the formats of files, in the words of --format; then what rows of JSONL and
    Parquet can hold: several parts, each of which becomes a record of its own.
    """
    if as_json:
        listed = {"files": FORMATS, "rows": SHAPES}
        print_json({key: [asdict(f) for f in found] for key, found in listed.items()})
        return
    for what, found in (("file", FORMATS), ("rows", SHAPES)):
        rows = [(known.name, known.told_by, known.gives) for known in found]
        print_table((what, "told by", "gives"), rows)
