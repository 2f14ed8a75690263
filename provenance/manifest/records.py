"""The records of a delimited text, good and bad, in their order.

RFC 4180, with tabs, semicolons or pipes for commas where the first line has them.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.errors import ManifestError
from provenance.manifest.lines import LONGEST_LINE, LineBlock, iter_blocks
from provenance.manifest.stream import iter_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Records", "is_list"]

_DELIMITERS = ",\t;|"


class Records:
    """One pass over the records of a file, the header first; blank lines are none.

    A record that is no CSV comes as the error that says so: it counts like others.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = 0
        """Bytes of text taken from the file so far; it grows by blocks of lines."""
        self.has_bad_text = False
        """Whether invalid UTF-8 was seen; it shows as surrogates in the text."""
        self._lines = self._iter_lines()
        self._count = 0
        self._reader = self._open()

    def _open(self) -> Iterator[list[str]]:
        # The limit is the process's; a longer cell is damage in any file.
        csv.field_size_limit(LONGEST_LINE)
        lines = self._lines
        if is_list(self._path):
            lines = (line for line in lines if not line.startswith("#"))
        try:
            first = next((line for line in lines if line.strip()), "")
        except EOFError as error:
            raise self._refuse(str(error)) from error
        delimiter = _sniff_delimiter(first)
        head = [first]
        if is_list(self._path) and "/" in first:
            names = ["group", "path"][-len(first.split(delimiter)) :]
            head = [delimiter.join(names) + "\n", first]
        rows = (line for part in (head, lines) for line in part)
        return csv.reader(rows, delimiter=delimiter, strict=True)

    def __iter__(self) -> Iterator[list[str] | csv.Error]:
        while True:
            try:
                for record in self._reader:
                    if record:
                        self._count += 1
                        yield record
            except csv.Error as error:
                if "field larger" in str(error):
                    raise self._refuse("has a cell over 64 MiB") from error
                self._count += 1
                yield error
            except EOFError as error:
                raise self._refuse(str(error)) from error
            else:
                return

    def read_header(self) -> list[str]:
        """Take the names from the first record; empty when there is none.

        Raises:
            ManifestError: The first record is no CSV.
        """
        header = next(iter(self), [])
        if isinstance(header, csv.Error):
            raise ManifestError(f"{self._path} has no CSV header: {header}")
        return [name.strip() for name in header]

    def _refuse(self, what: str) -> ManifestError:
        return ManifestError(
            f"{self._path} {what} after row {max(self._count - 1, 0)}",
            hint="Fetch the file again, or look for a quote that is never closed.",
        )

    def _iter_lines(self) -> Iterator[str]:
        for block in iter_blocks(iter_chunks(self._path)):
            if block.is_oversize:
                raise EOFError("has a line over 64 MiB")
            self.size += block.lines.nbytes
            for line in self._decode(block):
                yield line + "\n"

    def _decode(self, block: LineBlock) -> list[Any]:
        lines: Any = block.lines
        try:
            texts: list[Any] = lines.cast(pa.string()).to_pylist()
        except pa.ArrowInvalid:
            self.has_bad_text = True
            return [line.decode(errors="surrogateescape") for line in lines.to_pylist()]
        return texts


def is_list(path: Path) -> bool:
    """Whether a file is a list of paths, by its suffix.

    Such a list has ``#`` comments and no header: its lines are a path, or a group
    and a path.
    """
    return any(suffix in (".txt", ".lst") for suffix in path.suffixes)


def _sniff_delimiter(header: str) -> str:
    """Return the delimiter that cuts a header line into most cells."""

    def count_cells(delimiter: str) -> int:
        try:
            return len(next(csv.reader([header], delimiter=delimiter), []))
        except csv.Error:
            return 0

    return max(_DELIMITERS, key=count_cells)
