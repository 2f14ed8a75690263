"""Captures in the making: rows of an archive, with faults and notes beside them."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa

from provenance.manifest.archives.payload import RESERVING
from provenance.manifest.reader import RawBatch
from provenance.manifest.text_lines import row_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.batch import Fault
    from provenance.manifest.archives.payload import Payload

__all__ = [
    "COLUMNS",
    "UNREADABLE",
    "Captures",
    "read_language",
    "read_media_type",
    "read_reservation",
]

COLUMNS = (
    "digest",
    "name",
    "url",
    "fetched_at",
    "bytes",
    "language",
    "media_type",
    "derived_from",
    "derivation",
    "reservation",
)
"""What a capture says, under the names of the fields."""

_MOST_ROWS = 1 << 13
_MEDIA_TYPE = re.compile(
    r"\s*([\w.+-]{1,50}/[\w.+-]{1,49})\s*(;.*)?", re.ASCII | re.DOTALL
)
_LANGUAGE = re.compile(
    r"\s*([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4})\s*(,.*)?", re.DOTALL
)
_OPT_OUT = re.compile(
    r"\bno-?(image-?)?ai\b|^tdm-reservation: *1\b|\b(train-ai|tdm|all) *= *n\b",
    re.IGNORECASE | re.MULTILINE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST_HEADER = 500

DIFFERS = "its payload digest is not the declared one; the computed one was recorded"
UNREADABLE = "its declared payload digest cannot be compared; one was computed"
OPTED_OUT = "it is reserved from AI or text mining"


class Captures:
    """Collects the rows of one raw batch after another."""

    def __init__(self, file: str, columns: Sequence[str]) -> None:
        self._file = file
        self._columns = columns
        self.row = 1
        """Number of the record that is being read, from 1."""
        self._clear()

    def _clear(self) -> None:
        self._rows: list[int] = []
        self._cells: dict[str, list[str | None]] = {name: [] for name in COLUMNS}
        self._faults: list[Fault] = []
        self._notes: defaultdict[str, list[int]] = defaultdict(list)
        self._seen = 0
        """How much there is of all three, counted as it comes: asked every record."""

    def add(
        self, cells: Mapping[str, str | None], payload: Payload | None = None
    ) -> None:
        """Add the record as a capture, with what is known of its payload."""
        if payload is not None:
            cells = dict(cells)
            cells["digest"] = payload.digest
            cells["bytes"] = str(payload.size)
            if payload.agrees is False:
                self.note(DIFFERS)
            cells["reservation"] = read_reservation(payload.headers)
        reservation = cells.get("reservation")
        if reservation and _OPT_OUT.search(reservation):
            self.note(OPTED_OUT)
        self._seen += 1
        self._rows.append(self.row)
        for name, column in self._cells.items():
            column.append(cells.get(name))

    def note(self, what: str) -> None:
        """Tell something of the record."""
        self._seen += 1
        self._notes[what].append(self.row)

    def refuse(self, reason: str) -> None:
        """Say that the record cannot be read."""
        self._seen += 1
        self._faults.append(row_fault(self._file, self.row, "", reason))

    def take(self, *, last: bool = False) -> Iterator[RawBatch]:
        """Yield the rows so far as a batch, once they are many or the last."""
        if self._seen < _MOST_ROWS and not (last and self._seen):
            return
        yield RawBatch(
            rows=pa.array(self._rows, pa.int64()),
            columns={
                name: pa.array(self._cells[name], pa.string()) for name in self._columns
            },
            faults=self._faults,
            notes=dict(self._notes),
        )
        self._clear()


def read_reservation(headers: Mapping[str, str]) -> str | None:
    """Return the headers that may reserve a payload, one per line, if there are any.

    Args:
        headers: Names in lower case → values.
    """
    if not headers:
        return None
    said = [
        f"{name}: {_CONTROL.sub(' ', headers[name])[:_LONGEST_HEADER]}"
        for name in RESERVING
        if name in headers
    ]
    return "\n".join(said) or None


def read_media_type(*stated: str | None) -> str | None:
    """Return the first media type among texts that often are none."""
    for text in stated:
        found = _MEDIA_TYPE.fullmatch(text or "")
        if found:
            return found[1]
    return None


def read_language(stated: str | None) -> str | None:
    """Return the first of the languages that a crawler found, if it is one."""
    found = _LANGUAGE.fullmatch(stated or "")
    return found[1] if found else None
