"""Options that change what counts: for one report, or for a policy to be recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from provenance.domain import Grade, Mode, WhatIf
from provenance.domain.policies import parse_cutoff

__all__ = ["make_what_if", "what_if_options"]

_GRADES = ("inferred", "detected", "declared", "proven")
_MODES = (
    "written",
    "answered",
    "completed",
    "rephrased",
    "translated",
    "summarised",
    "captioned",
    "edited",
    "unspecified",
    "transcribed",
)

_Command = TypeVar("_Command", bound=Callable[..., Any])


def what_if_options(command: _Command) -> _Command:
    """Add the options that ``make_what_if`` reads."""
    for option in reversed(
        (
            click.option(
                "--min-grade",
                type=click.Choice(_GRADES),
                help="Believe what is known at least so well.",
            ),
            click.option(
                "--ignore-model",
                "ignore_models",
                metavar="MODEL",
                multiple=True,
                help="Take what a model made as not stated. Repeatable.",
            ),
            click.option(
                "--count-mode",
                "count_modes",
                type=click.Choice(_MODES),
                multiple=True,
                help="Count a mode as generation, too. Repeatable.",
            ),
            click.option(
                "--generating",
                type=click.Choice(_MODES),
                multiple=True,
                help="Count just these modes as generation. Repeatable.",
            ),
            click.option(
                "--cutoff",
                "cutoffs",
                metavar="MEDIUM=YYYY-MM",
                multiple=True,
                help="Take captures of a medium from before a month as human. "
                "Repeatable.",
            ),
        )
    ):
        command = option(command)
    return command


def make_what_if(
    *,
    min_grade: str | None,
    ignore_models: tuple[str, ...],
    count_modes: tuple[str, ...],
    generating: tuple[str, ...],
    cutoffs: tuple[str, ...],
) -> WhatIf:
    """Return what the options say.

    Raises:
        NameRefusedError: A cut-off is none.
    """
    return WhatIf(
        least_grade=Grade[min_grade.upper()] if min_grade else None,
        generating=frozenset(map(Mode, generating)) if generating else None,
        count_modes=frozenset(map(Mode, count_modes)),
        ignored_models=frozenset(ignore_models),
        cutoffs=dict(map(parse_cutoff, cutoffs)),
    )
