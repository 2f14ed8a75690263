"""The table in docs/security.md: what the tests of tampering show, for readers."""

from __future__ import annotations

from collections.abc import Iterator

from log.not_authenticated import NOT_AUTHENTICATED, NOT_EXCHANGED

from provenance.store import schema

__all__ = ["list_reasons", "list_rows"]

_CASES = ("swap", "delete", "empty", "insert")


def list_rows() -> Iterator[tuple[str, ...]]:
    """Yield the cells of each table."""
    numbers = {key: place for place, key in enumerate(NOT_AUTHENTICATED, start=1)}
    for name, table in sorted(schema.METADATA.tables.items()):
        verdict = "rebuilt" if table in schema.DERIVED else "refused"
        notes = {
            case: numbers[name, case]
            for case in (*_CASES, *(column.name for column in table.c))
            if (name, case) in numbers
        }
        columns = ", ".join(
            f"{column.name}{_note(notes.get(column.name))}" for column in table.c
        )
        cells = [
            f"not authenticated{_note(notes[case])}" if case in notes else verdict
            for case in _CASES
        ]
        if name in NOT_EXCHANGED:
            cells[0] = "–"
        yield (f"`{name}`", columns, verdict, *cells)


def list_reasons() -> Iterator[tuple[str, str]]:
    """Yield what verify cannot refuse, and why."""
    last = ""
    for (table, case), why in NOT_AUTHENTICATED.items():
        last = last if why == "As above." else why
        yield f"`{table}`, {case}", last


def _note(number: int | None) -> str:
    return "" if number is None else f" ({number})"
