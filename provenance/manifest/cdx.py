"""Crawl indexes: CDXJ, and the older CDX with its legend in the first line.

CDXJ (https://specs.webrecorder.net/cdxj/0.1.0/)::

    <surt> <14-digit time> {"url": …, "mime": …, "digest": …, …}

CDX (https://iipc.github.io/warc-specifications/specifications/cdx-format/): the
first character of the file is the delimiter, then ``CDX``, then a letter for each
column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.errors import ManifestError
from provenance.manifest.json_text import JsonText
from provenance.manifest.jsonl import explain_line
from provenance.manifest.reader import RawBatch
from provenance.manifest.text_lines import TextLines, iter_text_lines, row_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from provenance.batch import Fault

__all__ = ["CdxReader", "CdxjReader"]

_LETTERS = {
    "N": "surt",
    "b": "timestamp",
    "a": "url",
    "m": "mime",
    "s": "status",
    "k": "digest",
    "r": "redirect",
    "M": "metatags",
    "S": "length",
    "V": "offset",
    "g": "filename",
}
_META = r"^(!| ?CDX )"
_NO_LATE: Mapping[str, int] = {}


def _without_meta(text: TextLines) -> TextLines:
    return text.filter(pc.invert(pc.match_substring_regex(text.lines, _META)))


class CdxReader:
    """Rows of a CDX file; ``row`` is the physical line."""

    format = "cdxj"
    late = _NO_LATE

    def __init__(self, path: Path, legend: str) -> None:
        self._path = path
        self._delimiter = legend.lstrip()[len("CDX")]
        letters = legend.strip().split(self._delimiter)[1:]
        self._names = [_LETTERS.get(letter, letter) for letter in letters]
        if not any(len(_without_meta(text).lines) for text in iter_text_lines(path)):
            raise ManifestError(f"{path} holds no rows")

    @property
    def file(self) -> str:
        return str(self._path)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self._names)

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        places = [self._names.index(column) for column in columns]
        for unread in iter_text_lines(self._path):
            text = _without_meta(unread)
            trimmed = pc.utf8_rtrim(text.lines, "\r\n \t")
            cells = pc.split_pattern(trimmed, self._delimiter)
            good = pc.equal(pc.list_value_length(cells), len(self._names))
            reason = f"expected {len(self._names)} cells, as the first line has"
            yield RawBatch(
                rows=text.rows.filter(good),
                columns={
                    column: pc.list_element(cells.filter(good), place)
                    for column, place in zip(columns, places, strict=True)
                },
                faults=text.faults + _refuse(self.file, text, good, reason),
            )


class CdxjReader:
    """Rows of a CDXJ file; ``row`` is the physical line."""

    format = "cdxj"
    late = _NO_LATE

    def __init__(self, path: Path) -> None:
        self._path = path
        self._json = JsonText()
        self._keys = self._find_keys()

    @property
    def file(self) -> str:
        return str(self._path)

    @property
    def columns(self) -> tuple[str, ...]:
        return ("surt", "timestamp", *self._keys)

    def _find_keys(self) -> list[str]:
        for unread in iter_text_lines(self._path):
            text = _without_meta(unread)
            if not text.lines and not text.faults:
                continue
            _, parts = _cut_line(text)
            _, good = self._json.extract(parts[2], [])
            keys = self._json.list_keys(parts[2].filter(good))
            return [key for key in keys if key not in ("surt", "timestamp")]
        raise ManifestError(f"{self._path} holds no rows")

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        inner = [column for column in columns if column in self._keys]
        reason = "expected a key, a 14-digit time and a JSON object"
        for unread in iter_text_lines(self._path):
            text = _without_meta(unread)
            has_parts, parts = _cut_line(text)
            faults = text.faults + _refuse(self.file, text, has_parts, reason)
            rows = text.rows.filter(has_parts)
            values, good = self._json.extract(parts[2], inner_paths(inner))
            if good is not None:
                bad = pc.invert(good)
                faults += [
                    row_fault(self.file, row, line, explain_line(line))
                    for row, line in zip(
                        rows.filter(bad).to_pylist(),
                        parts[2].filter(bad).to_pylist(),
                        strict=True,
                    )
                ]
                rows = rows.filter(good)
                parts = [part.filter(good) for part in parts]
            found = dict(zip(inner, values, strict=True))
            found |= {"surt": parts[0], "timestamp": parts[1]}
            yield RawBatch(
                rows=rows,
                columns={column: found[column] for column in columns},
                faults=sorted(faults, key=lambda fault: fault.row),
            )


def inner_paths(keys: Sequence[str]) -> list[tuple[str, ...]]:
    return [(key,) for key in keys]


def _cut_line(text: TextLines) -> tuple[pa.BooleanArray, list[Any]]:
    """Cut lines into key, time and JSON; tell which lines have the three."""
    cells = pc.split_pattern(text.lines, " ", max_splits=2)
    good = pc.equal(pc.list_value_length(cells), 3)
    kept = cells.filter(good)
    return good, [pc.list_element(kept, place) for place in range(3)]


def _refuse(
    file: str, text: TextLines, good: pa.BooleanArray, reason: str
) -> list[Fault]:
    bad = text.filter(pc.invert(good))
    return [
        row_fault(file, row, line, reason)
        for row, line in zip(bad.rows.to_pylist(), bad.lines.to_pylist(), strict=True)
    ]
