"""A reader that notices when its file is written to while it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.domain import Field
from provenance.errors import ManifestError
from provenance.manifest.documents.reader import DocumentReader
from provenance.manifest.media.members import iter_media_files
from provenance.manifest.records_file import RecordsReader

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from provenance.manifest.documents.document import Document
    from provenance.manifest.reader import RawBatch, Reader

__all__ = ["WatchedReader", "take_stock"]


Stock = tuple[int, ...]


class WatchedReader:
    """Reads as another reader does, and at the end looks at the file once more.

    The digest of a manifest is taken apart from its rows: of a file that changes
    in between, the ledger would vouch for rows that it does not hold.
    """

    def __init__(
        self,
        path: Path,
        before: Stock,
        reader: Reader,
        made: frozenset[str] = frozenset(),
    ) -> None:
        """Take over a reader.

        Args:
            before: What was known of the file before the reader looked at it.
            made: Columns that the file itself does not have.
        """
        self._path = path
        self._before = before
        self._reader = reader
        self.made = made

    @property
    def file(self) -> str:
        """The file as faults name it."""
        return self._reader.file

    @property
    def format(self) -> str:
        """The format of the file."""
        return self._reader.format

    @property
    def columns(self) -> tuple[str, ...]:
        """Column paths in the order of the file."""
        return self._reader.columns

    @property
    def late(self) -> Mapping[str, int]:
        """Columns that were met too late to be read."""
        return self._reader.late

    @property
    def document(self) -> Document | None:
        """What was taken out of it, where it is a document; else it has only rows."""
        reader = self._reader
        return reader.document if isinstance(reader, DocumentReader) else None

    @property
    def called(self) -> str:
        """What the file itself calls its dataset; empty: it does not say."""
        reader = self._reader
        if isinstance(reader, RecordsReader):
            return reader.called
        return reader.document.called if isinstance(reader, DocumentReader) else ""

    @property
    def is_evidence(self) -> bool:
        """Whether the file says of itself that its rows are of no dataset."""
        return isinstance(self._reader, RecordsReader) and self._reader.is_evidence

    @property
    def usual(self) -> Mapping[Field, str]:
        """Fields whose columns the format tells, whatever they are called elsewhere."""
        reader = self._reader
        if isinstance(reader, RecordsReader):
            return reader.usual
        if isinstance(reader, DocumentReader) and reader.document.has_lists:
            lists = (Field.ORIGINS, Field.PARENTS)
            return {field: str(field) for field in lists if field in reader.columns}
        return {}

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the given columns from the first row on.

        Raises:
            ManifestError: The file is damaged, or not what it was at first.
        """
        yield from self._reader.read(columns)
        try:
            after = take_stock(self._path)
        except OSError:
            after = ()
        if after != self._before:
            raise ManifestError(
                f"{self._path} was written to while it was read",
                hint="Try again when it is whole, or record a copy of it.",
            )


def take_stock(path: Path) -> Stock:
    """Return what tells a file, or the media files of a folder, from a changed one.

    Raises:
        OSError: It is not there.
    """
    if not path.is_dir():
        return _identify(path.stat())
    stock = hash(())
    for file in iter_media_files(path):
        try:
            stock = hash((stock, str(file), _identify(file.stat())))
        except OSError:  # as a link that leads nowhere, which is a bad row
            stock = hash((stock, str(file)))
    return (stock,)


def _identify(found: os.stat_result) -> Stock:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
