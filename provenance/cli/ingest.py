"""``provenance ingest``: record manifests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click

from provenance.cli.output import print_json, show_progress
from provenance.cli.target import Target
from provenance.domain.fields import FIELDS

if TYPE_CHECKING:
    from provenance.ledger import Ingested

__all__ = ["ingest"]

_FORMATS = ("auto", "jsonl", "csv", "parquet", "cdxj", "warc", "arc")


def _pairs(
    _context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    """Read ``FIELD=…`` options."""
    pairs = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not equals or name not in FIELDS:
            raise click.BadParameter(
                f"{value!r} is not FIELD={parameter.metavar}; the fields are: "
                f"{', '.join(FIELDS)}"
            )
        pairs[name] = rest
    return pairs


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--dataset",
    metavar="NAME[@VERSION]",
    help="Dataset version the rows belong to; the file's name by default.",
)
@click.option("--format", "format_", type=click.Choice(_FORMATS), default="auto")
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="FIELD=COLUMN",
    callback=_pairs,
    help="Column that feeds a field; nested columns by dotted path. Repeatable.",
)
@click.option(
    "--set",
    "constants",
    multiple=True,
    metavar="FIELD=VALUE",
    callback=_pairs,
    help="Value of a field, the same for every row. Repeatable.",
)
@click.option(
    "--kind",
    type=click.Choice(["dataset", "crawl", "evidence"]),
    default="dataset",
    show_default=True,
    help="What the manifest lists.",
)
@click.option("--append", is_flag=True, help="Record a changed file beside the old.")
@click.option("--replace", is_flag=True, help="Withdraw what the file said before.")
@click.option(
    "--on-error",
    type=click.Choice(["quarantine", "stop"]),
    default="quarantine",
    show_default=True,
    help="Set bad rows aside in a file, or refuse at the first one.",
)
@click.option(
    "--max-bad",
    metavar="N|N%",
    help="Refuse a file with more bad rows, as soon as they are met.",
)
@click.option("--dry-run", is_flag=True, help="Do everything and keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per file.")
@click.pass_obj
def ingest(
    target: Target,
    paths: tuple[str, ...],
    dataset: str | None,
    format_: str,
    columns: dict[str, str],
    constants: dict[str, str],
    kind: str,
    append: bool,
    replace: bool,
    on_error: str,
    max_bad: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Record the rows of manifests: what the items are, and where they came from.

    Usual column names map by themselves, and the mapping is printed. FIELD is one of
    digest, name, url, fetched_at, bytes, tokens, items, copies, language, media_type,
    split, origin, generated_by, mode, evidence, score, detector, threshold,
    derived_from, derivation, text.

    The same file is never recorded twice for a dataset version; a changed one is
    refused without --append or --replace.
    """
    if append and replace:
        raise click.UsageError("--append and --replace exclude each other")
    with target.open() as ledger:
        for path in paths:
            with show_progress(quiet=as_json) as shown:
                done = ledger.ingest(
                    path,
                    dataset=dataset,
                    format=format_,
                    columns=columns,
                    constants=constants,
                    kind=kind,
                    append=append,
                    replace=replace,
                    stop_on_fault=on_error == "stop",
                    max_bad=max_bad,
                    dry_run=dry_run,
                    progress=partial(_say_rows, shown, path),
                )
            if as_json:
                print_json(done.to_dict())
            else:
                _print(done)


def _say_rows(shown: Callable[[str], None], path: str, rows: int, bad: int) -> None:
    aside = f", {bad:,} quarantined" if bad else ""
    shown(f"{path}: {rows:,} rows{aside}")


def _print(done: Ingested) -> None:
    mapped = ", ".join(f"{field} ← {column}" for field, column in done.mapping.items())
    if done.already:
        click.echo(
            f"{done.file}: already recorded for {done.dataset}; nothing to record"
        )
        return
    kept = " (dry run: nothing was kept)" if done.dry_run else ""
    click.echo(f"{done.file} → {done.dataset} ({done.format}){kept}")
    click.echo(f"  mapped       {mapped}")
    if done.unused:
        click.echo(f"  not read     {', '.join(done.unused)}")
    for column, row in done.late.items():
        click.echo(
            f"  not read     {column}, first met in row {row:,}: columns are those of "
            "the first rows, so move such a row to the front if it matters"
        )
    click.echo(
        f"  rows read    {done.rows_read:,}, recorded "
        f"{done.recorded:,}, quarantined {done.quarantined:,}"
    )
    for what, noted in done.noted.items():
        click.echo(
            f"  noted        {what}: {noted.rows:,} rows, first {noted.first_row:,}"
        )
    if done.skipped:
        click.echo(f"  recorded before: the first {done.skipped:,} rows")
    click.echo(
        f"  new contents {done.new_contents:,}, edges "
        f"{done.edges:,} ({done.generated_by:,} generated by, "
        f"{done.derived_from:,} derived from)"
    )
    click.echo(
        f"  batch        {done.batch}, log position {done.position}, "
        f"{done.seconds:.1f} s"
    )
    if done.quarantine_file:
        click.echo(f"  quarantine   {done.quarantine_file}")
