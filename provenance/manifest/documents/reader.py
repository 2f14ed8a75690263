"""A document read as a manifest: facts, and perhaps some rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.errors import ManifestError
from provenance.manifest.documents.document import read_text
from provenance.manifest.reader import RawBatch
from provenance.manifest.text_lines import row_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from provenance.manifest.documents.document import Document, Parse

__all__ = ["DocumentReader", "write_value"]


class DocumentReader:
    """One document, read whole when it is opened."""

    def __init__(self, path: Path, format_: str, parse: Parse) -> None:
        """Read and take apart.

        Raises:
            ManifestError: It cannot be read, or is not of this format.
        """
        self.file = str(path)
        self.format = format_
        text = read_text(path)
        try:
            self.document: Document = parse(text)
        except ValueError as error:
            raise ManifestError(
                f"{path} {error}",
                hint=f"Nothing was read; expected {format_}. Where it is something "
                "else, say so with --format.",
            ) from error

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields that some row has."""
        found = dict.fromkeys(name for row in self.document.rows for name in row)
        return tuple(found)

    @property
    def late(self) -> Mapping[str, int]:
        """Nothing: a document is read whole."""
        return {}

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the rows, and with them what is to be told of the document."""
        document = self.document
        yield RawBatch(
            rows=pa.array(document.lines, pa.int64()),
            columns={name: self._column(name) for name in columns},
            faults=[
                row_fault(self.file, line, value, reason)
                for line, value, reason in document.bad
            ],
            notes=document.notes,
            share=1.0,
        )

    def _column(self, name: str) -> pa.Array[Any]:
        values = [row.get(name) for row in self.document.rows]
        return pa.array([write_value(value) for value in values], pa.string())


def write_value(value: object) -> str | None:
    """Return what a document has for a field as the text of a cell."""
    if isinstance(value, list | dict):
        return json.dumps(value)
    return None if value is None else str(value)
