"""The narrow waist: the one Arrow schema that every reader ends in.

A normalised batch holds what rows *say*, parsed and checked, and nothing that the
ledger adds (no ids, no dataset, no item keys).

======================  =====================================================
column                  meaning, unit
======================  =====================================================
``row``                 row of the file, from 1; physical line of line formats
``part``                place within a row that became several records, from 0
``digest``              multihash of the content, or null
``name``                the item's own identifier, or null
``url``                 where it was fetched, or null
``fetched_at``          when, UTC, microseconds, or null
``bytes, tokens``       content size × 1 copy, or null when not stated
``items``               items the row stands for; null when the file has the
                        column and the cell is empty
``copies``              repetitions in thousandths; 1000 is once
``language``            primary language code, or null
``medium``              text, image, audio, video or other, or null
``media_type``          as stated, or null
``split``               part of the dataset, or null
``origins``             what the row says its content comes from
``parents``             what the row says it was derived from
======================  =====================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

__all__ = ["BATCH_SCHEMA", "ORIGIN_TYPE", "PARENT_TYPE", "Fault"]

ORIGIN_TYPE = pa.struct(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("model", pa.string()),
        pa.field("mode", pa.string(), nullable=False),
        pa.field("evidence", pa.string(), nullable=False),
        pa.field("detector", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("threshold", pa.float64()),
    ]
)

PARENT_TYPE = pa.struct(
    [
        pa.field("digest", pa.binary()),
        pa.field("reference", pa.string()),
        pa.field("mode", pa.string(), nullable=False),
        pa.field("evidence", pa.string(), nullable=False),
    ]
)

_COLUMNS: list[pa.Field[Any]] = [
    pa.field("row", pa.int64(), nullable=False),
    pa.field("part", pa.int32(), nullable=False),
    pa.field("digest", pa.binary()),
    pa.field("name", pa.string()),
    pa.field("url", pa.string()),
    pa.field("fetched_at", pa.timestamp("us", tz="UTC")),
    pa.field("bytes", pa.int64()),
    pa.field("tokens", pa.int64()),
    pa.field("items", pa.int64()),
    pa.field("copies", pa.int64(), nullable=False),
    pa.field("language", pa.string()),
    pa.field("medium", pa.string()),
    pa.field("media_type", pa.string()),
    pa.field("split", pa.string()),
    pa.field("origins", pa.list_(ORIGIN_TYPE), nullable=False),
    pa.field("parents", pa.list_(PARENT_TYPE), nullable=False),
]

BATCH_SCHEMA = pa.schema(_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One reason why a row, or the rest of a file, was not recorded."""

    file: str
    row: int
    field: str
    """The field that is wrong; ``row`` when the row cannot be read at all."""
    value: str
    """What was found, cut to 200 characters."""
    reason: str
    """What was expected, as a sentence."""
