"""Parquet, read by pyarrow: only the columns that are needed, group by group."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from provenance.errors import ManifestError
from provenance.manifest.kernels import pc
from provenance.manifest.lines import MOST_BYTES, MOST_ROWS
from provenance.manifest.reader import RawBatch
from provenance.manifest.stream import find_packing, iter_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["ParquetReader"]


class ParquetReader:
    """Rows of a Parquet file; ``row`` counts them from 1."""

    format = "parquet"

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as file:
            schema = file.schema_arrow
            if not file.metadata.num_rows:
                raise ManifestError(f"{path} holds no rows")
        names = schema.names
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ManifestError(
                f"{path} has several columns named {min(twice)!r}",
                hint="Give each column a name of its own.",
            )
        self._paths: dict[str, tuple[str, ...]] = {}
        for field in schema:
            for path_inside in _list_paths(field, ()):
                self._paths.setdefault(".".join(path_inside), path_inside)

    @property
    def file(self) -> str:
        """The file as faults name it."""
        return str(self._path)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns, and the fields of those that are structs."""
        return tuple(self._paths)

    @property
    def late(self) -> Mapping[str, int]:
        """Nothing: the schema says all."""
        return {}

    @contextmanager
    def _open(self) -> Iterator[pq.ParquetFile]:
        """Open the file, or an unpacked copy: Parquet is read from its end."""
        with ExitStack() as stack:
            source: Path | BinaryIO = self._path
            try:
                if find_packing(self._path):
                    source = stack.enter_context(tempfile.TemporaryFile())
                    for chunk in iter_chunks(self._path):
                        source.write(chunk)
                file = pq.ParquetFile(
                    source,
                    pre_buffer=False,
                    coerce_int96_timestamp_unit="us",
                    page_checksum_verification=True,
                )
            except EOFError as error:
                raise ManifestError(f"{self._path} {error}") from error
            except (pa.ArrowException, OSError) as error:
                raise self._refuse("is not a Parquet file", error) from error
            yield stack.enter_context(file)

    def _refuse(self, what: str, error: Exception) -> ManifestError:
        cause = str(error).partition("\n")[0]
        return ManifestError(f"{self._path} {what}", hint=f"Arrow says: {cause}")

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the rows in batches that fit in memory."""
        row = 0
        with self._open() as file:
            batches = file.iter_batches(
                batch_size=_choose_height(file.metadata, columns),
                columns=list(columns),
                use_threads=False,
            )
            while True:
                try:
                    batch = next(batches, None)
                except (pa.ArrowException, OSError) as error:
                    raise self._refuse(f"is damaged after row {row}", error) from error
                if batch is None:
                    return
                yield RawBatch(
                    rows=pa.array(range(row + 1, row + 1 + len(batch)), pa.int64()),
                    columns={
                        column: _take(batch, self._paths[column]) for column in columns
                    },
                    faults=[],
                )
                row += len(batch)


def _list_paths(field: pa.Field[Any], outer: tuple[str, ...]) -> list[tuple[str, ...]]:
    path = (*outer, field.name)
    inner: list[tuple[str, ...]] = []
    if isinstance(field.type, pa.StructType):
        for place in range(field.type.num_fields):
            inner.extend(_list_paths(field.type.field(place), path))
    return [path, *inner]


def _choose_height(metadata: pq.FileMetaData, columns: Sequence[str]) -> int:
    """Choose how many rows to hold at once, from the sizes in the footer."""
    size = rows = 0
    for group in range(metadata.num_row_groups):
        found = metadata.row_group(group)
        rows += found.num_rows
        for place in range(found.num_columns):
            chunk = found.column(place)
            path = chunk.path_in_schema
            if any(path == c or path.startswith(f"{c}.") for c in columns):
                size += chunk.total_uncompressed_size
    return max(1, min(MOST_ROWS, MOST_BYTES * rows // max(size, 1)))


def _take(batch: pa.RecordBatch, path: Sequence[str]) -> pa.Array[Any]:
    column: pa.Array[Any] = batch.column(path[0])
    return pc.struct_field(column, list(path[1:])) if len(path) > 1 else column
