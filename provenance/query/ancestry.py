"""Walk up the edges: why an item has its tier."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from provenance.domain import Grade, ModelBook, format_digest
from provenance.query.items import ItemKey, find_items
from provenance.store import schema
from provenance.store.amounts import default_policy
from provenance.store.facts import load_models
from provenance.store.standing import standing

__all__ = ["Explanation", "Occurrence", "Parent", "Statement", "explain_item"]

_MOST_ITEMS = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Who made the content, and who says so."""

    kind: str
    model: str | None
    mode: str
    evidence: str
    grade: str
    detector: str | None
    score: float | None
    counts: bool
    """False for a detector's score below its threshold."""
    trained_on: tuple[str, ...]
    """What that model was trained on, as recorded."""
    based_on: tuple[str, ...]
    training_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What an occurrence says it was derived from."""

    reference: str
    mode: str
    evidence: str
    grade: str
    item: str | None
    """Identity of the parent item; None: not recorded, or not resolved."""
    repeated: bool = False
    """The parent is itself, or stands above already: see there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One record of the item, and what it says."""

    dataset: str
    file: str
    row: int
    name: str | None
    url: str | None
    fetched_at: str | None
    batch: int
    position: int
    """Log position of the batch."""
    origins: tuple[Statement, ...]
    parents: tuple[Parent, ...]


@dataclass(slots=True, kw_only=True)
class Explanation:
    """An item, its tier under the default policy, and the facts behind it."""

    item: str
    tier: str
    depth: int | None
    open: bool
    records: list[Occurrence] = field(default_factory=list)
    parents: list[Explanation] = field(default_factory=list)
    """The parent items that are recorded, each explained in turn, once."""

    def to_dict(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        return asdict(self)


def explain_item(connection: sa.Connection, subject: str) -> list[Explanation]:
    """Explain each item that a subject stands for, up to its first ancestors.

    The nearest ancestors come first; at most ``500`` items are walked in all.
    """
    book = load_models(connection)
    made: dict[ItemKey, Explanation] = {}
    roots = find_items(connection, subject)
    waiting = deque(roots)
    while waiting and len(made) < _MOST_ITEMS:
        key = waiting.popleft()
        if key in made:
            continue
        made[key] = _describe(connection, key)
        parents = _read_records(connection, key, made[key], book)
        waiting.extend(parents)
    _connect(made, roots)
    return [made[key] for key in roots]


def _connect(made: Mapping[ItemKey, Explanation], roots: Iterable[ItemKey]) -> None:
    """Hang each explanation under the first item that names it as a parent."""
    by_text = {explanation.item: explanation for explanation in made.values()}
    placed = {made[key].item for key in roots if key in made}
    waiting = deque(made[key] for key in roots if key in made)
    while waiting:
        explanation = waiting.popleft()
        for occurrence in explanation.records:
            for parent in occurrence.parents:
                if parent.item in by_text and parent.item not in placed:
                    placed.add(parent.item)
                    explanation.parents.append(by_text[parent.item])
                    waiting.append(by_text[parent.item])


def _describe(connection: sa.Connection, key: ItemKey) -> Explanation:
    explicit, plain = schema.item_pedigrees, schema.pedigrees
    found = connection.execute(
        sa.select(explicit.c.pedigree_id).where(
            explicit.c.content_key == key.content_key, explicit.c.item == key.item
        )
    ).scalar()
    if found is None:
        month, medium = _capture(connection, key)
        found = connection.execute(
            sa.select(plain.c.id).where(
                plain.c.month == month, plain.c.medium == medium
            )
        ).scalar()
    table = schema.assessments
    row = connection.execute(
        sa.select(table.c.tier, table.c.depth, table.c.open).where(
            table.c.pedigree_id == found,
            table.c.aspect == "",
            table.c.policy_id == default_policy(),
        )
    ).one()
    return Explanation(
        item=format_digest(key.item), tier=row.tier, depth=row.depth, open=row.open
    )


def _of_item(key: ItemKey) -> tuple[sa.ColumnElement[bool], ...]:
    records = schema.records
    identity = sa.func.coalesce(records.c.item, records.c.digest)
    return records.c.content_key == key.content_key, identity == key.item, standing()


def _capture(connection: sa.Connection, key: ItemKey) -> tuple[str, str]:
    records, media = schema.records, schema.media_types
    row = connection.execute(
        sa.select(records.c.fetched_at, media.c.medium)
        .outerjoin(media, media.c.id == records.c.media_type_id)
        .where(*_of_item(key))
    ).one()
    if row.fetched_at is None:
        return "", ""
    return _time(row.fetched_at)[:7], row.medium or ""


def _time(microseconds: int) -> str:
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_records(
    connection: sa.Connection, key: ItemKey, into: Explanation, book: ModelBook
) -> list[ItemKey]:
    """Add the records of an item; return its recorded parents."""
    records, batches = schema.records, schema.batches
    datasets, sources = schema.datasets, schema.sources
    query = (
        sa.select(
            records.c.id,
            records.c.name,
            records.c.row,
            records.c.fetched_at,
            sa.func.coalesce(sources.c.prefix, "").concat(records.c.path).label("url"),
            batches.c.id.label("batch"),
            batches.c.manifest,
            batches.c.position,
            datasets.c.name.label("dataset"),
            datasets.c.version,
        )
        .join(batches, batches.c.id == records.c.batch_id)
        .join(datasets, datasets.c.id == batches.c.dataset_id)
        .outerjoin(sources, sources.c.id == records.c.source_id)
        .where(*_of_item(key))
        .order_by(batches.c.position, records.c.row, records.c.part)
        .limit(_MOST_ITEMS)
    )
    keys: list[ItemKey] = []
    for row in connection.execute(query):
        parents = _parents(connection, row.id, key)
        keys += [found for _, found in parents if found]
        into.records.append(
            Occurrence(
                dataset=f"{row.dataset}@{row.version}" if row.version else row.dataset,
                file=row.manifest,
                row=row.row,
                name=row.name,
                url=row.url,
                fetched_at=_time(row.fetched_at)
                if row.fetched_at is not None
                else None,
                batch=row.batch,
                position=row.position,
                origins=_origins(connection, row.id, book),
                parents=tuple(parent for parent, _ in parents),
            )
        )
    return keys


def _origins(
    connection: sa.Connection, record_id: int, book: ModelBook
) -> tuple[Statement, ...]:
    edges, origins = schema.generated_by, schema.origins
    query = (
        sa.select(origins, edges.c.score.label("exact_score"))
        .join(edges, edges.c.origin_id == origins.c.id)
        .where(edges.c.record_id == record_id)
        .order_by(origins.c.kind, origins.c.model)
    )
    statements = []
    for row in connection.execute(query):
        model = book.find(row.model) if row.model else None
        statements.append(
            Statement(
                kind=row.kind,
                model=model.name if model else None,
                mode=row.mode,
                evidence=row.evidence,
                grade=Grade(row.grade).name.lower(),
                detector=row.detector,
                score=row.exact_score,
                counts=row.asserted,
                trained_on=model.trained_on if model else (),
                based_on=model.based_on if model else (),
                training_complete=bool(model and model.training_complete),
            )
        )
    return tuple(statements)


def _parents(
    connection: sa.Connection, record_id: int, child: ItemKey
) -> list[tuple[Parent, ItemKey | None]]:
    edges, ways, named = schema.derived_from, schema.derivations, schema.named_parents
    query = (
        sa.select(
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
        .where(edges.c.record_id == record_id)
        .order_by(edges.c.ordinal)
    )
    found: list[tuple[Parent, ItemKey | None]] = []
    for row in connection.execute(query).all():
        key = ItemKey(row.content_key, row.item) if row.item is not None else None
        if key is None and row.parent_digest is not None:
            digest_key = ItemKey(row.parent_key, row.parent_digest)
            key = digest_key if _is_recorded(connection, digest_key) else None
        reference = row.parent_reference or format_digest(row.parent_digest)
        parent = Parent(
            reference=reference,
            mode=row.mode,
            evidence=row.evidence,
            grade=Grade(row.grade).name.lower(),
            item=format_digest(key.item) if key else None,
            repeated=key == child,
        )
        found.append((parent, key))
    return found


def _is_recorded(connection: sa.Connection, key: ItemKey) -> bool:
    query = sa.select(schema.records.c.id).where(*_of_item(key)).limit(1)
    return connection.execute(query).first() is not None
