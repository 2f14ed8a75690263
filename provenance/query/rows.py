"""Records in full, as Arrow batches: what a row says, and what came of its item.

Columns are the fields of a manifest by their names, so that a file of them is one;
behind them stand where the row was recorded from, and tier, depth and pedigree of its
item. Records of a batch have consecutive ids and are read by ranges of them: memory is
bounded by ``ROWS_READ`` rows, however many there are.

What a row calls its parent by name is written with the digest of the item that was
found, so that it means the same among other rows. An item without a digest is written
with the name that makes its identity; where name and URL of its records were erased,
with the place of the first of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.batch import ORIGIN_TYPE
from provenance.store import schema
from provenance.store.arrow import read_batches
from provenance.store.bulk import ROWS_READ
from provenance.store.keys import ASKED_RECORDS
from provenance.store.records import OF_ITEM
from provenance.store.spelling import MONTH, HexText, TimeText, spell_digest

__all__ = ["ROWS", "RowBatch", "list_row_batches", "read_rows"]

_PARENT = pa.struct(
    [(name, pa.string()) for name in ("digest", "reference", "mode", "evidence")]
)
_COPIES = pa.decimal128(19, 3)
_PLAIN = [
    ("id", pa.int64()),
    ("digest", pa.string()),
    ("name", pa.string()),
    ("url", pa.string()),
    ("fetched_at", pa.timestamp("us", tz="UTC")),
    ("bytes", pa.int64()),
    ("tokens", pa.int64()),
    ("items", pa.int64()),
    ("copies", pa.int64()),
    ("language", pa.string()),
    ("media_type", pa.string()),
    ("split", pa.string()),
    ("reservation", pa.string()),
    ("source", pa.string()),
    ("row", pa.int64()),
    ("part", pa.int64()),
    ("pedigree", pa.int64()),
]
_READ = pa.schema(
    [
        (name, pa.int64() if isinstance(kind, pa.TimestampType) else kind)
        for name, kind in _PLAIN
    ]
)
_EDGES = {
    "origins": pa.schema(
        [("record_id", pa.int64()), *((f.name, f.type) for f in ORIGIN_TYPE)]
    ),
    "parents": pa.schema(
        [("record_id", pa.int64()), *((f.name, f.type) for f in _PARENT)]
    ),
}

ROWS = pa.schema(
    [
        *((name, _COPIES if name == "copies" else kind) for name, kind in _PLAIN[1:13]),
        ("origins", pa.list_(pa.struct([(f.name, f.type) for f in ORIGIN_TYPE]))),
        ("parents", pa.list_(_PARENT)),
        ("source", pa.string()),
        ("file", pa.string()),
        ("row", pa.int64()),
        ("part", pa.int64()),
        ("tier", pa.string()),
        ("depth", pa.int32()),
        ("pedigree", pa.int64()),
    ]
)
"""Columns of the rows; the fields of a manifest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBatch:
    """A standing batch: where its records are, and where they came from."""

    number: int
    dataset_id: int | None
    """None: evidence."""
    first_record: int
    records: int
    manifest: str
    sha256: bytes
    reader: str
    position: int
    recorded_at: int
    """Microseconds since 1970 UTC."""


def list_row_batches(
    connection: sa.Connection, standing: sa.ColumnElement[bool]
) -> list[RowBatch]:
    """Return the batches that meet a condition and hold records, in their order."""
    batches, entries = schema.batches, schema.log_entries
    query = (
        sa.select(batches, entries.c.recorded_at)
        .join(entries, entries.c.position == batches.c.position)
        .where(standing, batches.c.records > 0)
        .order_by(batches.c.id)
    )
    return [
        RowBatch(
            number=row.id,
            dataset_id=row.dataset_id,
            first_record=row.first_record,
            records=row.records,
            manifest=row.manifest,
            sha256=bytes(row.manifest_sha256),
            reader=row.reader,
            position=row.position,
            recorded_at=row.recorded_at,
        )
        for row in connection.execute(query)
    ]


def read_rows(
    connection: sa.Connection,
    batches: Sequence[RowBatch],
    assessed: pa.Table | None = None,
    *,
    asked: bool = False,
) -> Iterator[pa.RecordBatch]:
    """Yield the records of batches, with all their edges.

    Args:
        connection: An open transaction.
        batches: From ``list_row_batches``.
        assessed: ``pedigree, tier, depth`` of each pedigree under a policy; without
            it these columns are null.
        asked: Only the records in ``ASKED_RECORDS``.
    """
    for batch in batches:
        end = batch.first_record + batch.records
        for start in range(batch.first_record, end, ROWS_READ):
            span = (start, min(start + ROWS_READ, end))
            found = _read_span(connection, batch, span, asked=asked)
            if len(found):
                edges = {
                    name: _read_edges(connection, name, span, asked=asked)
                    for name in _EDGES
                }
                yield _assemble(batch, found, edges, assessed)


def _read(
    connection: sa.Connection, query: sa.Select[Any], kept: pa.Schema
) -> pa.Table:
    return pa.Table.from_batches(
        read_batches(connection, query, kept), kept
    ).combine_chunks()


def _read_span(
    connection: sa.Connection, batch: RowBatch, span: tuple[int, int], *, asked: bool
) -> pa.Table:
    records, sources, media = schema.records, schema.sources, schema.media_types
    explicit, plain = schema.item_pedigrees, schema.pedigrees
    reserved, erased = schema.reservations, schema.redactions
    place_in_tree = records.c.id - batch.first_record
    url = sa.func.coalesce(sources.c.prefix, "").concat(records.c.path)
    place = sa.literal(batch.sha256.hex() + ":").concat(records.c.row)
    unnamed = sa.case((erased.c.leaf.is_not(None), _first_place()), else_=place)
    called = sa.func.coalesce(records.c.name, url, unnamed)
    numbered = sa.case(
        (records.c.part == 0, called), else_=called.concat(":").concat(records.c.part)
    )
    dated = records.c.fetched_at.is_not(None)
    month = sa.func.coalesce(TimeText(records.c.fetched_at, MONTH), "")
    medium = sa.case((dated, sa.func.coalesce(media.c.medium, "")), else_="")
    query = (
        sa.select(
            records.c.id,
            spell_digest(records.c.digest),
            sa.case((records.c.digest.is_(None), numbered), else_=records.c.name),
            url,
            *(records.c[n] for n in ("fetched_at", "bytes", "tokens", "items")),
            records.c.copies,
            records.c.language,
            media.c.media_type,
            records.c.split,
            reserved.c.said,
            sources.c.domain,
            records.c.row,
            records.c.part,
            sa.func.coalesce(explicit.c.pedigree_id, plain.c.id),
        )
        .outerjoin(sources, sources.c.id == records.c.source_id)
        .outerjoin(media, media.c.id == records.c.media_type_id)
        .outerjoin(explicit, OF_ITEM)
        .outerjoin(
            reserved,
            sa.and_(
                reserved.c.batch == batch.position,
                reserved.c.leaf_index == place_in_tree,
            ),
        )
        .outerjoin(
            erased,
            sa.and_(
                erased.c.batch == batch.position, erased.c.leaf_index == place_in_tree
            ),
        )
        .outerjoin(plain, sa.and_(plain.c.month == month, plain.c.medium == medium))
        .where(records.c.id >= span[0], records.c.id < span[1])
        .where(records.c.batch_id == batch.number)
        .order_by(records.c.id)
    )
    if asked:
        query = query.where(records.c.id.in_(sa.select(ASKED_RECORDS.c.record_id)))
    return _read(connection, query, _READ)


def _first_place() -> sa.ScalarSelect[str]:
    """Where the first record of an item that has neither name nor URL stood."""
    records = schema.records
    first, its = records.alias("first"), schema.batches.alias("its")
    return (
        sa.select(HexText(its.c.manifest_sha256).concat(":").concat(first.c.row))
        .join(its, its.c.id == first.c.batch_id)
        .where(first.c.content_key == records.c.content_key)
        .where(first.c.item == records.c.item)
        .where(first.c.name.is_(None), first.c.path.is_(None))
        .order_by(first.c.id)
        .limit(1)
        .correlate(records)
        .scalar_subquery()
    )


def _read_edges(
    connection: sa.Connection, name: str, span: tuple[int, int], *, asked: bool
) -> pa.Table:
    made, origins = schema.generated_by, schema.origins
    derived, ways, named = (
        schema.derived_from,
        schema.derivations,
        schema.named_parents,
    )
    if name == "origins":
        edge: Any = made
        query = (
            sa.select(
                made.c.record_id,
                *(origins.c[n] for n in ("kind", "model", "mode", "evidence")),
                origins.c.detector,
                made.c.score,
                made.c.threshold,
            )
            .join(origins, origins.c.id == made.c.origin_id)
            .order_by(made.c.record_id, made.c.origin_id)
        )
    else:
        edge = derived
        found = sa.and_(
            named.c.record_id == derived.c.record_id,
            named.c.ordinal == derived.c.ordinal,
        )
        query = (
            sa.select(
                derived.c.record_id,
                # The key of what is no digest is spelled null.
                sa.func.coalesce(
                    spell_digest(named.c.item), spell_digest(derived.c.parent_digest)
                ),
                derived.c.parent_reference,
                ways.c.mode,
                ways.c.evidence,
            )
            .join(ways, ways.c.id == derived.c.derivation_id)
            .outerjoin(named, found)
            .order_by(derived.c.record_id, derived.c.ordinal)
        )
    query = query.where(edge.c.record_id >= span[0], edge.c.record_id < span[1])
    if asked:
        query = query.where(edge.c.record_id.in_(sa.select(ASKED_RECORDS.c.record_id)))
    return _read(connection, query, _EDGES[name])


def _assemble(
    batch: RowBatch,
    found: pa.Table,
    edges: dict[str, pa.Table],
    assessed: pa.Table | None,
) -> pa.RecordBatch:
    columns: dict[str, Any] = {
        name: found[name].combine_chunks()
        if found[name].num_chunks != 1
        else found[name].chunk(0)
        for name in found.column_names
    }
    ids = columns.pop("id")
    columns["fetched_at"] = columns["fetched_at"].cast(ROWS.field("fetched_at").type)
    copies = columns["copies"].cast(pa.decimal128(19, 0))
    columns["copies"] = pc.multiply(copies, _THOUSANDTH).cast(_COPIES)
    columns["file"] = pa.repeat(pa.scalar(batch.manifest, pa.string()), len(ids))
    for name, rows in edges.items():
        columns[name] = _gather(ids, rows, ROWS.field(name).type)
    columns |= _assess(columns["pedigree"], assessed)
    return pa.RecordBatch.from_arrays(
        [columns[name] for name in ROWS.names], schema=ROWS
    )


_THOUSANDTH: Any = pa.scalar("0.001", pa.string()).cast(pa.decimal128(4, 3))


def _gather(ids: pa.Array[Any], rows: pa.Table, kind: pa.DataType) -> pa.Array[Any]:
    """Lay the edges of each record beside it, as a list."""
    height = len(ids)
    rows = rows.filter(pc.is_in(rows["record_id"], value_set=ids)).combine_chunks()
    flat = [
        rows[name].combine_chunks()
        if len(rows)
        else pa.nulls(0, rows.schema.field(name).type)
        for name in rows.column_names[1:]
    ]
    structs = pa.StructArray.from_arrays(
        flat, fields=[kind.value_type.field(n) for n in range(len(flat))]
    )
    offsets = pa.array([0], pa.int32())
    if not len(rows):
        offsets = pa.repeat(pa.scalar(0, pa.int32()), height + 1)
        return pa.ListArray.from_arrays(offsets, structs, type=kind)
    runs = pc.run_end_encode(
        pc.index_in(rows["record_id"].combine_chunks(), value_set=ids)
    )
    ends = runs.run_ends.cast(pa.int32())
    counts = pc.subtract(
        ends, pa.concat_arrays([offsets, ends.slice(0, len(ends) - 1)])
    )
    spread = pc.scatter(counts, runs.values, max_index=height - 1).fill_null(0)
    offsets = pa.concat_arrays([offsets, pc.cumulative_sum(spread).cast(pa.int32())])
    return pa.ListArray.from_arrays(offsets, structs, type=kind)


def _assess(pedigrees: pa.Array[Any], assessed: pa.Table | None) -> dict[str, Any]:
    """Look tier and depth up by pedigree."""
    if assessed is None:
        kinds = {name: ROWS.field(name).type for name in ("tier", "depth")}
        return {name: pa.nulls(len(pedigrees), kind) for name, kind in kinds.items()}
    places = pc.index_in(pedigrees, value_set=assessed["pedigree"].combine_chunks())
    return {
        name: assessed[name].combine_chunks().take(places) for name in ("tier", "depth")
    }
