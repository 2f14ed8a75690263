"""``provenance ingest``: record manifests."""

from __future__ import annotations

import click

from provenance.cli.mapping import mapping_options
from provenance.cli.outcome import Tally, print_outcome
from provenance.cli.output import say
from provenance.cli.progress import watch
from provenance.cli.target import Target
from provenance.domain import parse_size
from provenance.errors import LedgerStateError

__all__ = ["ingest"]

_REFUSED = 1


def _read_size(_: click.Context, option: click.Parameter, text: str) -> str:
    try:
        return parse_size(text)
    except LedgerStateError as error:
        raise click.BadParameter(
            f"{error.message}. {error.hint}", param=option
        ) from error


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--dataset",
    metavar="NAME[@VERSION]",
    help="Dataset version of all files; each file's own stem by default.",
)
@mapping_options
@click.option(
    "--kind",
    type=click.Choice(["dataset", "crawl", "evidence"]),
    default="dataset",
    show_default=True,
    help="What the manifest lists.",
)
@click.option(
    "--of",
    metavar="DATASET[@VERSION]",
    help="With --kind evidence: rows name records of this dataset.",
)
@click.option("--append", is_flag=True, help="Record a changed file beside the old.")
@click.option("--replace", is_flag=True, help="Withdraw what the file said before.")
@click.option(
    "--on-error",
    type=click.Choice(["quarantine", "stop"]),
    default="quarantine",
    show_default=True,
    help="Set bad rows aside, and go on after a bad file; or stop at the first.",
)
@click.option(
    "--max-bad",
    metavar="N|N%",
    help="Refuse a file with more bad rows, as soon as they are met.",
)
@click.option(
    "--salt",
    is_flag=True,
    help="Salt each leaf: name and URL cannot be guessed once erased.",
)
@click.option(
    "--memory",
    default="500MB",
    show_default=True,
    metavar="SIZE",
    callback=_read_size,
    help="What the set work of a batch may hold before it spills to disk.",
)
@click.option("--dry-run", is_flag=True, help="Do everything and keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per file.")
@click.option(
    "--progress",
    type=click.Choice(["auto", "json", "off"]),
    default="auto",
    show_default=True,
    help="Bars on a terminal, or JSON lines on standard error.",
)
@click.pass_context
def ingest(
    ctx: click.Context,
    names: tuple[str, ...],
    dataset: str | None,
    format_: str,
    columns: dict[str, str],
    constants: dict[str, str],
    trust: str | None,
    kind: str,
    of: str | None,
    append: bool,
    replace: bool,
    on_error: str,
    max_bad: str | None,
    salt: bool,
    memory: str,
    dry_run: bool,
    as_json: bool,
    progress: str,
) -> None:
    """Record the rows of manifests: what the items are, and where they came from.

    PATH is a file, a folder (its files of every depth), a pattern in quotes, a URL,
    or - for standard input. What is no manifest in a folder is passed over; a file
    that is refused loses no other, and ends in exit code 1.

    Usual column names map by themselves, and the mapping is printed. FIELD is one of
    digest, name, url, fetched_at, bytes, tokens, items, copies, language, media_type,
    split, origin, generated_by, mode, evidence, score, detector, detector_version,
    threshold, derived_from, derivation, reservation, text.

    With --kind evidence each row is about a digest, wherever that is recorded: the
    score of a detector, a watermark, a review, or when the content was first seen. It
    adds no record to any dataset. With --of, rows without a digest are about the record
    of their name in that dataset; Dolma attributes find their documents by themselves
    (documents/FILE beside attributes/TAGS/FILE).

    The same file is never recorded twice for a dataset version; a changed one is
    refused without --append or --replace.
    """
    if append and replace:
        raise click.UsageError("--append and --replace exclude each other")
    tally = Tally()
    target: Target = ctx.obj
    opened = target.rehearse() if dry_run else target.open()
    with opened as ledger, watch(progress) as watcher:
        for done in ledger.ingest_all(
            names,
            dataset=dataset,
            format=format_,
            columns=columns,
            constants=constants,
            trust=trust,
            kind=kind,
            of=of,
            append=append,
            replace=replace,
            stop_on_fault=on_error == "stop",
            max_bad=max_bad,
            salt=salt,
            memory=memory,
            dry_run=dry_run,
            watcher=watcher,
        ):
            tally.add(done)
            with watcher.pause():
                print_outcome(done, as_json=as_json)
    if tally.files > 1:
        say(str(tally), err=True)
    if tally.refused:
        ctx.exit(_REFUSED)
