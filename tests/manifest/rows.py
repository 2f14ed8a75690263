"""Rows in, records out: the shortest way through a reader or the rules alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from provenance.batch import Fault
from provenance.domain import Field
from provenance.manifest import (
    ColumnMap,
    Normaliser,
    RawBatch,
    map_columns,
    open_manifest,
)

Row = dict[str, Any]


def map_fields(
    fields: Iterable[str], constants: Mapping[str, str] | None = None
) -> ColumnMap:
    """Each field from the column of the same name."""
    return ColumnMap(
        columns={Field(field): field for field in fields},
        constants={Field(f): value for f, value in (constants or {}).items()},
        unused=(),
    )


def make_raw(columns: Mapping[str, Any]) -> RawBatch:
    arrays = {
        name: values if isinstance(values, pa.Array) else pa.array(values)
        for name, values in columns.items()
    }
    height = len(next(iter(arrays.values())))
    rows = pa.array(range(1, height + 1), pa.int64())
    return RawBatch(rows=rows, columns=arrays, faults=[])


def normalise(
    columns: Mapping[str, Any], constants: Mapping[str, str] | None = None
) -> tuple[list[Row], list[Fault]]:
    """Apply the rules to columns named as the fields they feed."""
    normaliser = Normaliser(map_fields(columns, constants), file="m.parquet")
    batch, faults = normaliser.normalise(make_raw(columns))
    return batch.to_pylist(), list(faults)


def values(field: str, column: Any, *, result: str = "") -> list[Any]:
    """Return what a column of one field becomes; every row must be good."""
    records, faults = normalise({field: column})
    assert faults == []
    return [record[result or field] for record in records]


def reasons(field: str, column: Any) -> list[tuple[int, str, str, str]]:
    """Return row, field, value and reason of each fault of a column of one field."""
    faults = normalise({field: column})[1]
    return [(fault.row, fault.field, fault.value, fault.reason) for fault in faults]


def read_file(
    path: Path,
    explicit: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    format: str = "auto",  # noqa: A002 - the word of the function under test
) -> tuple[list[Row], list[Fault]]:
    """Read a whole file as the ledger does."""
    named = {Field(field): column for field, column in (explicit or {}).items()}
    reader = open_manifest(path, format=format, named=named)
    column_map = map_columns(
        reader.columns,
        named,
        {Field(field): value for field, value in (constants or {}).items()},
    )
    normaliser = Normaliser(column_map, file=reader.file)
    records: list[Row] = []
    faults: list[Fault] = []
    for raw in reader.read(column_map.needed):
        batch, found = normaliser.normalise(raw)
        records += batch.to_pylist()
        faults += found
    return records, faults


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
