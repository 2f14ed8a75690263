"""OLMo's token offsets: where in a file of tokens each document lies.

Written beside every file of tokens by Dolma, as CSV without a header::

    <first token>,<token after the last>,<document id>,<source path>,<line>
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import pyarrow as pa

from provenance.manifest.lines import MOST_ROWS
from provenance.manifest.reader import RawBatch
from provenance.manifest.records import Records
from provenance.manifest.stream import find_packing
from provenance.manifest.text_lines import row_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from provenance.batch import Fault

__all__ = ["OffsetsReader"]

_COLUMNS = ("tokens", "name", "source path", "source line")
_WIDTH = 5
_PLACE = re.compile(r"\d{1,18}", re.ASCII)


class OffsetsReader:
    """Documents of a token file; ``row`` counts them from 1."""

    format = "offsets"

    def __init__(self, path: Path) -> None:
        self._path = path
        find_packing(path)

    @property
    def file(self) -> str:
        """The file as faults name it."""
        return str(self._path)

    @property
    def columns(self) -> tuple[str, ...]:
        """The number of tokens, and what the other three cells are."""
        return _COLUMNS

    @property
    def late(self) -> Mapping[str, int]:
        """Nothing: the columns are fixed."""
        return {}

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the documents; a line of another form is a fault."""
        rows: list[int] = []
        cells: list[tuple[str, str, str, str]] = []
        faults: list[Fault] = []
        for row, record in enumerate(Records(self._path), 1):
            found = None if isinstance(record, csv.Error) else _read(record)
            if found:
                rows.append(row)
                cells.append(found)
            else:
                shown = "" if isinstance(record, csv.Error) else ",".join(record)
                reason = "expected start, end, document id, source path and line"
                shown = shown.encode(errors="replace").decode()
                faults.append(row_fault(self.file, row, shown, reason))
            if len(rows) + len(faults) == MOST_ROWS:
                yield _to_batch(rows, cells, columns, faults)
                rows, cells, faults = [], [], []
        if rows or faults:
            yield _to_batch(rows, cells, columns, faults)


def _read(record: Sequence[str]) -> tuple[str, str, str, str] | None:
    if len(record) != _WIDTH or not all(map(_PLACE.fullmatch, record[:2])):
        return None
    count = int(record[1]) - int(record[0])
    try:
        "".join(record).encode()
    except UnicodeEncodeError:
        return None
    return (str(count), record[2], record[3], record[4]) if count >= 0 else None


def _to_batch(
    rows: list[int],
    cells: list[tuple[str, str, str, str]],
    columns: Sequence[str],
    faults: list[Fault],
) -> RawBatch:
    return RawBatch(
        rows=pa.array(rows, pa.int64()),
        columns={
            column: pa.array(
                [cell[_COLUMNS.index(column)] for cell in cells], pa.string()
            )
            for column in columns
        },
        faults=faults,
    )
