"""The records of a delimited text, good and bad, in their order.

RFC 4180, with tabs, semicolons or pipes for commas where the first line has them.
Most blocks of lines are plain: each line is one record, beyond doubt. Those are
left to Arrow; Python's ``csv`` reads all others, so that it decides what is a record.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.domain import say_count
from provenance.errors import ManifestError
from provenance.manifest.kernels import has_all, has_any, pc
from provenance.manifest.lines import LONGEST_LINE, iter_blocks
from provenance.manifest.raw_text import contiguous
from provenance.manifest.stream import Meter, iter_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["PlainLines", "Record", "Records", "is_list"]

_DELIMITERS = ",\t;|"
_TOO_LONG = "has a line over 64 MiB"
_BOM = "\ufeff".encode()

Record = list[str] | csv.Error
"""The cells of a record, or why it is none."""


@dataclass(frozen=True, slots=True)
class PlainLines:
    """Lines that are a record each, without their line ends."""

    lines: Any
    """An Arrow array of strings."""

    def __len__(self) -> int:
        return len(self.lines)


class Records:
    """One pass over the records of a file, the header first; blank lines are none.

    A record that is no CSV comes as the error that says so: it counts like others.
    """

    def __init__(self, path: Path, names: Sequence[str] = ()) -> None:
        """Go to the first record.

        Args:
            names: Those of the columns of a file that has no header.
        """
        # The limit is the process's; a longer cell is damage in any file.
        csv.field_size_limit(LONGEST_LINE)
        self._path = path
        self.meter = Meter(path)
        self._blocks = self._iter_blocks()
        self._block: Any = pa.array([], pa.binary())
        self._place = 0
        """The next line to read of the block."""
        self._is_within = False
        """Whether a record has begun and not ended."""
        self._count = 0
        self._too_long = 0
        """Lines that were met since, and are too long to be read."""
        try:
            first = self._find_first()
        except EOFError as error:
            raise self._refuse(str(error)) from error
        if self._too_long:
            raise self._refuse(_TOO_LONG)
        self.delimiter = _sniff_delimiter(first)
        self._plain = _plain_line(self.delimiter)
        of_list = ["group", "path"][-len(first.split(self.delimiter)) :]
        self._given = list(names) or of_list
        self._has_header = not names and not (is_list(path) and "/" in first)

    def read_header(self) -> list[str]:
        """Take the names from the first record; empty when there is none.

        Raises:
            ManifestError: The first record is no CSV.
        """
        if not self._has_header:
            return self._given
        header: Record = next(self._read_each(), [])
        self._is_within = False
        if isinstance(header, csv.Error):
            raise ManifestError(
                f"{self._path} has no CSV header: {header}",
                hint="Look at its first lines: a quote may stand inside a cell, or a "
                "lone carriage return end the lines.",
            )
        self._count = 0
        return [name.strip() for name in header]

    def __iter__(self) -> Iterator[PlainLines | list[Record]]:
        """Yield the records below the header, block by block.

        Raises:
            ManifestError: The file is damaged, or a cell is longer than 64 MiB.
        """
        try:
            while True:
                has_more = self._has_lines()
                if self._too_long:
                    yield [csv.Error(_TOO_LONG)] * self._too_long
                    self._count += self._too_long
                    self._too_long = 0
                if not has_more:
                    return
                plain = self._take_plain()
                if plain is None:
                    yield list(self._read_each())
                elif len(plain):
                    self._count += len(plain)
                    yield plain
        except EOFError as error:
            raise self._refuse(str(error)) from error

    def _refuse(self, what: str) -> ManifestError:
        return ManifestError(
            f"{self._path} {what} after row {self._count}",
            hint="Fetch the file again, or look for a quote that is never closed.",
        )

    def _iter_blocks(self) -> Iterator[Any]:
        """Yield the lines of blocks; None for a line that is too long to be read."""
        for block in iter_blocks(iter_chunks(self._path, self.meter)):
            if block.is_oversize:
                if block.quotes % 2:
                    raise EOFError(_TOO_LONG)  # with a cell that ends who knows where
                yield None
                continue
            lines: Any = block.lines
            if is_list(self._path):
                lines = lines.filter(pc.invert(pc.starts_with(lines, "#")))
            yield lines

    def _has_lines(self) -> bool:
        """Whether there are more lines; of the next block where this one is done."""
        while self._place == len(self._block):
            try:
                block = next(self._blocks)
            except StopIteration:
                return False
            if block is not None:
                self._block, self._place = block, 0
            elif self._is_within:
                raise EOFError(_TOO_LONG)  # and nobody knows where its record ends
            else:
                self._too_long += 1
        return True

    def _find_first(self) -> str:
        """Go to the first line that is not blank, and return it; empty without one."""
        while self._has_lines():
            for line in self._block.slice(self._place):
                if text := line.as_py().strip():
                    return str(text.decode(errors="surrogateescape"))
                self._place += 1
        return ""

    def _take_plain(self) -> PlainLines | None:
        """Take the rest of the block if each line of it is one record, and else none.

        That is: it has no quotes, or they stand around whole cells.
        """
        try:
            lines: Any = self._block.slice(self._place).cast(pa.string())
        except pa.ArrowInvalid:
            return None
        data = contiguous(lines)
        if b"\r" in data:
            lines = pc.ascii_rtrim(lines, "\r")
            data = contiguous(lines)
            if b"\r" in data:
                return None
        if data.startswith(_BOM):
            return None  # Arrow would leave it out.
        if b'"' in data:
            quoted = lines.filter(pc.match_substring(lines, '"'))
            if not has_all(pc.match_substring_regex(quoted, self._plain)):
                return None
        self._place = len(self._block)
        is_blank = pc.equal(pc.binary_length(lines), 0)
        filled = lines.filter(pc.invert(is_blank)) if has_any(is_blank) else lines
        return PlainLines(filled)

    def _read_each(self) -> Iterator[Record]:
        """Read the records that begin in this block; the last may end in another."""
        reader = csv.reader(self._feed(), delimiter=self.delimiter, strict=True)
        while True:
            self._is_within = False
            before = reader.line_num
            try:
                record = next(reader, None)
            except csv.Error as error:
                if "field larger" in str(error):
                    raise self._refuse("has a cell over 64 MiB") from error
                self._count += 1
                if "unexpected end" in str(error):
                    within = say_count(reader.line_num - before, "line")
                    error = csv.Error(f"a quote that is never closed took in {within}")
                yield error
                continue
            if record is None:
                return
            if record:
                self._count += 1
                yield record

    def _feed(self) -> Iterator[str]:
        """Yield the lines of the block, and of others until the record ends."""
        is_another = False
        while self._has_lines() if self._is_within else not is_another:
            for line in _decode(self._block.slice(self._place)):
                if is_another and not self._is_within:
                    return
                self._place += 1
                self._is_within = True
                yield line + "\n"
            is_another = True


def _decode(lines: Any) -> list[Any]:
    """Return lines as text; what is no UTF-8 shows as surrogates."""
    try:
        texts: list[Any] = lines.cast(pa.string()).to_pylist()
    except pa.ArrowInvalid:
        return [line.decode(errors="surrogateescape") for line in lines.to_pylist()]
    return texts


def is_list(path: Path) -> bool:
    """Whether a file is a list of paths, by its suffix.

    Such a list has ``#`` comments and no header: its lines are a path, or a group
    and a path.
    """
    return any(suffix in (".txt", ".lst") for suffix in path.suffixes)


def _plain_line(delimiter: str) -> str:
    """Return the pattern of a line whose quotes all stand around whole cells."""
    cell = rf'("([^"]|"")*"|[^"{re.escape(delimiter)}]*)'
    return f"^{cell}({re.escape(delimiter)}{cell})*$"


def _sniff_delimiter(header: str) -> str:
    """Return the delimiter that cuts a header line into most cells."""

    def count_cells(delimiter: str) -> int:
        try:
            return len(next(csv.reader([header], delimiter=delimiter), []))
        except csv.Error:
            return 0

    return max(_DELIMITERS, key=count_cells)
