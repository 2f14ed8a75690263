"""Delimited text: CSV and its relatives with tabs, semicolons or pipes.

RFC 4180 with a header line. ``row`` counts records after the header, from 1; a
record may span several physical lines when a cell is quoted.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pyarrow as pa

from provenance.errors import ManifestError
from provenance.manifest.lines import (
    LONGEST_LINE,
    MOST_BYTES,
    MOST_ROWS,
    LineBlock,
    iter_blocks,
)
from provenance.manifest.reader import RawBatch
from provenance.manifest.stream import iter_chunks
from provenance.manifest.text_lines import row_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from provenance.batch import Fault

__all__ = ["DelimitedReader"]

_DELIMITERS = ",\t;|"


class DelimitedReader:
    """Rows of a delimited file, every cell as text."""

    format = "csv"

    def __init__(self, path: Path) -> None:
        self._path = path
        records = _Records(path)
        header = next(records.iter_good(), None)
        if header is None or next(iter(records), None) is None:
            raise ManifestError(
                f"{path} holds no rows", hint="Expected a header line and rows below."
            )
        self._names = [name.strip() for name in header]
        twice = {name for name in self._names if self._names.count(name) > 1} - {""}
        if twice:
            raise ManifestError(
                f"{path} has several columns named {min(twice)!r}",
                hint="Give each column a name of its own.",
            )

    @property
    def file(self) -> str:
        """The file as faults name it."""
        return str(self._path)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the header; columns without one cannot be read."""
        return tuple(name for name in self._names if name)

    @property
    def late(self) -> Mapping[str, int]:
        """Nothing: the header comes first."""
        return {}

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the rows; one with more or fewer cells than the header is a fault."""
        places = [self._names.index(column) for column in columns]
        records = _Records(self._path)
        next(records.iter_good())
        rows: list[int] = []
        kept: list[list[str]] = []
        faults: list[Fault] = []
        start = records.size
        for row, record in enumerate(records, 1):
            flaw = self._find_flaw(record, records)
            if flaw:
                shown = "" if isinstance(record, csv.Error) else ",".join(record)
                shown = shown.encode(errors="replace").decode()
                faults.append(row_fault(self.file, row, shown, flaw))
            elif not isinstance(record, csv.Error):
                rows.append(row)
                kept.append(record)
            if len(rows) >= MOST_ROWS or records.size - start >= MOST_BYTES:
                yield _to_batch(columns, places, rows, kept, faults)
                rows, kept, faults, start = [], [], [], records.size
        if rows or faults:
            yield _to_batch(columns, places, rows, kept, faults)

    def _find_flaw(self, record: list[str] | csv.Error, records: _Records) -> str:
        if isinstance(record, csv.Error):
            return f"not valid CSV: {record}"
        if len(record) != len(self._names):
            return f"expected {len(self._names)} cells, found {len(record)}"
        if records.has_bad_text and not _is_text("".join(record)):
            return "not valid UTF-8"
        return ""


def _to_batch(
    columns: Sequence[str],
    places: Sequence[int],
    rows: list[int],
    records: list[list[str]],
    faults: list[Fault],
) -> RawBatch:
    return RawBatch(
        rows=pa.array(rows, pa.int64()),
        columns={
            column: pa.array([record[place] for record in records], pa.string())
            for column, place in zip(columns, places, strict=True)
        },
        faults=faults,
    )


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Records:
    """The records of a file in their order, the header first.

    What is no CSV comes as the error that says so: it is one record to count.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = 0
        """Characters read so far."""
        self.has_bad_text = False
        """Whether invalid UTF-8 is near: it shows as surrogates in the text."""
        self._done = self._parse()

    def __iter__(self) -> Iterator[list[str] | csv.Error]:
        return self._done

    def iter_good(self) -> Iterator[list[str]]:
        """Yield the records that are CSV."""
        for record in self._done:
            if not isinstance(record, csv.Error):
                yield record

    def _parse(self) -> Iterator[list[str] | csv.Error]:
        # The limit is the process's; a longer cell is damage in any file.
        csv.field_size_limit(LONGEST_LINE)
        lines = self._iter_lines()
        first = next((line for line in lines if line.strip()), "")
        delimiter = _sniff_delimiter(first)
        reader = csv.reader(
            (line for part in ([first], lines) for line in part),
            delimiter=delimiter,
            strict=True,
        )
        count = 0
        while True:
            try:
                for record in reader:
                    if record:
                        yield record
                        count += 1
            except csv.Error as error:
                if "field larger" in str(error):
                    raise self._refuse("has a cell over 64 MiB", count) from error
                yield error
                count += 1
            except EOFError as error:
                raise self._refuse(str(error), count) from error
            else:
                return

    def _refuse(self, what: str, count: int) -> ManifestError:
        return ManifestError(
            f"{self._path} {what} after row {max(count - 1, 0)}",
            hint="Fetch the file again, or look for a quote that is never closed.",
        )

    def _iter_lines(self) -> Iterator[str]:
        for block in iter_blocks(iter_chunks(self._path)):
            if block.is_oversize:
                raise EOFError("has a line over 64 MiB")
            for line in self._decode(block):
                self.size += len(line)
                yield line + "\n"

    def _decode(self, block: LineBlock) -> list[str]:
        try:
            texts: list[str] = block.lines.cast(pa.string()).to_pylist()
        except pa.ArrowInvalid:
            self.has_bad_text = True
            return [
                line.decode(errors="surrogateescape")
                for line in block.lines.to_pylist()
            ]
        return texts


def _sniff_delimiter(header: str) -> str:
    """Return the delimiter that cuts a header line into most cells."""
    return max(
        _DELIMITERS,
        key=lambda delimiter: len(next(csv.reader([header], delimiter=delimiter), [])),
    )
