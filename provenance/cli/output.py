"""Writers that every command shares: JSON for machines, tables for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from provenance.domain import CONTROLS, spell_controls

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = [
    "make_console",
    "print_drawn",
    "print_json",
    "print_table",
    "say",
    "show_progress",
    "show_work",
]

_PLAIN_WIDTH = 120


def say(words: str, *, err: bool = False) -> None:
    """Write a line for people: control characters in it are shown, not obeyed."""
    click.echo(spell_controls(words), err=err)


def print_json(value: Any, *, err: bool = False) -> None:
    """Write one JSON value as one line, with escapes for what a terminal would obey.

    All is escaped where the stream is not in UTF-8.
    """
    stream = sys.stderr if err else sys.stdout
    is_utf = stream.encoding.lower().startswith("utf")
    text = json.dumps(value, ensure_ascii=not is_utf)
    escaped = CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    click.echo(escaped, err=err)


def make_console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal; elsewhere words are wrapped at 120."""
    from rich.console import Console  # noqa: PLC0415 - not needed for --help

    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    return console


def print_drawn(drawn: RenderableType) -> None:
    """Write what was drawn; a table may be wider than the console."""
    make_console().print(drawn, crop=False)


def print_table(
    columns: Sequence[str],
    rows: Collection[Sequence[str]],
    *,
    numbers: Collection[str] = (),
) -> None:
    """Write a table of text cells; the columns of numbers are not folded."""
    from provenance.report.fitted import FittedTable  # noqa: PLC0415 - heavy

    print_drawn(FittedTable(columns, rows, numbers=numbers))


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show a line of words that changes, on a terminal only; it goes at the end."""
    console = make_console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _words: None
        return
    from rich.progress import (  # noqa: PLC0415 - not needed for --help
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("")
        yield lambda words: progress.update(task, description=words)


@contextmanager
def show_work(words: str, *, quiet: bool = False) -> Iterator[None]:
    """Say on a terminal what is being done, as long as it goes on."""
    with show_progress(quiet=quiet) as shown:
        shown(words)
        yield
