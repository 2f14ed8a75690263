"""Distinct combinations of several columns, so that each is worked out once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.manifest.kernels import pc

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["combine"]


def combine(
    columns: Sequence[Any], height: int
) -> tuple[pa.Int64Array, list[tuple[Any, ...]]]:
    """Number the distinct combinations of the values of columns.

    Args:
        columns: Arrow arrays, each of ``height`` values.

    Returns:
        For each row the number of its combination; and the combinations, one value
        for each column.
    """
    codes: Any = pa.repeat(pa.scalar(0, pa.int64()), height)
    found: list[tuple[Any, ...]] = [()]
    for column in columns:
        if column.null_count == height:
            found = [(*values, None) for values in found]
            continue
        encoded = column.dictionary_encode()
        values = [*encoded.dictionary.to_pylist(), None]
        width = len(values)
        places = pc.fill_null(encoded.indices.cast(pa.int64()), width - 1)
        if len(found) == 1:
            codes, found = places, [(*found[0], value) for value in values]
            continue
        # Numbered anew after each column, so that the product cannot overflow.
        joint = pc.add(pc.multiply(codes, width), places).dictionary_encode()
        codes = joint.indices.cast(pa.int64())
        found = [
            (*found[key // width], values[key % width])
            for key in joint.dictionary.to_pylist()
        ]
    return codes, found
