"""Read the records of a batch back from the database, as leaves have them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from collections.abc import Sequence
from provenance.domain.leaf import format_field
from provenance.log.leaves import LEAF_SCHEMA
_ORIGIN_FIELDS=('kind','model','mode','evidence','detector','score','threshold')
from provenance.store import schema
from provenance.store.arrow import read_batches

__all__ = ["reread_records"]

_PLAIN: dict[str, pa.DataType] = {
    "id": pa.int64(),
    "batch_id": pa.int64(),
    **{
        name: LEAF_SCHEMA.field(name).type
        for name in LEAF_SCHEMA.names
        if name not in ("origins", "parents")
    },
}


def reread_records(
    connection: sa.Connection, first_record: int, records: int
) -> Iterator[pa.Table]:
    """Yield the records of a batch in the order of its leaves.

    Args:
        connection: An open transaction.
        first_record: Id of the batch's first record.
        records: How many there should be.

    Returns:
        Tables of ``LEAF_SCHEMA`` with the columns ``id`` and ``batch_id`` before.
    """
    end = first_record + records
    for batch in read_batches(
        connection, _select(first_record, end), pa.schema(_PLAIN)
    ):
        ids = batch.column("id").to_pylist()
        place = {number: at for at, number in enumerate(ids)}
        edges = (ids[0], ids[-1] + 1)
        columns: dict[str, Any] = {name: batch.column(name) for name in _PLAIN}
        origins = connection.execute(_origins(*edges)).mappings().all()
        parents = connection.execute(_parents(*edges)).mappings().all()
        columns["origins"] = list_origins(
            len(ids), [place[row["record_id"]] for row in origins], origins
        )
        columns["parents"] = list_parents(
            len(ids), [place[row["record_id"]] for row in parents], parents
        )
        yield pa.table(columns, schema=pa.schema([*pa.schema(_PLAIN), *_edge_fields()]))


def _edge_fields() -> list[Any]:
    return [LEAF_SCHEMA.field("origins"), LEAF_SCHEMA.field("parents")]


def _select(first: int, end: int) -> sa.Select[Any]:
    records, sources, media = schema.records, schema.sources, schema.media_types
    return (
        sa.select(
            records.c.id,
            records.c.batch_id,
            records.c.row,
            records.c.part,
            records.c.digest,
            records.c.name,
            sa.func.coalesce(sources.c.prefix, "").concat(records.c.path),
            records.c.fetched_at,
            records.c.bytes,
            records.c.tokens,
            records.c["items"],
            records.c.copies,
            records.c.language,
            media.c.media_type,
            media.c.medium,
            records.c.split,
        )
        .select_from(
            records.outerjoin(sources, sources.c.id == records.c.source_id).outerjoin(
                media, media.c.id == records.c.media_type_id
            )
        )
        .where(records.c.id >= first, records.c.id < end)
        .order_by(records.c.id)
    )


def _origins(first: int, end: int) -> sa.Select[Any]:
    edges, origins = schema.generated_by, schema.origins
    return (
        sa.select(
            edges.c.record_id,
            origins.c.kind,
            origins.c.model,
            origins.c.mode,
            origins.c.evidence,
            origins.c.detector,
            edges.c.score,
            edges.c.threshold,
        )
        .join(origins, origins.c.id == edges.c.origin_id)
        .where(edges.c.record_id >= first, edges.c.record_id < end)
    )


def _parents(first: int, end: int) -> sa.Select[Any]:
    edges, ways = schema.derived_from, schema.derivations
    return (
        sa.select(
            edges.c.record_id,
            edges.c.parent_digest.label("digest"),
            edges.c.parent_reference.label("reference"),
            ways.c.mode,
            ways.c.evidence,
        )
        .join(ways, ways.c.id == edges.c.derivation_id)
        .where(edges.c.record_id >= first, edges.c.record_id < end)
        .order_by(edges.c.record_id, edges.c.ordinal)
    )


def list_origins(rows: int, places: Sequence[int], origins: Sequence[Any]) -> list[str]:
    """Write out the origins of each row.

    Args:
        rows: How many rows there are.
        places: The row of each origin, from 0.
        origins: Mappings with kind, model, mode, evidence, detector, score,
            threshold.
    """
    found: dict[int, set[str]] = {}
    known: dict[tuple[object, ...], str] = {}
    for place, origin in zip(places, origins, strict=True):
        key = tuple(origin[name] for name in _ORIGIN_FIELDS)
        text = known.get(key)
        if text is None:
            text = known[key] = "".join(map(format_field, key))
        found.setdefault(place, set()).add(text)
    return _spread(
        rows,
        {place: "".join(sorted(said, key=str.encode)) for place, said in found.items()},
    )


def list_parents(rows: int, places: Sequence[int], parents: Sequence[Any]) -> list[str]:
    """Write out the parents of each row, in the order of the row.

    Args:
        rows: How many rows there are.
        places: The row of each parent, from 0.
        parents: Mappings with digest, reference (None beside a digest), mode and
            evidence.
    """
    found: dict[int, list[str]] = {}
    for place, parent in zip(places, parents, strict=True):
        digest = parent["digest"]
        text = "".join(
            map(
                format_field,
                (
                    digest.hex() if digest is not None else None,
                    parent["reference"] if digest is None else None,
                    parent["mode"],
                    parent["evidence"],
                ),
            )
        )
        found.setdefault(place, []).append(text)
    return _spread(rows, {place: "".join(said) for place, said in found.items()})


def _spread(rows: int, said: dict[int, str]) -> list[str]:
    texts = [""] * rows
    for place, text in said.items():
        texts[place] = text
    return texts
