"""A file that is a table of components: Markdown, or delimited text."""

from __future__ import annotations

import csv

from provenance.domain import Field
from provenance.manifest.documents.document import Document
from provenance.manifest.documents.markdown import MOST_TEXT, find_mixture
from provenance.manifest.documents.mixture import (
    Table,
    is_written_out,
    read_table,
)
from provenance.manifest.usual_names import USUAL_NAMES

__all__ = ["is_mixture_table", "read_mixture"]

_LARGEST = 1 << 20
"""Characters; a table of components is short."""

_OF_ITEMS = frozenset(
    {
        *USUAL_NAMES[Field.DIGEST],
        *USUAL_NAMES[Field.URL],
        *USUAL_NAMES[Field.TEXT],
        *USUAL_NAMES[Field.DERIVED_FROM],
        *("id", "key", "doc_id", "document_id", "uid", "uuid", "file", "filename"),
        *("file_name", "file_path", "path", "record_id"),
    }
)
"""Columns of tables whose rows are items."""


def read_mixture(text: str) -> Document:
    """Take a table of components apart.

    Raises:
        ValueError: It lists no components.
    """
    if len(text) > MOST_TEXT:
        raise ValueError(
            f"has over {MOST_TEXT >> 20} Mi characters, and no mixture has"
        )
    mixture = find_mixture(text)
    if mixture is None:
        table = _read_delimited(text)
        mixture = read_table(table) if table else None
    if mixture is None:
        raise ValueError(
            "lists no components: no table has names or generators beside amounts"
        )
    return mixture.to_document()


def is_mixture_table(text: str) -> bool:
    """Whether delimited text lists components in a way that only people read.

    Tables of plain numbers are read as any other table is.
    """
    table = _read_delimited(text)
    if table is None or _OF_ITEMS & {head.strip().lower() for head in table.head}:
        return False
    return read_table(table) is not None and is_written_out(table)


def _read_delimited(text: str) -> Table | None:
    """Cut delimited text into cells; None where it cannot be a table of components."""
    if len(text) >= _LARGEST:
        return None
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(",\t;|", key=first.count)
    if not first.count(delimiter):
        return None
    reader = csv.reader(lines, delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        rows.extend((reader.line_num, cells) for cells in reader if any(cells))
    except csv.Error:
        return None
    return Table(head=rows[0][1], rows=rows[1:]) if rows else None
