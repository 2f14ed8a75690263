"""Physical lines of a manifest, in blocks that fit in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.manifest.kernels import pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["LONGEST_LINE", "MOST_BYTES", "LineBlock", "iter_blocks"]

_MOST_ROWS = 1 << 16
"""Most rows of one raw batch."""

MOST_BYTES = 1 << 24
"""About the most text of one raw batch, unless one row alone is longer."""

LONGEST_LINE = 1 << 26
"""A line over this many bytes is not read."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBlock:
    """Some consecutive lines, without their line ends."""

    first: int
    """Number of the first line, from 1."""
    lines: pa.BinaryArray
    is_oversize: bool = False
    """Whether this is one line over ``LONGEST_LINE``; its bytes are left out."""
    quotes: int = 0
    """How many double quotes are in the bytes that were left out."""


def iter_blocks(chunks: Iterable[bytes]) -> Iterator[LineBlock]:
    """Cut a stream of bytes into blocks of whole lines.

    A byte order mark before the first line is dropped. No chunk may be as long as
    ``MOST_BYTES``: then only the first line of a block can be oversize.

    Raises:
        EOFError: From ``chunks``, after the last line that was complete before it.
    """
    first = 1
    for whole in _iter_whole(chunks):
        if isinstance(whole, int):
            yield LineBlock(first=first, lines=_EMPTY, is_oversize=True, quotes=whole)
            first += 1
            continue
        has_bom = first == 1 and bytes(whole[: len(_BOM)]) == _BOM
        text = whole[len(_BOM) :] if has_bom else whole
        lines = pc.split_pattern(_one_value(text), b"\n").flatten()
        for start in range(0, len(lines), _MOST_ROWS):
            yield LineBlock(first=first + start, lines=lines.slice(start, _MOST_ROWS))
        first += len(lines)


_EMPTY: pa.BinaryArray = pa.array([], pa.binary())


def _one_value(data: memoryview) -> Any:
    """Return an array of one value, without a copy of it."""
    offsets = pa.array([0, len(data)], pa.int32()).buffers()[1]
    return pa.Array.from_buffers(pa.binary(), 1, [None, offsets, pa.py_buffer(data)])


def _iter_whole(chunks: Iterable[bytes]) -> Iterator[memoryview | int]:
    """Yield whole lines without the last line end; of an oversize line its quotes."""
    held: list[bytes] = []
    size = quotes = 0
    has_end = skipping = False
    failure: EOFError | None = None
    try:
        for chunk in chunks:
            part = chunk
            if skipping:
                rest, newline, part = chunk.partition(b"\n")
                quotes += rest.count(b'"')
                if not newline:
                    continue
                skipping = False
                yield quotes
            held.append(part)
            size += len(part)
            has_end = has_end or b"\n" in part
            if has_end and size >= MOST_BYTES:
                data = b"".join(held)
                end = data.rfind(b"\n")
                yield from _without_oversize(data, end)
                held, size, has_end = [data[end + 1 :]], len(data) - end - 1, False
            if size > LONGEST_LINE and not has_end:
                quotes = sum(part.count(b'"') for part in held)
                held, size, skipping = [], 0, True
    except EOFError as error:
        failure = error
    if skipping:
        yield quotes
    elif size:
        data = b"".join(held)
        end = data.rfind(b"\n")
        if failure is None:
            yield from _without_oversize(data, end if end == size - 1 else size)
        elif end >= 0:
            yield from _without_oversize(data, end)
    if failure is not None:
        raise failure


def _without_oversize(data: bytes, end: int) -> Iterator[memoryview | int]:
    """Yield the lines up to a place, but not the first if that is oversize.

    No later one can be.
    """
    start = 0
    if end > LONGEST_LINE and data.find(b"\n", 0, LONGEST_LINE + 1) < 0:
        start = data.find(b"\n", 0, end) + 1
        yield data.count(b'"', 0, start or end)
        if not start:
            return
    yield memoryview(data)[start:end]
