"""Parsed columns to a batch: defaults, and what follows from the content itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.batch import BATCH_SCHEMA
from provenance.domain import Field
from provenance.manifest.amounts import ONCE
from provenance.manifest.content import digest_texts
from provenance.manifest.kernels import has_any, pc
from provenance.manifest.words import find_media

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.manifest.parsed import Parsed

__all__ = ["assemble"]

_RENAMED = {Field.ORIGIN: "origins", Field.DERIVED_FROM: "parents"}
_DEFAULTS: dict[str, object] = {
    "part": 0,
    "items": 1,
    "copies": ONCE,
}
"""Values of columns that the file does not have; others are empty or null."""


def assemble(
    rows: pa.Int64Array,
    parsed: Mapping[Field, Parsed],
    parts: pa.Int32Array | None = None,
) -> pa.RecordBatch:
    """Return the batch of some rows."""
    values: dict[str, Any] = {
        _RENAMED.get(field, str(field)): found.values for field, found in parsed.items()
    }
    values["row"] = rows
    if parts is not None:
        values["part"] = parts
    for column in BATCH_SCHEMA:
        if column.name not in values:
            values[column.name] = _fill(column, len(rows))
    if Field.MEDIA_TYPE in parsed:
        values["medium"] = find_media(values["media_type"])
    if Field.TEXT in parsed:
        _fill_from_text(values)
    return pa.RecordBatch.from_arrays(
        [values[name] for name in BATCH_SCHEMA.names], schema=BATCH_SCHEMA
    )


def _fill(column: pa.Field[Any], height: int) -> Any:
    if isinstance(column.type, pa.ListType):
        offsets = pa.repeat(pa.scalar(0, pa.int32()), height + 1)
        empty = pa.nulls(0, column.type.value_type)
        return pa.ListArray.from_arrays(offsets, empty, type=column.type)
    return pa.repeat(pa.scalar(_DEFAULTS.get(column.name), column.type), height)


def _fill_from_text(values: dict[str, Any]) -> None:
    """Compute what rows with a text do not state: digest, size and medium."""
    text = values["text"]
    size = pc.binary_length(text).cast(pa.int64())
    values["bytes"] = pc.coalesce(values["bytes"], size)
    medium = pc.if_else(pc.is_valid(text), "text", pa.scalar(None, pa.string()))
    values["medium"] = pc.coalesce(values["medium"], medium)
    missing = pc.is_null(values["digest"])
    if has_any(missing):
        digests = digest_texts(text.filter(missing))
        values["digest"] = pc.replace_with_mask(values["digest"], missing, digests)
