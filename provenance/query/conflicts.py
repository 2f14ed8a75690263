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
from provenance.store.records import OF_BATCH, OF_ITEM
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
        found = _items_of(dataset, items.c.pedigree_id.in_(sorted(pedigrees)))
        rows = sa.select(found.c.item, sa.null().label("told")).subquery()
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
        found = _items_of(dataset, items.c.pedigree_id.in_(own))
        rows = (
            sa.select(found.c.item, sa.func.min(seen.c.fetched_at).label("told"))
            .join_from(found, seen, _is_of(seen, found))
            .where(seen.c.fetched_at < _midnight(released), standing(seen.c.batch_id))
            .group_by(found.c.item)
            .subquery()
        )
        detail = f"{model}, released {released}"
        yield from _tell(connection, rows, _EARLY, name, detail, examples)


def _find_children(
    connection: sa.Connection, dataset: int, name: str, examples: int
) -> Iterator[Conflict]:
    """Contents captured before the first capture of a parent.

    What a content was derived from, and when it was captured, may be said by records of
    other datasets, or by evidence.
    """
    edges, named = schema.derived_from, schema.named_parents
    parent, saying, seen = (
        schema.records.alias(name) for name in ("parent", "saying", "seen")
    )
    identity = sa.func.coalesce(parent.c.item, parent.c.digest)
    joined = edges.outerjoin(
        named,
        sa.and_(
            named.c.record_id == edges.c.record_id, named.c.ordinal == edges.c.ordinal
        ),
    )
    key = sa.func.coalesce(named.c.content_key, edges.c.parent_key)
    item = sa.func.coalesce(named.c.item, edges.c.parent_digest)
    found = _items_of(dataset)
    pairs = (
        sa.select(
            found.c.content_key,
            found.c.item,
            sa.func.min(parent.c.fetched_at).label("first"),
        )
        .select_from(
            found.join(saying, _is_of(saying, found))
            .join(joined, edges.c.record_id == saying.c.id)
            .join(parent, sa.and_(parent.c.content_key == key, identity == item))
        )
        .where(standing(saying.c.batch_id), standing(parent.c.batch_id))
        .group_by(found.c.content_key, found.c.item, saying.c.id, edges.c.ordinal)
        .subquery()
    )
    child = (
        sa.select(
            pairs.c.content_key, pairs.c.item, sa.func.max(pairs.c.first).label("first")
        )
        .group_by(pairs.c.content_key, pairs.c.item)
        .subquery()
    )
    rows = (
        sa.select(child.c.item, sa.func.min(seen.c.fetched_at).label("told"))
        .join_from(child, seen, _is_of(seen, child))
        .where(seen.c.fetched_at < child.c.first, standing(seen.c.batch_id))
        .group_by(child.c.item)
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


def _items_of(dataset: int, *which: ColumnElement[bool]) -> sa.Subquery:
    """The items of a dataset version of which more is said than one capture, once."""
    items = schema.item_pedigrees
    return (
        sa.select(items.c.content_key, items.c.item)
        .select_from(schema.batches.join(schema.records, OF_BATCH).join(items, OF_ITEM))
        .where(schema.batches.c.dataset_id == dataset, occurring(), *which)
        .distinct()
        .subquery()
    )


def _is_of(record: Any, items: Any) -> ColumnElement[bool]:
    return sa.and_(
        record.c.content_key == items.c.content_key,
        sa.func.coalesce(record.c.item, record.c.digest) == items.c.item,
    )


def _midnight(day: date | None) -> int:
    """The first microsecond of a day, UTC."""
    if day is None:
        raise ValueError("the model has no date of release")
    moment = datetime.combine(day, time(), UTC)
    return round(moment.timestamp()) * _MICROSECONDS
