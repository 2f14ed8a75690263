"""Put the fields of leaves together from stored records: follow every pointer."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.errors import VerificationError
from provenance.log.edges import write_origins, write_parents
from provenance.log.leaves import LEAF_SCHEMA, SALTED_SCHEMA
from provenance.log.shared import Lookup, Shared
from provenance.log.stored import StoredPiece

__all__ = ["find_row", "join_urls", "leaf_fields"]


def leaf_fields(stored: StoredPiece, shared: Shared) -> pa.RecordBatch:
    """Return the fields of leaves: ``LEAF_SCHEMA``, with salts ``SALTED_SCHEMA``.

    Raises:
        VerificationError: A pointer leads nowhere; names table, record and column.
    """
    records, made = stored.records, stored.generated_by
    first = pa.scalar(stored.piece.first, pa.int64())
    leaves = SALTED_SCHEMA if stored.piece.batch.salted else LEAF_SCHEMA
    columns: dict[str, Any] = {
        name: records.column(name)
        for name in leaves.names
        if name in records.schema.names
    }
    columns["url"] = join_urls(stored, shared)
    media = _follow(stored, "records", "media_type_id", shared.media_types)
    for name in ("media_type", "medium"):
        columns[name] = shared.media_types.columns[name].take(media)
    origins = _follow(stored, "generated_by", "origin_id", shared.origins)
    columns["origins"] = write_origins(
        len(records),
        pc.subtract(made.column("record_id"), first),
        [
            *(
                shared.origins.columns[name].take(origins)
                for name in ("kind", "model", "mode", "evidence", "detector")
            ),
            made.column("score"),
            made.column("threshold"),
        ],
    )
    derived = stored.derived_from
    ways = _follow(stored, "derived_from", "derivation_id", shared.derivations)
    columns["parents"] = write_parents(
        len(records),
        pc.subtract(derived.column("record_id"), first),
        [
            derived.column("parent_digest"),
            derived.column("parent_reference"),
            *(
                shared.derivations.columns[name].take(ways)
                for name in ("mode", "evidence")
            ),
        ],
    )
    return pa.record_batch([columns[name] for name in leaves.names], schema=leaves)


def join_urls(stored: StoredPiece, shared: Shared) -> pa.Array[Any]:
    """Put prefix and path together again.

    Raises:
        VerificationError: A source is not there, or a record has one without a path.
    """
    records = stored.records
    pointers, paths = records.column("source_id"), records.column("path")
    if shared.sources is None:
        prefixes = records.column("prefix")
        lost = pc.and_(pc.is_valid(pointers), pc.is_null(prefixes))
        _refuse_dangling(stored, "records", "source_id", "sources", lost)
    else:
        found = _follow(stored, "records", "source_id", shared.sources)
        prefixes = shared.sources.columns["prefix"].take(found)
    if not prefixes.null_count and not paths.null_count:
        return pc.binary_join_element_wise(prefixes, paths, "")
    alone = pc.and_(pc.is_valid(pointers), pc.is_null(paths))
    place = find_row(alone)
    if place is not None:
        raise VerificationError(
            f"records, id {stored.piece.first + place}, column path: null, though "
            "the record has a source"
        )
    return pc.binary_join_element_wise(prefixes.fill_null(""), paths, "")


def _follow(
    stored: StoredPiece, table: str, pointer: str, target: Lookup
) -> pa.Array[Any]:
    ids = getattr(stored, table).column(pointer)
    places = target.find(ids)
    if places.null_count != ids.null_count:
        lost = pc.and_(pc.is_valid(ids), pc.is_null(places))
        _refuse_dangling(stored, table, pointer, target.table, lost)
    return places


def _refuse_dangling(
    stored: StoredPiece, table: str, pointer: str, target: str, lost: pa.Array[Any]
) -> None:
    place = find_row(lost)
    if place is not None:
        rows = getattr(stored, table)
        number = (
            stored.piece.first + place
            if table == "records"
            else rows.column("record_id")[place].as_py()
        )
        pointed = rows.column(pointer)[place].as_py()
        kind = "id" if table == "records" else "record_id"
        raise VerificationError(
            f"{table}, {kind} {number}, column {pointer}: {pointed} is no id "
            f"of {target}"
        )


def find_row(bad: pa.Array[Any]) -> int | None:
    """Return the place of the first true value; None if there is none."""
    place: int = pc.index(bad, pa.scalar(value=True)).as_py()
    return None if place < 0 else place
