"""``--as-of``: ask as if the log had ended earlier."""

from __future__ import annotations

import click

__all__ = ["as_of_option"]

as_of_option = click.option(
    "--as-of",
    metavar="POSITION|DATE",
    help="Count only so many entries of the log, or those logged by the end of a day "
    "(UTC).",
)
"""The option, for every command that can answer as of an earlier position."""
