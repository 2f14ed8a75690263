"""Find statements that cannot all be true: about one content, or of times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.domain import Kind, Mode, ModelBook, format_digest
from provenance.domain.origins import GENERATING_MODES
from provenance.query.occurrences import say_time
from provenance.store import schema
from provenance.store.amounts import select_pedigrees
from provenance.store.facts import load_datasets, load_models, load_origins
from provenance.store.records import IDENTITY, OF_BATCH, OF_ITEM
from provenance.store.standing import occurring, standing

__all__ = ["Conflict", "find_conflicts"]

_BOTH = "human and generated"
_EARLY = "captured before the model was released"
_CHILD = "captured before its parent"
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One kind of contradiction in one dataset version."""

    kind: str
    dataset: str
    detail: str
    """The model it is about; empty where there is none."""
    contents: int
    """Contents of the dataset version that it is about."""
    examples: tuple[str, ...]
    """The first of them in words, by digest."""

    def to_dict(self) -> dict[str, Any]:
        """The conflict as JSON values; the format of ``conflicts --json``."""
        return asdict(self) | {"examples": list(self.examples)}


def find_conflicts(
    connection: sa.Connection, datasets: Sequence[int], examples: int
) -> list[Conflict]:
    """Return the contradictions in dataset versions, by kind, set and model.

    Args:
        connection: An open transaction.
        datasets: Ids of the dataset versions.
        examples: Contents to name of each, at most.
    """
    names = {number: str(name) for number, name in load_datasets(connection).items()}
    book = load_models(connection)
    found: list[Conflict] = []
    for number in datasets:
        found += _find_both(connection, number, names[number], book, examples)
        found += _find_early(connection, number, names[number], book, examples)
        found += _find_children(connection, number, names[number], examples)
    return sorted(found, key=lambda one: (one.kind, -one.contents, one.dataset))


def _generating(connection: sa.Connection, book: ModelBook) -> dict[int, str]:
    """The origins by which a model made content: id → name of the model."""
    return {
        number: book.find(origin.model or "").name
        for number, origin in load_origins(connection).items()
        if origin.kind is Kind.MODEL
        and origin.asserted
        and Mode(origin.mode) in GENERATING_MODES
        and book.find(origin.model or "").generative
    }


def _find_both(
    connection: sa.Connection,
    dataset: int,
    name: str,
    book: ModelBook,
    examples: int,
) -> Iterator[Conflict]:
    """Contents with an own origin that is a person, and one that is a model.

    By pedigree: items alike share one, so that few are looked at.
    """
    elements, origins = schema.pedigree_origins, schema.origins
    human = (
        sa.select(elements.c.pedigree_id)
        .join(origins, origins.c.id == elements.c.origin_id)
        .where(elements.c.own, origins.c.kind == str(Kind.HUMAN))
    )
    query = (
        sa.select(elements.c.pedigree_id, elements.c.origin_id)
        .where(
            elements.c.own,
            elements.c.pedigree_id.in_(human),
            elements.c.pedigree_id.in_(select_pedigrees(dataset)),
        )
        .order_by(elements.c.pedigree_id)
    )
    models = _generating(connection, book)
    by_model: dict[str, set[int]] = {}
    for pedigree, origin in connection.execute(query):
        if origin in models:
            by_model.setdefault(models[origin], set()).add(pedigree)
    items = schema.item_pedigrees
    for model, pedigrees in sorted(by_model.items()):
        rows = (
            sa.select(items.c.item, sa.null().label("told"))
            .select_from(
                schema.batches.join(schema.records, OF_BATCH).join(items, OF_ITEM)
            )
            .where(
                items.c.pedigree_id.in_(sorted(pedigrees)), _of(dataset), occurring()
            )
            .distinct()
            .subquery()
        )
        yield from _tell(connection, rows, _BOTH, name, model, examples)


def _find_early(
    connection: sa.Connection,
    dataset: int,
    name: str,
    book: ModelBook,
    examples: int,
) -> Iterator[Conflict]:
    """Contents that were seen before the model that made them was released.

    Who made a content may be said by a record of another dataset, by evidence or by a
    claim: its pedigree knows them all.
    """
    by_model: dict[str, list[int]] = {}
    for origin, model in _generating(connection, book).items():
        if book.find(model).released:
            by_model.setdefault(model, []).append(origin)
    elements, items = schema.pedigree_origins, schema.item_pedigrees
    seen = schema.records.alias("seen")
    for model, origins in sorted(by_model.items()):
        released = book.find(model).released
        own = sa.select(elements.c.pedigree_id).where(
            elements.c.own, elements.c.origin_id.in_(origins)
        )
        rows = (
            sa.select(
                IDENTITY.label("item"), sa.func.min(seen.c.fetched_at).label("told")
            )
            .select_from(
                schema.batches.join(schema.records, OF_BATCH)
                .join(items, OF_ITEM)
                .join(seen, _same_item(seen))
            )
            .where(
                items.c.pedigree_id.in_(own),
                seen.c.fetched_at < _midnight(released),
                _of(dataset),
                occurring(),
                standing(seen.c.batch_id),
            )
            .group_by(IDENTITY)
            .subquery()
        )
        detail = f"{model}, released {released}"
        yield from _tell(connection, rows, _EARLY, name, detail, examples)


def _find_children(
    connection: sa.Connection, dataset: int, name: str, examples: int
) -> Iterator[Conflict]:
    """Contents captured before the first capture of a parent."""
    edges, named, records = schema.derived_from, schema.named_parents, schema.records
    parent = records.alias("parent")
    identity = sa.func.coalesce(parent.c.item, parent.c.digest)
    joined = edges.outerjoin(
        named,
        sa.and_(
            named.c.record_id == edges.c.record_id, named.c.ordinal == edges.c.ordinal
        ),
    )
    key = sa.func.coalesce(named.c.content_key, edges.c.parent_key)
    item = sa.func.coalesce(named.c.item, edges.c.parent_digest)
    captured = (
        sa.select(
            IDENTITY.label("item"),
            records.c.fetched_at.label("told"),
            sa.func.min(parent.c.fetched_at).label("first"),
        )
        .select_from(
            schema.batches.join(records, OF_BATCH)
            .join(joined, edges.c.record_id == records.c.id)
            .join(parent, sa.and_(parent.c.content_key == key, identity == item))
        )
        .where(
            records.c.fetched_at.is_not(None),
            _of(dataset),
            occurring(),
            standing(parent.c.batch_id),
        )
        .group_by(records.c.id, IDENTITY, records.c.fetched_at, edges.c.ordinal)
        .having(sa.func.min(parent.c.fetched_at) > records.c.fetched_at)
        .subquery()
    )
    rows = (
        sa.select(captured.c.item, sa.func.min(captured.c.told).label("told"))
        .group_by(captured.c.item)
        .subquery()
    )
    yield from _tell(connection, rows, _CHILD, name, "", examples)


def _tell(
    connection: sa.Connection,
    rows: Any,
    kind: str,
    dataset: str,
    detail: str,
    examples: int,
) -> Iterator[Conflict]:
    """Count the contents of a query, and name the first of them."""
    count = connection.execute(
        sa.select(sa.func.count()).select_from(rows)
    ).scalar_one()
    if not count:
        return
    query = sa.select(rows.c.item, rows.c.told).order_by(rows.c.item).limit(examples)
    told = tuple(
        format_digest(bytes(item))
        + ("" if moment is None else f", captured {say_time(moment)}")
        for item, moment in connection.execute(query)
    )
    yield Conflict(
        kind=kind, dataset=dataset, detail=detail, contents=count, examples=told
    )


def _of(dataset: int) -> ColumnElement[bool]:
    return schema.batches.c.dataset_id == dataset


def _same_item(other: Any) -> ColumnElement[bool]:
    return sa.and_(
        other.c.content_key == schema.records.c.content_key,
        sa.func.coalesce(other.c.item, other.c.digest) == IDENTITY,
    )


def _midnight(day: date | None) -> int:
    """The first microsecond of a day, UTC."""
    if day is None:
        raise ValueError("the model has no date of release")
    moment = datetime.combine(day, time(), UTC)
    return round(moment.timestamp()) * _MICROSECONDS
