"""Read the records of many items at once, with what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from provenance.domain import Derivation, Grade, ModelBook, format_digest
from provenance.query.called import find_parents
from provenance.query.explanation import Parent, Statement
from provenance.query.items import ItemKey, find_recorded
from provenance.store import schema
from provenance.store.keys import split_asked
from provenance.store.records import IDENTITY
from provenance.store.standing import standing

__all__ = ["Edge", "Found", "read_occurrences", "say_month", "say_origin", "say_time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTH = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A parent as a record states it, and the item behind it."""

    stated: Parent
    mode: Derivation
    grade: Grade
    parent: ItemKey | None
    """None: not recorded, or not resolved."""


@dataclass(slots=True, kw_only=True)
class Found:
    """One record of an item."""

    key: ItemKey
    of_item: int
    """How many records the item has."""
    row: sa.Row[Any]
    origins: list[sa.Row[Any]] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    @property
    def place(self) -> str:
        """``POSITION:INDEX`` in the log."""
        return f"{self.row.position}:{self.row.leaf_index}"


def read_occurrences(
    connection: sa.Connection,
    keys: Sequence[ItemKey],
    most: int,
    size: int | None = None,
) -> dict[ItemKey, list[Found]]:
    """Return the standing records of items, and evidence, in the order of the log.

    Args:
        connection: An open transaction.
        keys: The items.
        most: Records of one item, at most: the first ones.
        size: Entries of the log that count; all of them by default.
    """
    found: dict[ItemKey, list[Found]] = {key: [] for key in keys}
    for asked in split_asked(keys):
        records: dict[int, Found] = {}
        for row in connection.execute(_select_records(asked, most, size)):
            key = ItemKey(row.content_key, bytes(row.identity))
            if key in found:
                record = Found(key=key, of_item=row.of_item, row=row)
                records[row.id] = record
                found[key].append(record)
        _add_origins(connection, records)
        _add_edges(connection, records, size)
    return found


def _select_records(
    keys: Iterable[ItemKey], most: int, size: int | None
) -> sa.Select[Any]:
    records, batches = schema.records, schema.batches
    datasets, sources, media = schema.datasets, schema.sources, schema.media_types
    same = [records.c.content_key, IDENTITY]
    listed = list(keys)
    ranked = (
        sa.select(
            records.c.id,
            sa.func.row_number()
            .over(partition_by=same, order_by=records.c.id)
            .label("place"),
            sa.func.count().over(partition_by=same).label("of_item"),
        )
        .where(
            records.c.content_key.in_([key.content_key for key in listed]),
            IDENTITY.in_([key.item for key in listed]),
            standing(size=size),
        )
        .subquery()
    )
    return (
        sa.select(
            records.c.id,
            records.c.content_key,
            IDENTITY.label("identity"),
            ranked.c.of_item,
            records.c.name,
            records.c.row,
            records.c.part,
            records.c.fetched_at,
            media.c.medium,
            sources.c.host,
            sources.c.domain,
            sa.func.coalesce(sources.c.prefix, "").concat(records.c.path).label("url"),
            batches.c.id.label("batch"),
            batches.c.manifest,
            batches.c.manifest_sha256,
            batches.c.dataset_id,
            batches.c.position,
            (records.c.id - batches.c.first_record).label("leaf_index"),
            datasets.c.name.label("dataset"),
            datasets.c.version,
        )
        .join(ranked, ranked.c.id == records.c.id)
        .join(batches, batches.c.id == records.c.batch_id)
        .outerjoin(datasets, datasets.c.id == batches.c.dataset_id)
        .outerjoin(sources, sources.c.id == records.c.source_id)
        .outerjoin(media, media.c.id == records.c.media_type_id)
        .where(ranked.c.place <= most)
        .order_by(records.c.id)
    )


def _add_origins(connection: sa.Connection, records: dict[int, Found]) -> None:
    edges, origins = schema.generated_by, schema.origins
    for asked in split_asked(records):
        query = (
            sa.select(edges.c.record_id, edges.c.score, edges.c.threshold, origins)
            .join(origins, edges.c.origin_id == origins.c.id)
            .where(edges.c.record_id.in_(asked))
            .order_by(
                edges.c.record_id,
                origins.c.kind,
                origins.c.model,
                origins.c.mode,
                origins.c.evidence,
                edges.c.score,
            )
        )
        for row in connection.execute(query):
            records[row.record_id].origins.append(row)


def _add_edges(
    connection: sa.Connection, records: dict[int, Found], size: int | None
) -> None:
    edges, ways, named = schema.derived_from, schema.derivations, schema.named_parents
    for asked in split_asked(records):
        query = (
            sa.select(
                edges.c.record_id,
                edges.c.parent_key,
                edges.c.parent_digest,
                edges.c.parent_reference,
                ways.c.mode,
                ways.c.evidence,
                ways.c.grade,
                named.c.content_key,
                named.c.item,
            )
            .join(ways, ways.c.id == edges.c.derivation_id)
            .outerjoin(
                named,
                sa.and_(
                    named.c.record_id == edges.c.record_id,
                    named.c.ordinal == edges.c.ordinal,
                ),
            )
            .where(edges.c.record_id.in_(asked))
            .order_by(edges.c.record_id, edges.c.ordinal)
        )
        rows = connection.execute(query).all()
        if size is None:
            keys = _find_kept(connection, rows)
        else:
            children = {number: record.row for number, record in records.items()}
            keys = find_parents(connection, rows, children, size)
        for row, key in zip(rows, keys, strict=True):
            child = records[row.record_id]
            child.edges.append(_edge(row, key, child.key))


def _find_kept(connection: sa.Connection, rows: Sequence[Any]) -> list[ItemKey | None]:
    """The item behind each edge as it is kept, or else by its digest alone."""
    by_digest = {
        ItemKey(row.parent_key, bytes(row.parent_digest))
        for row in rows
        if row.item is None and row.parent_digest is not None
    }
    recorded = set(find_recorded(connection, by_digest))
    found: list[ItemKey | None] = []
    for row in rows:
        key = None
        if row.item is not None:
            key = ItemKey(row.content_key, bytes(row.item))
        elif row.parent_digest is not None:
            digest = ItemKey(row.parent_key, bytes(row.parent_digest))
            key = digest if digest in recorded else None
        found.append(key)
    return found


def _edge(row: Any, key: ItemKey | None, child: ItemKey) -> Edge:
    stated = Parent(
        reference=row.parent_reference or format_digest(row.parent_digest),
        mode=row.mode,
        evidence=row.evidence,
        grade=Grade(row.grade).name.lower(),
        item=format_digest(key.item) if key else None,
        repeated=key == child,
    )
    return Edge(
        stated=stated, mode=Derivation(row.mode), grade=Grade(row.grade), parent=key
    )


def say_origin(row: sa.Row[Any], book: ModelBook) -> Statement:
    """Put an origin, and the edge to it, in words of the domain."""
    model = book.find(row.model) if row.model else None
    return Statement(
        kind=row.kind,
        model=model.name if model else None,
        mode=row.mode,
        evidence=row.evidence,
        grade=Grade(row.grade).name.lower(),
        detector=row.detector,
        score=row.score,
        threshold=row.threshold,
        counts=row.asserted,
        trained_on=model.trained_on if model else (),
        based_on=model.based_on if model else (),
        training_complete=bool(model and model.training_complete),
    )


def say_time(microseconds: int) -> str:
    """Write a time as ISO 8601 to the second.

    >>> say_time(0)
    '1970-01-01T00:00:00Z'
    """
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def say_month(microseconds: int) -> str:
    """Write the month of a time."""
    return say_time(microseconds)[:_MONTH]
