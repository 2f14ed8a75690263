"""Physical lines of a manifest, in blocks that fit in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.manifest.kernels import pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["LONGEST_LINE", "MOST_BYTES", "MOST_ROWS", "LineBlock", "iter_blocks"]

MOST_ROWS = 1 << 16
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


def iter_blocks(chunks: Iterable[bytes]) -> Iterator[LineBlock]:
    """Cut a stream of bytes into blocks of whole lines.

    A byte order mark before the first line is dropped. No chunk may be as long as
    ``MOST_BYTES``: then only the first line of a block can be oversize.

    Raises:
        EOFError: From ``chunks``, after the last line that was complete before it.
    """
    first = 1
    for data in _iter_whole(chunks):
        if data is None:
            yield LineBlock(first=first, lines=_EMPTY, is_oversize=True)
            first += 1
            continue
        text = data.removeprefix(_BOM) if first == 1 else data
        lines = pc.split_pattern(_one_value(text), b"\n").flatten()
        for start in range(0, len(lines), MOST_ROWS):
            yield LineBlock(first=first + start, lines=lines.slice(start, MOST_ROWS))
        first += len(lines)


_EMPTY: pa.BinaryArray = pa.array([], pa.binary())


def _one_value(data: bytes) -> Any:
    """Return an array of one value, without a copy of it."""
    offsets = pa.array([0, len(data)], pa.int32()).buffers()[1]
    return pa.Array.from_buffers(pa.binary(), 1, [None, offsets, pa.py_buffer(data)])


def _iter_whole(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    """Yield whole lines without the last line end; None for an oversize line."""
    held: list[bytes] = []
    size = 0
    has_end = skipping = False
    failure: EOFError | None = None
    try:
        for chunk in chunks:
            part = chunk
            if skipping:
                _, end, part = chunk.partition(b"\n")
                if not end:
                    continue
                skipping = False
                yield None
            held.append(part)
            size += len(part)
            has_end = has_end or b"\n" in part
            if has_end and size >= MOST_BYTES:
                whole, _, rest = b"".join(held).rpartition(b"\n")
                yield from _without_oversize(whole)
                held, size, has_end = [rest], len(rest), False
            if size > LONGEST_LINE and not has_end:
                held, size, skipping = [], 0, True
    except EOFError as error:
        failure = error
    if skipping:
        yield None
    elif size:
        data = b"".join(held)
        if failure is None:
            yield from _without_oversize(data.removesuffix(b"\n"))
        elif b"\n" in data:
            yield from _without_oversize(data.rpartition(b"\n")[0])
    if failure is not None:
        raise failure


def _without_oversize(whole: bytes) -> Iterator[bytes | None]:
    """Take out the first line if it is oversize; no later one can be."""
    if whole.find(b"\n", 0, LONGEST_LINE + 1) < 0 and len(whole) > LONGEST_LINE:
        _, end, rest = whole.partition(b"\n")
        yield None
        if end:
            yield rest
        return
    yield whole
