"""Options that say how a manifest is read; ``ingest`` and ``inspect`` share them."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TypeVar

import click

from provenance.domain.fields import FIELDS
from provenance.domain.formats import FORMATS

__all__ = ["mapping_options"]

Command = TypeVar("Command", bound=Callable[..., object])


def _pairs(
    _context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    """Read ``FIELD=…`` options."""
    pairs: dict[str, str] = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not equals:
            raise click.BadParameter(f"{value!r} is not {parameter.metavar}")
        if name not in FIELDS:
            close = difflib.get_close_matches(name, FIELDS, n=1)
            meant = f" (is {str(close[0])!r} meant?)" if close else ""
            raise click.BadParameter(
                f"{value!r}: {name!r} is no field{meant}. "
                f"The fields are: {', '.join(FIELDS)}"
            )
        if name in pairs:
            raise click.BadParameter(f"{name} is given twice")
        pairs[name] = rest
    return pairs


_OPTIONS = (
    click.option(
        "--format",
        "format_",
        type=click.Choice(["auto", *(known.name for known in FORMATS)]),
        default="auto",
        help="What the file is, where its content does not tell.",
    ),
    click.option(
        "--map",
        "columns",
        multiple=True,
        metavar="FIELD=COLUMN",
        callback=_pairs,
        help="Column that feeds a field; nested columns by dotted path. Repeatable.",
    ),
    click.option(
        "--set",
        "constants",
        multiple=True,
        metavar="FIELD=VALUE",
        callback=_pairs,
        help="Value of a field, the same for every row. Repeatable.",
    ),
    click.option(
        "--trust",
        metavar="FILE",
        help="Certificates (PEM) whose signatures under C2PA manifests are trusted.",
    ),
)


def mapping_options(command: Command) -> Command:
    """Add the options to a command, in their order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
