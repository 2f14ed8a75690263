"""Whether a file that has grown had ended at the end of a row.

If not, its last row is another one now, and its rows cannot be told from the new ones
by counting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.manifest.stream import find_packing, iter_chunks

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ends_at_row"]

_LINES = ("jsonl", "cdxj", "cdx")
"""Formats in which a line end is the end of a row, whatever comes before it."""

_ARCHIVES = ("warc", "arc")
"""Formats whose records say how long they are."""


def ends_at_row(path: Path, size: int, format_: str, *, is_whole: bool) -> bool:
    """Whether the first bytes of a file end where one of its rows does.

    A line end may stand inside a quoted cell: there is none open where the quotes are
    even, or where every row could be read.

    Args:
        size: How many bytes the file had.
        is_whole: Whether none of its rows had been set aside.
    """
    if format_ in _ARCHIVES:
        return is_whole
    is_sure = is_whole or format_ in _LINES
    is_packed = bool(find_packing(path))
    if not is_packed:
        if not _is_at_line_end(path, size):
            return False
        if is_sure:
            return True
    last, quotes = b"", 0
    try:
        for chunk in iter_chunks(path, size=size):
            last = chunk[-1:]
            quotes += chunk.count(b'"')
    except EOFError:
        return False
    return (is_sure or not quotes % 2) and not (is_packed and last != b"\n")


def _is_at_line_end(path: Path, size: int) -> bool:
    """Whether a plain file has a line end there, before the place or behind it."""
    with path.open("rb") as file:
        file.seek(size - 1)
        around = file.read(3)
    return around[:1] == b"\n" or around[1:].lstrip(b"\r").startswith(b"\n")
