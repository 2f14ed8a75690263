"""What records share by id: sources, media types, origins, ways of deriving."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.store import schema

__all__ = ["Lookup", "Read", "Shared", "load_shared"]

Read = Callable[[sa.Select[Any], pa.Schema], Iterator[pa.RecordBatch]]
"""Run a query and yield its rows as batches of a schema."""

_SOURCES_KEPT = 4_000_000
"""Prefixes of sources kept in memory, some 40 bytes each; more are joined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A small table that is looked up by id."""

    table: str
    ids: pa.Array[Any]
    columns: dict[str, pa.Array[Any]]
    dense: bool
    """Whether the ids are 1, 2, 3 …, so that nothing has to be searched."""

    def find(self, ids: pa.Array[Any]) -> pa.Array[Any]:
        """Return the place of each id; null for null, and for one that is not here."""
        if not self.dense:
            return pc.index_in(ids, value_set=self.ids)
        places = pc.subtract(ids, pa.scalar(1, pa.int64()))
        ends = pc.min_max(places).as_py()
        if ends["min"] is None or (ends["min"] >= 0 and ends["max"] < len(self.ids)):
            return places
        return pc.index_in(ids, value_set=self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The tables that a record's pointers lead to."""

    media_types: Lookup
    origins: Lookup
    derivations: Lookup
    sources: Lookup | None
    """None where there are so many that each record brings its own."""


def load_shared(read: Read, *, join_sources: bool = False) -> Shared:
    """Read the tables that records share.

    Args:
        read: Runs a query.
        join_sources: Leave the sources out: each record will bring its own.
    """
    few = not join_sources and _count_sources(read) <= _SOURCES_KEPT
    text, number = pa.string(), pa.int64()
    return Shared(
        media_types=_load(
            read, schema.media_types, {"media_type": text, "medium": text}
        ),
        origins=_load(
            read,
            schema.origins,
            {"kind": text, "model": text, "mode": text, "evidence": text}
            | {"detector": text, "score": pa.float64(), "asserted": pa.bool_()},
        ),
        derivations=_load(
            read, schema.derivations, {"mode": text, "evidence": text, "grade": number}
        ),
        sources=_load(read, schema.sources, {"prefix": text}) if few else None,
    )


def _count_sources(read: Read) -> int:
    query = sa.select(sa.func.count()).select_from(schema.sources)
    kept = pa.schema({"count": pa.int64()})
    counted: int = pa.Table.from_batches(read(query, kept), kept)[0][0].as_py()
    return counted


def _load(read: Read, table: sa.Table, kinds: dict[str, pa.DataType]) -> Lookup:
    query = sa.select(table.c.id, *(table.c[name] for name in kinds))
    kept = pa.schema({"id": pa.int64(), **kinds})
    rows = pa.Table.from_batches(read(query.order_by(table.c.id), kept), kept)
    ids = rows["id"].combine_chunks()
    last = ids[-1].as_py() if len(ids) else 0
    return Lookup(
        table=table.name,
        ids=ids,
        columns={name: rows[name].combine_chunks() for name in kinds},
        dense=last == len(ids) and (not len(ids) or ids[0].as_py() == 1),
    )
