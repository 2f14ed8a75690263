"""Pedigrees, assessments and tallies of a dataset version, as Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from provenance.domain import Grade
from provenance.store import schema
from provenance.store.amounts import DIMENSIONS, select_pedigrees
from provenance.store.arrow import read_batches

__all__ = ["ASSESSMENTS", "read_assessments", "read_pedigrees", "read_tallies"]

_TEXT, _NUMBER = pa.string(), pa.int64()
_GRADES = {grade.value: grade.name.lower() for grade in Grade}

_PEDIGREES = pa.schema(
    {
        "pedigree": _NUMBER,
        **dict.fromkeys(("kind", "model", "mode", "evidence", "grade"), _TEXT),
        "detector": _TEXT,
        "score": pa.float64(),
        "month": _TEXT,
        "medium": _TEXT,
        "path_grade": _TEXT,
        "own": pa.bool_(),
        "least_hops": pa.int16(),
        "greatest_hops": pa.int16(),
    }
)
ASSESSMENTS: Final = pa.schema(
    {
        "pedigree": _NUMBER,
        "aspect": _TEXT,
        "value": _TEXT,
        "tier": _TEXT,
        "depth": pa.int32(),
        "open": pa.bool_(),
    }
)
"""Columns of assessments; ``aspect`` is empty, model, mode or evidence."""

_SUMS = ("records", "contents", "items", "bytes", "tokens")
_LACKING = ("without_items", "without_bytes", "without_tokens")
_TALLIES = pa.schema(
    {
        "dimension": _TEXT,
        "value": _TEXT,
        "pedigree": _NUMBER,
        **{name: pa.float64() for name in _SUMS},
        **dict.fromkeys(_LACKING, _NUMBER),
    }
)


def read_pedigrees(connection: sa.Connection, dataset: int) -> Iterator[pa.RecordBatch]:
    """Yield the elements of the pedigrees of a dataset version's items."""
    elements, origins = schema.pedigree_origins, schema.origins
    query = (
        sa.select(
            elements.c.pedigree_id,
            *(origins.c[n] for n in ("kind", "model", "mode", "evidence")),
            sa.case(_GRADES, value=origins.c.grade),
            *(origins.c[n] for n in ("detector", "score", "month", "medium")),
            sa.case(_GRADES, value=elements.c.grade),
            *(elements.c[n] for n in ("own", "least_hops", "greatest_hops")),
        )
        .join(origins, origins.c.id == elements.c.origin_id)
        .where(elements.c.pedigree_id.in_(select_pedigrees(dataset)))
        .order_by(elements.c.pedigree_id, elements.c.origin_id, elements.c.grade)
    )
    return read_batches(connection, query, _PEDIGREES)


def read_assessments(
    connection: sa.Connection, assessed: Mapping[str, sa.Select[Any]], dataset: int
) -> Iterator[pa.RecordBatch]:
    """Yield what a policy makes of the pedigrees of a dataset version.

    Args:
        connection: An open transaction.
        assessed: Aspect → what the policy makes of pedigrees.
        dataset: Id of the dataset version.
    """
    for aspect, query in assessed.items():
        found = query.subquery()
        rows = sa.select(
            found.c.pedigree_id,
            sa.literal(aspect),
            *(found.c[name] for name in ("value", "tier", "depth", "open")),
        ).where(found.c.pedigree_id.in_(select_pedigrees(dataset)))
        rows = rows.order_by(found.c.pedigree_id, found.c.value)
        yield from read_batches(connection, rows, ASSESSMENTS)


def read_tallies(connection: sa.Connection, dataset: int) -> Iterator[pa.RecordBatch]:
    """Yield the sums of a dataset version by pedigree, and by each dimension."""
    tallies, values = schema.tallies, schema.tally_values
    thousand: Any = sa.literal_column("1000.0")
    names = {number: name for name, number in DIMENSIONS.items()}

    def sum_of(name: str) -> Any:
        return sa.cast(sa.func.sum(tallies.c[name]), sa.Double())

    keys = (tallies.c.dimension, values.c.value, tallies.c.pedigree_id)
    query = (
        sa.select(
            sa.case(names, value=tallies.c.dimension),
            *keys[1:],
            *(sum_of(name) for name in _SUMS[:2]),
            *(sum_of(name) / thousand for name in _SUMS[2:]),
            *(
                sa.cast(sa.func.sum(tallies.c[name]), sa.BigInteger)
                for name in _LACKING
            ),
        )
        .join(values, values.c.id == tallies.c.value_id)
        .where(tallies.c.dataset_id == dataset)
        .group_by(*keys)
        .having(sa.func.sum(tallies.c.records) != 0)
        .order_by(*keys)
    )
    return read_batches(connection, query, _TALLIES)
