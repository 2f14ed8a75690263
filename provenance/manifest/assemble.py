"""Parsed columns to a batch: defaults, and what follows from the content itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.batch import BATCH_SCHEMA
from provenance.domain import Field
from provenance.manifest.amounts import ONCE
from provenance.manifest.content import digest_texts
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
    "origins": [],
    "parents": [],
}
"""Values of columns that the file does not have; all others are null."""


def assemble(rows: pa.Int64Array, parsed: Mapping[Field, Parsed]) -> pa.RecordBatch:
    """Return the batch of all rows, those with a flaw included."""
    values: dict[str, Any] = {
        _RENAMED.get(field, str(field)): found.values for field, found in parsed.items()
    }
    values["row"] = rows
    for column in BATCH_SCHEMA:
        if column.name not in values:
            default = pa.scalar(_DEFAULTS.get(column.name), column.type)
            values[column.name] = pa.repeat(default, len(rows))
    if Field.MEDIA_TYPE in parsed:
        values["medium"] = find_media(values["media_type"])
    if Field.TEXT in parsed:
        _fill_from_text(values)
    return pa.RecordBatch.from_arrays(
        [values[name] for name in BATCH_SCHEMA.names], schema=BATCH_SCHEMA
    )


def _fill_from_text(values: dict[str, Any]) -> None:
    """Compute what rows with a text do not state: digest, size and medium."""
    text = values["text"]
    size = pc.binary_length(text).cast(pa.int64())
    values["bytes"] = pc.coalesce(values["bytes"], size)
    medium = pc.if_else(pc.is_valid(text), "text", pa.scalar(None, pa.string()))
    values["medium"] = pc.coalesce(values["medium"], medium)
    missing = pc.is_null(values["digest"])
    if pc.any(missing, min_count=0).as_py():
        digests = digest_texts(text.filter(missing))
        values["digest"] = pc.replace_with_mask(values["digest"], missing, digests)
