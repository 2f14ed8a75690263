"""A table on a terminal that is never too narrow for a number."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from provenance.domain import spell_lines

__all__ = ["FittedTable"]

_NAME: Final = 12
"""Columns that a name needs at least, when it is folded."""

_AROUND: Final = 3
"""Columns that a table has around each of its own, and one at its edge."""


class FittedTable:
    """A table of names and numbers, in which no number is cut.

    Where it is too wide for a terminal, names are folded; where that is not enough,
    each row becomes a paragraph. A pipe is as wide as the table needs.
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Collection[Sequence[str]],
        *,
        numbers: Collection[str],
        right: bool = False,
        title: str | None = None,
        caption: str | None = None,
    ) -> None:
        """Take what is to be shown.

        Args:
            columns: Their heads.
            rows: Cells of each row, in the order of the columns.
            numbers: Which columns are not folded.
            right: Whether these end at one edge.
            title: What the table is of.
            caption: What has to be said below it.
        """
        self._columns = columns
        self._rows = [tuple(map(spell_lines, row)) for row in rows]
        self._numbers, self._right = numbers, right
        self._title, self._caption = title, caption

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        """Draw it as wide as can be, or in paragraphs."""
        longest = [
            max(map(_measure, cells))
            for cells in zip(self._columns, *self._rows, strict=True)
        ]
        least = [
            longest[at] if column in self._numbers else min(longest[at], _NAME)
            for at, column in enumerate(self._columns)
        ]
        around = _AROUND * len(longest) + 1
        if not console.is_terminal:
            yield from console.render(
                self._draw_table(), options.update(width=sum(longest) + around)
            )
        elif sum(least) + around <= options.max_width:
            yield self._draw_table()
        else:
            yield from self._draw_paragraphs()

    def _draw_table(self) -> Table:
        table = Table(
            title=self._title,
            title_justify="left",
            caption=self._caption,
            caption_justify="left",
            box=box.SIMPLE_HEAD,
        )
        for column in self._columns:
            is_number = column in self._numbers
            table.add_column(
                Text(column),
                justify="right" if is_number and self._right else "left",
                overflow="fold",
                no_wrap=is_number,
            )
        for row in self._rows:
            table.add_row(*map(Text, row))
        return table

    def _draw_paragraphs(self) -> Iterator[RenderableType]:
        yield Text(f"\n{self._title}" if self._title else "", style="italic")
        for first, *rest in self._rows:
            yield Text(f"{self._columns[0]} {first}")
            table = Table.grid(padding=(0, 2, 0, 0))
            table.add_column(overflow="fold")
            table.add_column(
                overflow="fold", justify="right" if self._right else "left"
            )
            for column, cell in zip(self._columns[1:], rest, strict=True):
                if cell:
                    table.add_row(Text(f"  {column}"), Text(cell))
            yield table
        yield Text(f"{self._caption}\n" if self._caption else "", style="dim italic")


def _measure(cell: str) -> int:
    """Return how wide a cell of several lines is."""
    return max(map(cell_len, cell.split("\n")))
