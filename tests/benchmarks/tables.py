"""Figures as Markdown: tables, and ratios beside what they should be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Goal", "format_goals", "format_number", "format_table"]

_LEFT = "|---"
_RIGHT = "|---:"
_LARGE = 1000


def format_number(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, thousands separated."""
    if abs(value) >= _LARGE or value == int(value):
        whole = len(str(abs(int(value))))
        return f"{round(value, min(0, digits - whole)):,.0f}"
    return f"{float(f'{value:.{digits}g}'):g}"


def format_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; every column but the first is aligned to the right."""
    lines = [header, *rows]
    rule = _LEFT + _RIGHT * (len(header) - 1) + "|"
    text = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([text[0], rule, *text[1:]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A measured figure, and what it has to be."""

    what: str
    value: float
    aim: float
    least: float | None = None
    unit: str = ""
    more_is_better: bool = False

    @property
    def verdict(self) -> str:
        """``aim met``, ``least met`` or ``missed``."""
        if self._reaches(self.aim):
            return "aim met"
        if self.least is not None and self._reaches(self.least):
            return "least met"
        return "missed"

    def _reaches(self, goal: float) -> bool:
        return self.value >= goal if self.more_is_better else self.value <= goal

    def row(self) -> tuple[str, ...]:
        """The goal as a row of a table."""
        figures = (
            "–" if value is None else f"{format_number(value)}{self.unit}"
            for value in (self.value, self.least, self.aim)
        )
        return (self.what, *figures, self.verdict)


def format_goals(goals: Iterable[Goal]) -> str:
    """Measured figures beside least and aim."""
    header = ("what", "measured", "least", "aim", "")
    return format_table(header, [goal.row() for goal in goals])
