"""How far a recording is: on a terminal for people, as JSON lines for programs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.output import make_console

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["JsonProgress", "Quiet", "TerminalProgress", "watch"]

_PATIENCE = 2.0
"""Seconds before anything is shown: most commands are done by then."""

_INTERVAL = 1.0
"""Seconds between two JSON lines."""


class Quiet:
    """Says nothing."""

    def begin(self, sizes: Sequence[int]) -> None:
        """Take note of nothing."""

    def start(self, file: str) -> None:
        """Take note of nothing."""

    def rows(self, read: int, bad: int, share: float | None) -> None:
        """Take note of nothing."""

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Let something else be printed."""
        yield

    def close(self) -> None:
        """Nothing is left on the screen."""


class JsonProgress(Quiet):
    """Writes where it is as JSON lines to standard error, at most one a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = self._told = clock()
        self._file = ""
        self._number = self._total = 0

    def begin(self, sizes: Sequence[int]) -> None:
        """Take note of how many files there are."""
        self._total = len(sizes)

    def start(self, file: str) -> None:
        """Take note of the file that comes."""
        self._file = file
        self._number += 1

    def rows(self, read: int, bad: int, share: float | None) -> None:
        """Write a line, unless the last one is not old enough."""
        now = self._clock()
        if now - self._told < _INTERVAL:
            return
        self._told = now
        where = {
            "file": self._file,
            "number": self._number,
            "files": self._total,
            "rows": read,
            "quarantined": bad,
            "share": None if share is None else round(share, 4),
            "seconds": round(now - self._started, 1),
        }
        click.echo(json.dumps({"progress": where}, ensure_ascii=False), err=True)


class TerminalProgress(Quiet):
    """A bar for the file, and one for all files where there are several.

    They come after two seconds, and are gone at the end.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._shown: Progress | None = None
        self._sizes: Sequence[int] = ()
        self._place = -1
        self._file = ""
        self._file_begun = self._begun
        self._tasks: list[Any] = []

    def begin(self, sizes: Sequence[int]) -> None:
        """Take note of the sizes of all files."""
        self._sizes = sizes

    def start(self, file: str) -> None:
        """Begin with the bar of another file."""
        self._file = file
        self._place += 1
        self._file_begun = self._clock()
        if self._shown:
            self._shown.reset(self._tasks[-1], total=None, description=file, rows="")
            self._tell(0.0)

    def rows(self, read: int, bad: int, share: float | None) -> None:
        """Move the bars."""
        now = self._clock()
        if self._shown is None:
            if now - self._begun < _PATIENCE:
                return
            self._show()
        if self._shown is None:
            return
        rate = read / max(now - self._file_begun, 1e-9)
        words = f"{read:,} rows, {rate:,.0f}/s"
        if bad:
            words += f", {bad:,} quarantined"
        total = None if share is None else 1.0
        self._shown.update(
            self._tasks[-1], completed=share or 0.0, total=total, rows=words
        )
        self._tell(share or 0.0)

    def _tell(self, share: float) -> None:
        """Move the bar of all files."""
        if self._shown is None or len(self._tasks) == 1:
            return
        done = sum(self._sizes[: self._place]) + share * self._sizes[self._place]
        self._shown.update(
            self._tasks[0],
            completed=done,
            rows=f"file {self._place + 1:,} of {len(self._sizes):,}",
        )

    def _show(self) -> None:
        from rich.progress import (  # noqa: PLC0415 - not needed for --help
            BarColumn,
            Progress,
            SpinnerColumn,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.table import Column  # noqa: PLC0415 - not needed for --help

        name = Column(no_wrap=True, overflow="ellipsis", ratio=1)
        self._shown = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False, table_column=name),
            BarColumn(bar_width=16),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(compact=True),
            console=make_console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            expand=True,
        )
        if len(self._sizes) > 1:
            total = sum(self._sizes) or None
            task = self._shown.add_task("all files", total=total, rows="")
            self._tasks.append(task)
        self._tasks.append(self._shown.add_task(self._file, total=None, rows=""))
        self._shown.start()

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Take the bars off the screen while something else is printed."""
        if self._shown:
            self._shown.stop()
        yield
        if self._shown:
            self._shown.start()

    def close(self) -> None:
        """Take the bars off the screen."""
        if self._shown:
            self._shown.stop()


@contextmanager
def watch(how: str) -> Iterator[Quiet]:
    """Give a watcher of a recording.

    Args:
        how: ``auto``, ``json`` or ``off``; auto is quiet unless standard error is
            a terminal.
    """
    shown = Quiet()
    if how == "json":
        shown = JsonProgress()
    elif how == "auto" and make_console(stderr=True).is_terminal:
        shown = TerminalProgress()
    try:
        yield shown
    finally:
        shown.close()
