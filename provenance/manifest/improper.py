"""Rows of Parquet with texts that are no UTF-8: Arrow hands them over unchecked.

Where a column is one plain text, its field says what is wrong with it. Of what is
nested, and of the parts of a row, Python has to make objects, and cannot.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.manifest.kernels import pc
from provenance.manifest.text_lines import row_fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.manifest.reader import RawBatch

__all__ = ["without_improper"]


def without_improper(file: str, raw: RawBatch, columns: Iterable[str]) -> RawBatch:
    """Set aside the rows that have such a text in one of some columns."""
    proper = [
        pa.array([_is_proper(value) for value in raw.columns[name]], pa.bool_())
        for name in columns
        if not _is_valid(raw.columns[name])
    ]
    if not proper:
        return raw
    good = proper[0]
    for other in proper[1:]:
        good = pc.and_(good, other)
    bad = raw.rows.filter(pc.invert(good)).to_pylist()
    return replace(
        raw,
        rows=raw.rows.filter(good),
        columns={name: column.filter(good) for name, column in raw.columns.items()},
        faults=[
            *raw.faults,
            *(row_fault(file, row, "", "not valid UTF-8") for row in bad),
        ],
    )


def _is_valid(column: Any) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _is_proper(value: Any) -> bool:
    try:
        value.as_py()
    except UnicodeDecodeError:
        return False
    return True
