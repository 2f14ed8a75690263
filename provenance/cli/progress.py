"""How far a recording is: on a terminal for people, as JSON lines for programs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from provenance.cli.output import make_console, print_json

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["JsonProgress", "Quiet", "TerminalProgress", "watch"]

_PATIENCE = 2.0
"""Seconds before anything is shown: most commands are done by then."""

_NEARLY = 0.999

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
        print_json({"progress": where}, err=True)


class TerminalProgress(Quiet):
    """A bar for the file, and one for all files where there are several.

    They come after two seconds, and are gone at the end.
    """

    def __init__(self, patience: float = _PATIENCE) -> None:
        """Nothing is shown yet.

        Args:
            patience: Seconds until something is.
        """
        self._begun = self._file_begun = time.monotonic()
        self._sizes: Sequence[int] = ()
        self._place = -1
        self._file = ""
        self._words = ""
        self._share: float | None = None
        self._shown: Progress | None = None
        self._tasks: list[Any] = []
        self._lock = threading.RLock()
        # A timer, since minutes may go by between two batches of rows.
        self._timer = threading.Timer(patience, self._show)
        self._timer.daemon = True

    def begin(self, sizes: Sequence[int]) -> None:
        """Take note of the sizes of all files, and start waiting."""
        self._sizes = sizes
        self._timer.start()

    def start(self, file: str) -> None:
        """Begin with the bar of another file."""
        with self._lock:
            self._file, self._words, self._share = file, "", None
            self._place += 1
            self._file_begun = time.monotonic()
            if self._shown:
                self._shown.reset(self._tasks[-1], total=None, description=file)
            self._draw()

    def rows(self, read: int, bad: int, share: float | None) -> None:
        """Move the bars."""
        rate = read / max(time.monotonic() - self._file_begun, 1e-9)
        with self._lock:
            self._share = share
            self._words = f"{read:,} rows, {rate:,.0f}/s"
            if bad:
                self._words += f", {bad:,} quarantined"
            if share == 1:
                self._words += ", recording"
            self._draw()

    def _draw(self) -> None:
        if self._shown is None:
            return
        # All rows read is not all done: a bar that is full would stop its clock.
        share = (self._share or 0.0) * _NEARLY
        total = None if self._share is None else 1.0
        self._shown.update(
            self._tasks[-1], completed=share, total=total, rows=self._words
        )
        if len(self._tasks) > 1:
            done = sum(self._sizes[: self._place]) + share * self._sizes[self._place]
            where = f"file {self._place + 1:,} of {len(self._sizes):,}"
            self._shown.update(self._tasks[0], completed=done, rows=where)

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
        shown = Progress(
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
        with self._lock:
            if self._timer.finished.is_set():
                return
            self._shown = shown
            if len(self._sizes) > 1:
                self._add("all files", sum(self._sizes) or None, self._begun)
            self._add(self._file, None, self._file_begun)
            self._draw()
            shown.start()

    def _add(self, words: str, total: float | None, begun: float) -> None:
        """Add a bar whose clock began before it is shown."""
        if self._shown:
            self._tasks.append(self._shown.add_task(words, total=total, rows=""))
            elapsed = time.monotonic() - begun
            self._shown.tasks[-1].start_time = self._shown.get_time() - elapsed

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Take the bars off the screen while something else is printed."""
        with self._lock:
            if self._shown:
                self._shown.stop()
            yield
            if self._shown:
                self._shown.start()

    def close(self) -> None:
        """Take the bars off the screen."""
        with self._lock:
            self._timer.cancel()
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
