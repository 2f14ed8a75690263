"""Writers that every command shares: JSON for machines, tables for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["make_console", "print_json", "print_table", "show_progress"]

_PLAIN_WIDTH = 120


def print_json(value: Any) -> None:
    """Write one JSON value as one line."""
    click.echo(json.dumps(value, ensure_ascii=False))


def make_console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or as wide as a table needs."""
    from rich.console import Console  # noqa: PLC0415 - not needed for --help

    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    return console


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table of text cells."""
    from rich import box  # noqa: PLC0415 - not needed for --help
    from rich.table import Table  # noqa: PLC0415 - not needed for --help
    from rich.text import Text  # noqa: PLC0415 - not needed for --help

    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    make_console().print(table)


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
