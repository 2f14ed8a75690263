"""Write out the edges of many records at once, as their leaves have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.log.leaves import join_fields

__all__ = ["ORIGIN_FIELDS", "PARENT_FIELDS", "write_origins", "write_parents"]

ORIGIN_FIELDS = (
    "kind",
    "model",
    "mode",
    "evidence",
    "detector",
    "score",
    "threshold",
)
"""What a leaf says of each origin, in order."""

PARENT_FIELDS = ("digest", "reference", "mode", "evidence")
"""What a leaf says of each parent, in order; no reference beside a digest."""


def write_origins(
    rows: int, places: pa.Array[Any], fields: Sequence[pa.Array[Any]]
) -> pa.Array[Any]:
    """Write out the origins of each row: in the order of their bytes, none twice.

    Args:
        rows: How many rows there are.
        places: The row of each origin, from 0, ascending.
        fields: A column for each of ``ORIGIN_FIELDS``.

    Returns:
        A text for each row, empty where there is no origin.
    """
    if not len(places):
        return pa.repeat("", rows)
    texts = join_fields(fields)
    if pc.count_distinct(places).as_py() != len(places):
        stated = pa.table({"place": places, "text": texts})
        distinct = stated.group_by(["place", "text"], use_threads=False).aggregate([])
        ordered = distinct.sort_by([("place", "ascending"), ("text", "ascending")])
        places, texts = (ordered[n].combine_chunks() for n in ("place", "text"))
    return _gather(rows, places, texts)


def write_parents(
    rows: int, places: pa.Array[Any], fields: Sequence[pa.Array[Any]]
) -> pa.Array[Any]:
    """Write out the parents of each row, in the order in which they are given.

    Args:
        rows: How many rows there are.
        places: The row of each parent, from 0, ascending.
        fields: A column for each of ``PARENT_FIELDS``.

    Returns:
        A text for each row, empty where there is no parent.
    """
    if not len(places):
        return pa.repeat("", rows)
    digests, references, *ways = fields
    nothing = pa.nulls(len(places), pa.string())
    beside: pa.Array[Any] = pc.if_else(pc.is_null(digests), references, nothing)
    return _gather(rows, places, join_fields([digests, beside, *ways]))


def _gather(rows: int, places: pa.Array[Any], texts: pa.Array[Any]) -> pa.Array[Any]:
    """Join the texts of each row, and set them where the row stands."""
    runs = pc.run_end_encode(places)
    starts = pa.concat_arrays([pa.array([0], pa.int32()), runs.run_ends])
    joined = pc.binary_join(pa.ListArray.from_arrays(starts, texts), "")
    return pc.scatter(joined, runs.values, max_index=rows - 1).fill_null("")
