"""What reserves records from mining or training: entries behind that of their batch.

It is nothing of the content, and most records have none, so it stands in no leaf. An
entry names the words once, with the places in the tree of all the records they hold
for; the table has a row for each of these.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa
import sqlalchemy as sa

from provenance.log import append_entry
from provenance.store import schema
from provenance.store.arrow import insert_rows

__all__ = ["plan_reservations", "record_reservations"]

Reserved = Mapping[str, Sequence[int]]
"""Header lines → the records they hold for, by their place among the leaves."""

_MOST_BYTES = 50_000
"""Of one entry of the log, which may have but 64 KiB."""
_EACH = 12
"""Bytes of a place and a comma, at most; or of what is around some words."""


def plan_reservations(reserved: pa.Table) -> Sequence[Reserved]:
    """Return what the entries of a batch will say, each small enough.

    Args:
        reserved: Columns ``leaf_index`` and ``said``.
    """
    if not reserved.num_rows:
        return []
    grouped = reserved.group_by("said", use_threads=False).aggregate(
        [("leaf_index", "list")]
    )
    planned: list[dict[str, list[int]]] = [{}]
    left = _MOST_BYTES
    for said, leaves in zip(
        grouped["said"].to_pylist(), grouped["leaf_index_list"].to_pylist(), strict=True
    ):
        size = len(json.dumps(said, ensure_ascii=False).encode()) + _EACH
        while leaves:
            if left < size + _EACH:
                planned.append({})
                left = _MOST_BYTES
            taken = (left - size) // _EACH
            planned[-1][said] = leaves[:taken]
            left -= size + _EACH * len(leaves[:taken])
            leaves = leaves[taken:]  # noqa: PLW2901 - what is left of them
    return planned


def record_reservations(
    connection: sa.Connection, planned: Sequence[Reserved], batch: int, now: int
) -> None:
    """Record what reserves the records of a batch, each part as a log entry.

    Args:
        connection: A writing transaction.
        planned: From ``plan_reservations``.
        batch: Log position of the batch, behind which nothing else stands yet but what
            belongs to it.
        now: Microseconds since 1970 UTC.
    """
    for reserved in planned:
        body = {"batch": batch, "reserved": reserved}
        position = append_entry(connection, "reservation", body, now)
        rows = [
            (batch, index, said, position)
            for said, leaves in reserved.items()
            for index in leaves
        ]
        columns = ("batch", "leaf_index", "said", "position")
        insert_rows(connection, schema.reservations, columns, rows)
