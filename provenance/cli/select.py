"""``provenance select`` and ``exclude``: lists of records to keep and to leave out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.output import print_json, say
from provenance.cli.report import policy_option, unit_option
from provenance.cli.target import Target
from provenance.cli.what_if import make_what_if, what_if_options
from provenance.domain import say_count

if TYPE_CHECKING:
    from provenance.report.selection import Selected, Selection

__all__ = ["exclude", "select"]

_FILE = click.Path(dir_okay=False, path_type=Path)
_OF_RECORDS = ("items", "bytes", "tokens", "records")


@click.command()
@click.argument("dataset", metavar="DATASET[@VERSION]")
@click.option(
    "-o",
    "--keep",
    metavar="FILE",
    type=_FILE,
    required=True,
    help="List of what is kept: .parquet, .csv or .jsonl.",
)
@click.option(
    "--drop",
    metavar="FILE",
    type=_FILE,
    help="List of what is left out; KEEP.dropped.SUFFIX by default.",
)
@click.option(
    "--tier",
    "tiers",
    metavar="TIER,…",
    multiple=True,
    help="Tiers that are wanted; all by default. Repeatable.",
)
@click.option(
    "--max-downstream",
    metavar="SHARE",
    help="The most of what is kept that may be downstream of models: 0.05 or 5%.",
)
@click.option(
    "--end",
    type=click.Choice(["high", "low"]),
    default="high",
    show_default=True,
    help="high counts what is unknown as downstream, low only what is known to be.",
)
@click.option(
    "--by",
    type=click.Choice(["source", "month", "language", "split"]),
    help="The share holds within each of these.",
)
@unit_option("What is to be kept most of, and the unit of the share.", _OF_RECORDS)
@policy_option
@what_if_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def select(
    target: Target,
    /,
    dataset: str,
    keep: Path,
    drop: Path | None,
    tiers: tuple[str, ...],
    max_downstream: str | None,
    end: str,
    by: str | None,
    unit: str,
    policy: str,
    as_json: bool,
    **changes: Any,
) -> None:
    """List the records that make a wanted mix, and keep the most of the unit.

    Records of other tiers are left out; of those that count against the share, the
    heaviest that still fit are kept. The lists name digest, name, URL, file, row,
    tier and weight; what is left out also says why. Nothing is recorded.
    """
    with target.open(create=False) as ledger:
        done = ledger.select(
            dataset,
            keep,
            drop=drop or _beside(keep, "dropped"),
            tiers=[one.strip() for words in tiers for one in words.split(",")],
            max_downstream=max_downstream,
            end=end,
            by=by,
            unit=unit,
            policy=policy,
            what_if=make_what_if(**changes),
        )
    _print(done, as_json=as_json)


@click.command()
@click.argument("dataset", metavar="[DATASET[@VERSION]]", required=False)
@click.option(
    "--model", metavar="MODEL", required=True, help="Its name, or another name of it."
)
@click.option(
    "-o",
    "--drop",
    metavar="FILE",
    type=_FILE,
    required=True,
    help="List of what is downstream of the model: .parquet, .csv or .jsonl.",
)
@click.option(
    "--keep",
    metavar="FILE",
    type=_FILE,
    help="List of the other records; DROP.kept.SUFFIX by default.",
)
@unit_option("Unit of the weights.", _OF_RECORDS)
@policy_option
@what_if_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def exclude(
    target: Target,
    /,
    dataset: str | None,
    model: str,
    drop: Path,
    keep: Path | None,
    unit: str,
    policy: str,
    as_json: bool,
    **changes: Any,
) -> None:
    """List every record that is downstream of a model, to leave it out.

    That is what it generated, and what was derived from that. Without a dataset: of
    every dataset version that has such records.
    """
    with target.open(create=False) as ledger:
        done = ledger.exclude(
            model,
            drop,
            dataset=dataset,
            keep=keep or _beside(drop, "kept"),
            unit=unit,
            policy=policy,
            what_if=make_what_if(**changes),
        )
    _print(done, as_json=as_json)


def _beside(path: Path, word: str) -> Path:
    return path.with_name(f"{path.stem}.{word}{path.suffix}")


def _print(done: Selection, *, as_json: bool) -> None:
    if as_json:
        print_json(done.to_dict())
        return
    unit = str(done.unit)
    named = ", ".join(done.datasets) or "no dataset"
    asked = f"policy {done.policy}, as of {done.as_of}"
    asked += "".join(f"; what if {words}" for words in done.what_if)
    say(f"{named} ({asked})")
    say(f"  kept     {_say(done.kept, unit)} → {done.keep}")
    say(f"  dropped  {_say(done.dropped, unit)} → {done.drop}")
    for reason, of in done.reasons.items():
        say(f"           {_REASONS.get(reason, reason)}: {_say(of, unit)}")
    say(f"  before   {_say_share(done.before, unit)}")
    say(f"  after    {_say_share(done.kept, unit)}")
    for note in done.notes:
        say(f"  note     {note}")


_REASONS = {
    "tier": "of other tiers",
    "downstream": "would be too much downstream",
    "model": "downstream of the model",
}


def _say(of: Selected, unit: str) -> str:
    from provenance.report.words import say_number  # noqa: PLC0415 - not for --help

    records = say_count(of.records, "record")
    if unit == "records":
        return records
    lacking = f" (of {of.lacking:,} not known)" if of.lacking else ""
    return f"{records}, {say_number(of.total)} {unit}{lacking}"


def _say_share(of: Selected, unit: str) -> str:
    from provenance.report.words import say_interval  # noqa: PLC0415 - as above

    known = "" if not of.lacking else " that are known"
    said = f"{say_interval(of.share)} of the {unit}{known} downstream"
    return said if of.share else "nothing"
