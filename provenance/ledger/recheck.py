"""Recompute the columns of records and edges that no leaf holds.

They follow from what the leaves do hold: keys from digests and names, the place where
a URL is divided, the number of a parent in its row, the step of a detector's score.
"""

from __future__ import annotations

from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from provenance.domain import content_key
from provenance.domain.origins import SCORE_STEP
from provenance.errors import VerificationError
from provenance.ingest.identity import identify
from provenance.ingest.places import split_urls
from provenance.log import Shared, StoredPiece, find_row, join_urls
from provenance.log.redactions import Redaction
from provenance.store.items import digest_keys

__all__ = ["recheck_piece"]

_PATH_BEGINS = [b"", b"/", b"?", b"#", b"\\", *(bytes([code]) for code in range(0x21))]
"""What can follow the authority in a URL; see ``ingest.places``."""


def recheck_piece(stored: StoredPiece, shared: Shared) -> None:
    """Check what no leaf holds of the records and edges of a piece.

    Raises:
        VerificationError: A column is not what the others make it; names table, row
            and column.
    """
    _recheck_items(stored, shared)
    _recheck_paths(stored)
    _recheck_parents(stored)
    _recheck_origins(stored, shared)


def _recheck_items(stored: StoredPiece, shared: Shared) -> None:
    records, batch = stored.records, stored.piece.batch
    named = records.column("digest").null_count > 0
    rows = pa.record_batch(
        {
            **{
                name: records.column(name)
                for name in ("row", "part", "digest", "name", "bytes")
            },
            "url": join_urls(stored, shared)
            if named
            else pa.nulls(len(records), pa.string()),
        }
    )
    items, keys = identify(rows, batch.dataset, batch.manifest_sha256)
    for column, expected in (("content_key", keys), ("item", items)):
        wrong = _differ(expected, records.column(column))
        if stored.redactions:
            wrong = pc.and_(wrong, _is_whole(stored))
        _refuse_record(stored, column, wrong)
    for place, redaction in stored.redactions.items():
        _recheck_erased(stored, place, redaction)


def _is_whole(stored: StoredPiece) -> pa.Array[Any]:
    return pa.array(
        [place not in stored.redactions for place in range(len(stored.records))]
    )


def _recheck_erased(stored: StoredPiece, place: int, redaction: Redaction) -> None:
    """An erased record keeps the identity that its redaction names."""
    row = stored.records.slice(place, 1).to_pylist()[0]
    number = stored.piece.first + place
    if row["item"] != redaction.item:
        _refuse("records, id", number, "item")
    try:
        key = content_key(row["item"] or row["digest"] or b"")
    except (ValueError, IndexError):
        _refuse("records, id", number, "digest")
    if row["content_key"] != key:
        _refuse("records, id", number, "content_key")


def _recheck_paths(stored: StoredPiece) -> None:
    sources, paths = stored.records.column("source_id"), stored.records.column("path")
    if sources.null_count < len(sources):
        begins = pc.binary_slice(paths.cast(pa.binary()), 0, 1)
        allowed = pc.is_in(begins, value_set=pa.array(_PATH_BEGINS))
        wrong = pc.and_(pc.is_valid(sources), pc.invert(allowed))
        _refuse_record(stored, "path", wrong)
    if sources.null_count > paths.null_count:
        prefixes, _ = split_urls(paths)
        wrong = pc.and_(pc.is_null(sources), pc.is_valid(prefixes))
        _refuse_record(stored, "source_id", wrong)


def _recheck_parents(stored: StoredPiece) -> None:
    edges = stored.derived_from
    if not len(edges):
        return
    digests = edges.column("parent_digest")
    both = pc.and_(pc.is_valid(digests), pc.is_valid(edges.column("parent_reference")))
    _refuse_edge(stored, "parent_reference", both)
    wrong = _differ(digest_keys(digests), edges.column("parent_key"))
    _refuse_edge(stored, "parent_key", wrong)
    records, ordinals = edges.column("record_id"), edges.column("ordinal")
    zero = pa.scalar(0, pa.int64())
    follows = pc.if_else(
        pc.equal(records[1:], records[:-1]), pc.add(ordinals[:-1], 1), zero
    )
    expected = pa.concat_arrays([pa.array([0], pa.int64()), follows])
    _refuse_edge(stored, "ordinal", pc.not_equal(ordinals, expected))


def _recheck_origins(stored: StoredPiece, shared: Shared) -> None:
    edges = stored.generated_by
    if not len(edges):
        return
    places = shared.origins.find(edges.column("origin_id"))
    kept = shared.origins.columns
    scores = edges.column("score")
    below = pc.less(scores, edges.column("threshold")).fill_null(fill_value=False)
    asserted = kept["asserted"].take(places)
    wrong = pc.equal(asserted, below).fill_null(fill_value=True)
    steps = pc.floor(pc.add(pc.divide(scores, SCORE_STEP), 0.5))
    distinct = pc.unique(steps)
    rounded = pa.array(
        [
            None if step is None else round(step * SCORE_STEP, 2)
            for step in distinct.to_pylist()
        ],
        pa.float64(),
    ).take(pc.index_in(steps, value_set=distinct))
    wrong = pc.or_(wrong, _differ(rounded, kept["score"].take(places)))
    place = find_row(wrong)
    if place is not None:
        raise VerificationError(
            f"generated_by, record_id {edges.column('record_id')[place]}, column "
            f"origin_id: in origins {edges.column('origin_id')[place]} is of another "
            "score than the edge's, or on the other side of the threshold"
        )


def _differ(expected: pa.Array[Any], found: pa.Array[Any]) -> pa.Array[Any]:
    """Where two columns differ; null is a value like any other."""
    if expected.null_count == len(expected) == found.null_count:
        return pa.repeat(pa.scalar(value=False), len(expected))
    unequal = pc.not_equal(expected, found).fill_null(fill_value=False)
    if not expected.null_count and not found.null_count:
        return unequal
    return pc.or_(unequal, pc.xor(pc.is_null(expected), pc.is_null(found)))


def _refuse_record(stored: StoredPiece, column: str, wrong: pa.Array[Any]) -> None:
    place = find_row(wrong)
    if place is not None:
        _refuse("records, id", stored.piece.first + place, column)


def _refuse_edge(stored: StoredPiece, column: str, wrong: pa.Array[Any]) -> None:
    place = find_row(wrong)
    if place is not None:
        number = stored.derived_from.column("record_id")[place].as_py()
        _refuse("derived_from, record_id", number, column)


def _refuse(row: str, number: int, column: str) -> NoReturn:
    raise VerificationError(
        f"{row} {number}, column {column}: not what the rest of the row makes it",
        hint="The row was changed without the log. Restore the ledger from a backup.",
    )
