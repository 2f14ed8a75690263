"""Reads Croissant metadata, and the rows whose PROV they describe.

Rows are read where they stand in the metadata (``data``), or in a file beside them
that has the digest they name: then what was read is bound by the metadata's own
digest. The file is read as any manifest is; columns that hold PROV of each row feed
the fields they mean, whatever they are called. Rows of several record sets are
numbered one after the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from provenance.batch import Faults
from provenance.domain import Field, Kind
from provenance.errors import ManifestError
from provenance.manifest.documents.activities import find_mode, is_making
from provenance.manifest.documents.croissant import read_croissant
from provenance.manifest.documents.document import Document, read_text
from provenance.manifest.documents.json_ld import Graph
from provenance.manifest.documents.json_object import as_list, read_object
from provenance.manifest.documents.reader import DocumentReader, write_value
from provenance.manifest.documents.record_sets import (
    ACTIVITY,
    RecordSet,
    find_record_sets,
)
from provenance.manifest.kernels import pc
from provenance.manifest.raw_text import to_text
from provenance.manifest.reader import RawBatch, Reader, cut
from provenance.manifest.text_lines import row_fault
from provenance.manifest.usual_names import USUAL_NAMES

__all__ = ["CroissantReader", "OpenRows", "find_row_files"]

OpenRows = Callable[[Path, Mapping[Field, str]], Reader]
"""Opens a file of rows; some fields are fed by given columns."""

_CHUNK = 1 << 20
_NOT_HERE = (
    "rows whose PROV it describes do not lie beside it: read them with --map, as "
    "in_rows tells"
)
_NO_DIGEST = "rows lie beside it in a file without a sha256: they were not read"
_ANOTHER = "rows lie beside it in another file than it describes: they were not read"
_OTHER_FORM = "expected an object with the fields of the record set"
_NO_TEXT = pa.scalar(None, pa.string())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Rows that are read, and what their columns are called here."""

    said: RecordSet
    reader: Reader | None
    """None: the rows are data of the document."""
    there: Mapping[str, str]
    """Column here → column there."""
    agent: str | None
    """Column here with the software that rows are attributed to."""
    activity: str | None
    """Column there with the activity that it did."""
    person: str | None
    """Column here with the person that rows are attributed to."""


class CroissantReader(DocumentReader):
    """Facts and files of the metadata, then the rows that they describe."""

    def __init__(self, path: Path, open_rows: OpenRows) -> None:
        """Read the metadata, and look for the rows.

        Raises:
            ManifestError: The metadata cannot be read, or a file of rows cannot.
        """
        super().__init__(path, "croissant", read_croissant)
        graph = Graph(read_object(read_text(path)))
        notes = {what: list(lines) for what, lines in self.document.notes.items()}
        files = {node.get("@id"): node for node in graph.of_type("FileObject")}
        self._sources: list[_Source] = []
        for said in find_record_sets(graph):
            source: _Source | str = (
                _take_data(said)
                if said.file is None
                else _open(path, files.get(said.file), said, open_rows)
            )
            if isinstance(source, str):
                notes.setdefault(source, []).append(1)
            else:
                self._sources.append(source)
        read = {source.said.file for source in self._sources}
        kept = [row.get("name") not in read for row in self.document.rows]
        self.document: Document = replace(
            self.document,
            rows=[row for row, k in zip(self.document.rows, kept, strict=True) if k],
            lines=[n for n, k in zip(self.document.lines, kept, strict=True) if k],
            notes=notes,
            has_more_rows=bool(self._sources),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields of the files, then the columns of the rows."""
        rows = (column for source in self._sources for column in source.there)
        return tuple(dict.fromkeys([*super().columns, *rows]))

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the files and the notes, then the rows of each record set."""
        first = next(super().read(columns))
        yield first
        last = max(first.rows.to_pylist(), default=0)
        for source in self._sources:
            start = last
            for raw in _read_source(source, columns, self.file):
                numbers = pc.add(raw.rows, pa.scalar(start, pa.int64()))
                faults = Faults.of(self.file, raw.faults).moved(start)
                last = max(last, faults.last_row, pc.max(numbers).as_py() or 0)
                yield replace(
                    raw,
                    rows=numbers,
                    faults=faults,
                    notes={
                        what: [row + start for row in rows]
                        for what, rows in raw.notes.items()
                    },
                )


def _open(
    path: Path, node: Mapping[str, Any] | None, said: RecordSet, open_rows: OpenRows
) -> _Source | str:
    """Open the file of some rows; a text says why they are not read."""
    file = _locate(path, node)
    if isinstance(file, str):
        return file
    named = {
        Field(feeds): column
        for column, feeds in said.columns.items()
        if feeds != ACTIVITY and not _is_usual(column, feeds)
    }
    try:
        reader = open_rows(file, named)
    except ManifestError as error:
        raise ManifestError(f"{path}: {error.message}", hint=error.hint) from error
    return _rename(said, reader, reader.columns)


def find_row_files(path: Path) -> set[Path]:
    """Return the files beside Croissant metadata whose rows are read with them.

    Raises:
        ManifestError: The metadata cannot be read.
    """
    graph = Graph(read_object(read_text(path)))
    files = {node.get("@id"): node for node in graph.of_type("FileObject")}
    found = [
        _locate(path, files.get(said.file))
        for said in find_record_sets(graph)
        if said.file is not None
    ]
    return {file for file in found if isinstance(file, Path)}


def _locate(path: Path, node: Mapping[str, Any] | None) -> Path | str:
    url = str((node or {}).get("contentUrl") or "")
    inner = PurePosixPath(url)
    file = path.parent / inner
    if not url or "://" in url or inner.is_absolute() or ".." in inner.parts:
        return _NOT_HERE
    if not file.is_file():
        return _NOT_HERE
    declared = as_list((node or {}).get("sha256"))
    if not declared:
        return _NO_DIGEST
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    if digest not in [str(one).lower() for one in declared]:
        return _ANOTHER
    return file


def _take_data(said: RecordSet) -> _Source | str:
    keys = dict.fromkeys(
        said.names.get(key, key.rpartition("/")[2])
        for one in said.data
        if isinstance(one, dict)
        for key in one
        if not key.startswith("@")
    )
    return _rename(said, None, tuple(keys)) if keys else _NOT_HERE


def _rename(
    said: RecordSet, reader: Reader | None, columns: tuple[str, ...]
) -> _Source:
    """Call columns by the fields they feed, as PROV means them."""
    there: dict[str, str] = {}
    of: dict[str, str] = {}
    """Meaning → column here."""
    for column in columns:
        feeds = said.columns.get(column, "")
        here = column
        if feeds and feeds != ACTIVITY and feeds not in of:
            here = column if _is_usual(column, feeds) else feeds
            of[feeds] = here
        there.setdefault(here, column)
    agent = of.get(str(Field.GENERATED_BY))
    activity = next((c for c in columns if said.columns.get(c) == ACTIVITY), None)
    if agent is None:
        activity = None  # nobody is said to have made anything in it
    elif activity is not None:
        there.setdefault(str(Field.MODE), activity)
    return _Source(
        said=said,
        reader=reader,
        there=there,
        agent=agent,
        activity=activity,
        person=of.get(str(Field.ORIGIN)),
    )


def _is_usual(column: str, feeds: str) -> bool:
    """Whether a column says by its own name what it feeds."""
    return feeds != ACTIVITY and column.lower() in USUAL_NAMES[Field(feeds)]


def _read_source(
    source: _Source, columns: Sequence[str], file: str
) -> Iterator[RawBatch]:
    """Yield the rows under the names that columns have here; null where they lack."""
    wanted = [source.there[column] for column in columns if column in source.there]
    if source.agent in columns and source.activity is not None:
        wanted.append(source.activity)
    needed = tuple(dict.fromkeys(wanted))
    rows = (
        _read_data(source.said, needed, file)
        if source.reader is None
        else source.reader.read(needed)
    )
    for raw in rows:
        found = {
            column: raw.columns[source.there[column]]
            for column in columns
            if column in source.there
        }
        if source.activity is not None:
            words = to_text(Field.MODE, raw.columns[source.activity]).values
            if source.agent in found:
                found[source.agent] = _keep_makers(found[source.agent], words)
            if source.there.get(str(Field.MODE)) == source.activity:
                found[str(Field.MODE)] = _find_modes(words)
        if source.person is not None and source.person in found:
            human = pa.repeat(pa.scalar(str(Kind.HUMAN)), len(raw.rows))
            is_named = pc.is_valid(found[source.person])
            found[source.person] = pc.if_else(is_named, human, _NO_TEXT)
        nothing = pa.nulls(len(raw.rows), pa.string())
        yield replace(
            raw, columns={column: found.get(column, nothing) for column in columns}
        )


def _keep_makers(agents: Any, activities: Any) -> Any:
    """Leave out the agents of activities that made no content."""
    coded = activities.dictionary_encode()
    made = [is_making(words) for words in coded.dictionary.to_pylist()]
    is_made = pa.array(made, pa.bool_()).take(coded.indices)
    names = to_text(Field.GENERATED_BY, agents).values
    return pc.if_else(pc.fill_null(is_made, True), names, _NO_TEXT)


def _find_modes(activities: Any) -> Any:
    coded = activities.dictionary_encode()
    modes = [str(find_mode(words)) for words in coded.dictionary.to_pylist()]
    return pa.array(modes, pa.string()).take(coded.indices)


def _read_data(
    said: RecordSet, columns: Sequence[str], file: str
) -> Iterator[RawBatch]:
    """Yield the rows that stand in the document."""
    numbers, rows, faults = [], [], []
    for number, one in enumerate(said.data, start=1):
        if isinstance(one, dict):
            numbers.append(number)
            rows.append(
                {
                    said.names.get(key, key.rpartition("/")[2]): value
                    for key, value in one.items()
                }
            )
        else:
            faults.append(row_fault(file, number, cut(one), _OTHER_FORM))
    yield RawBatch(
        rows=pa.array(numbers, pa.int64()),
        columns={
            column: pa.array(
                [write_value(row.get(column)) for row in rows], pa.string()
            )
            for column in columns
        },
        faults=faults,
    )
