"""Delimited text, as CSV: a header line with the names, then one record per row.

``row`` counts records after the header, from 1; a record spans several physical
lines when a quoted cell does.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.batch import Faults
from provenance.errors import ManifestError
from provenance.manifest.cells import cut_cells
from provenance.manifest.kernels import has_any, pc
from provenance.manifest.reader import RawBatch, cut_all
from provenance.manifest.records import PlainLines, Record, Records
from provenance.manifest.text_lines import row_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from provenance.batch import Fault

__all__ = ["DelimitedReader"]


class DelimitedReader:
    """Rows of a delimited file, every cell as text."""

    format = "csv"

    def __init__(self, path: Path, names: Sequence[str] = ()) -> None:
        """Read the header, and look whether there are rows.

        Args:
            names: Those of the columns of a file that has no header.
        """
        self._path = path
        self._given = names
        records = Records(path, names)
        self._names = records.read_header()
        if next(iter(records), None) is None:
            raise ManifestError(
                f"{path} holds no rows", hint="Expected a header line and rows below."
            )
        counts = Counter(self._names)
        twice = {name for name, count in counts.items() if count > 1} - {""}
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
        records = Records(self._path, self._given)
        records.read_header()
        wanted = [self._names.index(column) for column in columns]
        row = 1
        for part in records:
            if isinstance(part, list):
                raw = self._take_each(row, part, columns, wanted)
            else:
                raw = self._take_plain(row, part, columns, wanted, records.delimiter)
            yield replace(raw, share=records.meter.share)
            row += len(part)

    def _take_plain(
        self,
        first: int,
        plain: PlainLines,
        columns: Sequence[str],
        wanted: Sequence[int],
        delimiter: str,
    ) -> RawBatch:
        width = len(self._names)
        cells, good, counts = cut_cells(plain.lines, delimiter, width, wanted)
        rows = pa.arange(first, first + len(plain))
        odd = pc.invert(good)
        coded: Any = pa.array(counts, pa.int64()).dictionary_encode()
        reasons = [
            f"expected {width} cells, found {count}"
            for count in coded.dictionary.to_pylist()
        ]
        return RawBatch(
            rows=rows.filter(good),
            columns=dict(zip(columns, cells, strict=True)),
            faults=Faults.of_columns(
                self.file,
                rows=rows.filter(odd),
                fields="row",
                values=cut_all(_join_cells(plain.lines.filter(odd), delimiter)),
                reasons=pa.array(reasons, pa.string()).take(coded.indices),
            ),
        )

    def _take_each(
        self,
        first: int,
        records: Sequence[Record],
        columns: Sequence[str],
        wanted: Sequence[int],
    ) -> RawBatch:
        """Cut columns out of the cells of all rows, one row after another."""
        width = len(self._names)
        rows: list[int] = []
        cells: list[str] = []
        faults: list[Fault] = []
        for row, record in enumerate(records, first):
            if (
                isinstance(record, csv.Error)
                or len(record) != width
                or not _is_text(record)
            ):
                faults.append(self._refuse(row, record))
            else:
                rows.append(row)
                cells.extend(record)
        return RawBatch(
            rows=pa.array(rows, pa.int64()),
            columns={
                column: pa.array(cells[place::width], pa.string())
                for column, place in zip(columns, wanted, strict=True)
            },
            faults=faults,
        )

    def _refuse(self, row: int, record: Record) -> Fault:
        if isinstance(record, csv.Error):
            return row_fault(self.file, row, "", f"not valid CSV: {record}")
        reason = "not valid UTF-8"
        if len(record) != len(self._names):
            reason = f"expected {len(self._names)} cells, found {len(record)}"
        shown = ",".join(record).encode(errors="replace").decode()
        return row_fault(self.file, row, shown, reason)


def _join_cells(lines: Any, delimiter: str) -> Any:
    """Return lines with commas between their cells, and without quotes around them."""
    joined = pc.replace_substring(lines, delimiter, ",")
    quoted = pc.match_substring(lines, '"')
    if not has_any(quoted):
        return joined
    records = csv.reader(lines.filter(quoted).to_pylist(), delimiter=delimiter)
    shown = pa.array([",".join(record) for record in records], pa.string())
    return pc.replace_with_mask(joined, quoted, shown)


def _is_text(record: Sequence[str]) -> bool:
    try:
        "".join(record).encode()
    except UnicodeEncodeError:
        return False
    return True
