"""``provenance inspect``: what would be read of a file, without a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.mapping import mapping_options
from provenance.cli.output import print_json, say
from provenance.domain import Field, say_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.manifest import Inspection

__all__ = ["inspect"]

_MOST = 20
"""Values of one name that are shown."""

_PLAIN = {"part": 0, "items": 1, "copies": 1000}
"""What is not worth showing: most records say it."""


@click.command()
@click.argument("path", metavar="PATH")
@mapping_options
@click.option(
    "--records",
    type=click.IntRange(min=1, max=1000),
    default=5,
    show_default=True,
    help="How many records to show.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def inspect(
    path: str,
    format_: str,
    columns: dict[str, str],
    constants: dict[str, str],
    trust: str | None,
    records: int,
    *,
    as_json: bool,
) -> None:
    """Show what would be read of a manifest: its format, mapping and first records.

    Nothing is recorded, and no ledger is needed. Columns under "not read" would be
    lost.
    """
    from provenance.manifest import (  # noqa: PLC0415 - reads Arrow, slow for --help
        inspect_manifest,
        read_trust_list,
    )

    found = inspect_manifest(
        Path(path),
        format=format_,
        columns={Field(field): column for field, column in columns.items()},
        constants={Field(field): value for field, value in constants.items()},
        records=records,
        trust=read_trust_list(Path(trust)) if trust else None,
    )
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found)


def _print(found: Inspection) -> None:
    mapped = ", ".join(f"{field} ← {column}" for field, column in found.mapping.items())
    say(f"{found.file} ({found.format})")
    if mapped:
        say(f"  mapped       {mapped}")
    if found.unused:
        say(f"  not read     {', '.join(found.unused)}")
    for field, spelling in found.spellings.items():
        say(f"  digests      {field} is spelled in {spelling}")
    for what, count in found.noted.items():
        rows = say_count(count, "row")
        say(f"  noted        {what}: {rows} of those looked at")
    for fact in found.facts:
        _print_fact(fact)
    for record in found.records:
        part = f":{record['part']}" if record["part"] else ""
        say(f"  row {record['row']}{part}")
        for name, value in record.items():
            if name != "row" and value != _PLAIN.get(name):
                say(f"    {name:<10} {_show(value)}")
    for fault in found.faults:
        say(f"  bad row      {fault.row}, {fault.field}: {fault.reason}")
    if not found.records and not found.facts:
        say("  no record in what was looked at")


def _print_fact(fact: Mapping[str, Any]) -> None:
    """Print what is stated of one dataset or model."""
    for what in ("dataset", "model"):
        if what in fact:
            say(f"  {what:<12} {fact[what]}")
            break
    else:
        say("  states")
    said = {k: v for k, v in fact.items() if k not in ("dataset", "model", "stated")}
    for name, value in (said | dict(fact.get("stated", {}))).items():
        words = [str(one) for one in value] if isinstance(value, list) else [str(value)]
        more = f" … {len(words) - _MOST:,} more" if len(words) > _MOST else ""
        say(f"    {name:<20} {', '.join(words[:_MOST])}{more}")


def _show(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(", ".join(map(str, edge.values())) for edge in value)
    return str(value)
