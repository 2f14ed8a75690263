"""Parquet, read by pyarrow: only the columns that are needed, group by group."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from provenance.errors import ManifestError
from provenance.manifest.class_labels import list_labels, name_classes
from provenance.manifest.improper import without_improper
from provenance.manifest.kernels import pc
from provenance.manifest.lines import MOST_BYTES
from provenance.manifest.reader import RawBatch
from provenance.manifest.stream import find_packing, iter_chunks
from provenance.temporary import explain_temporary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["ParquetReader"]

_STEP = 1 << 14
"""Most rows decoded at once."""

_MOST_ROWS = 1 << 15
"""Most rows of one raw batch."""

_BUFFER = 1 << 20
"""Bytes of a column read at once; without it, all of a row group."""

_PROBE = 128
"""Rows by which the length of those of a group is judged."""

_STEP_BYTES = MOST_BYTES // 4


class ParquetReader:
    """Rows of a Parquet file; ``row`` counts them from 1."""

    format = "parquet"

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as file:
            if not file.metadata.num_rows:
                raise ManifestError(
                    f"{path} holds no rows",
                    hint="It has columns only: look at what wrote it.",
                )
            schema = file.schema_arrow
            paths = [p for field in schema for p in _list_paths(field)]
            self.metadata: Mapping[str, str] = {
                key.decode(errors="replace"): value.decode(errors="replace")
                for key, value in (schema.metadata or {}).items()
            }
            """What is said of the file beside its rows."""
        outer = [path[0] for path in paths if len(path) == 1]
        twice = {name for name in outer if outer.count(name) > 1}
        if twice:
            raise ManifestError(
                f"{path} has several columns named {min(twice)!r}",
                hint="Give each column a name of its own.",
            )
        self._paths: dict[str, tuple[str, ...]] = {}
        for inside in paths:
            self._paths.setdefault(".".join(inside), inside)
        self._labels = list_labels(self.metadata)

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
                    with explain_temporary():
                        source = stack.enter_context(tempfile.TemporaryFile())
                    for chunk in iter_chunks(self._path):
                        with explain_temporary():
                            source.write(chunk)
                file = pq.ParquetFile(
                    source,
                    pre_buffer=False,
                    buffer_size=_BUFFER,
                    coerce_int96_timestamp_unit="us",
                    page_checksum_verification=True,
                )
            except EOFError as error:
                raise ManifestError(
                    f"{self._path} {error}", hint="Fetch the file again."
                ) from error
            except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
                raise self._refuse("is not a Parquet file", error) from error
            yield stack.enter_context(file)

    def _refuse(self, what: str, error: Exception) -> ManifestError:
        cause = str(error).partition("\n")[0]
        return ManifestError(f"{self._path} {what}", hint=f"Arrow says: {cause}")

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the rows in batches that fit in memory."""
        row = 0
        with self._open() as file:
            batches = _iter_bounded(file, list(columns))
            while True:
                try:
                    batch = next(batches, None)
                except (pa.ArrowException, OSError) as error:
                    raise self._refuse(f"is damaged after row {row}", error) from error
                if batch is None:
                    return
                raw = RawBatch(
                    rows=pa.arange(row + 1, row + 1 + len(batch)),
                    columns={column: self._take(batch, column) for column in columns},
                    faults=[],
                    share=(row + len(batch)) / file.metadata.num_rows,
                )
                nested = [c for c in columns if _is_nested(raw.columns[c].type)]
                yield without_improper(self.file, raw, nested)
                row += len(batch)

    def _take(self, batch: pa.RecordBatch, column: str) -> pa.Array[Any]:
        path = self._paths[column]
        found: pa.Array[Any] = batch.column(path[0])
        if len(path) > 1:
            found = pc.struct_field(found, list(path[1:]))
        names = self._labels.get(path)
        return name_classes(found, names) if names is not None else found


def _iter_bounded(file: pq.ParquetFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield batches of bounded height and size."""
    held: list[pa.RecordBatch] = []
    height = size = 0
    for part in _iter_parts(file, columns):
        part_size = _measure(part)
        if held and (height + len(part) > _MOST_ROWS or size + part_size > MOST_BYTES):
            yield pa.concat_batches(held)
            held, height, size = [], 0, 0
        held.append(part)
        height += len(part)
        size += part_size
        if height == _MOST_ROWS or size >= MOST_BYTES:
            yield pa.concat_batches(held)
            held, height, size = [], 0, 0
    if held:
        yield pa.concat_batches(held)


def _iter_parts(file: pq.ParquetFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield a file in short steps, as short as whole rows need, and shorter.

    The sizes of single columns are not asked of the footer: where that is damaged,
    pyarrow ends the process instead of raising. And a text that a dictionary holds
    once may stand in every row: how long rows are is seen in the first of a group.
    """
    metadata = file.metadata
    groups = range(metadata.num_row_groups)
    size = sum(metadata.row_group(group).total_byte_size for group in groups)
    usual = _STEP_BYTES * metadata.num_rows // max(size, 1)
    for group in groups:
        chosen = {"columns": columns, "row_groups": [group], "use_threads": False}
        step = max(1, min(_STEP, usual))
        if step > _PROBE:
            first = next(file.iter_batches(_PROBE, **chosen), None)
            if first is not None and len(first):
                seen = _STEP_BYTES * len(first) // max(_measure(first), 1)
                step = max(1, min(step, seen))
        for batch in file.iter_batches(step, **chosen):
            yield from _split(batch)


def _split(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Halve a batch until it is of bounded size."""
    if len(batch) == 1 or _measure(batch) <= MOST_BYTES:
        yield batch
        return
    half = len(batch) // 2
    yield from _split(batch.slice(0, half))
    yield from _split(batch.slice(half))


def _measure(batch: pa.RecordBatch) -> int:
    """Return the bytes of a batch, those of a dictionary once for each row."""
    size = 0
    for column in batch.columns:
        kind = column.type
        if isinstance(kind, pa.DictionaryType) and _has_length(kind.value_type):
            lengths = pc.binary_length(column.dictionary).cast(pa.int64())
            size += pc.sum(lengths.take(column.indices)).as_py() or 0
        else:
            size += column.nbytes
    return size


def _has_length(kind: pa.DataType) -> bool:
    return bool(
        types.is_string(kind)
        or types.is_binary(kind)
        or types.is_large_string(kind)
        or types.is_large_binary(kind)
    )


def _is_nested(kind: pa.DataType) -> bool:
    return types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType)


def _list_paths(
    field: pa.Field[Any], outer: tuple[str, ...] = ()
) -> list[tuple[str, ...]]:
    path = (*outer, field.name)
    inner: list[tuple[str, ...]] = []
    if isinstance(field.type, pa.StructType):
        for place in range(field.type.num_fields):
            inner.extend(_list_paths(field.type.field(place), path))
    return [path, *inner]
