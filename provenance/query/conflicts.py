"""Find statements that cannot all be true: about one content, or of times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeEngine

from provenance.domain import Kind, Mode, ModelBook, format_digest
from provenance.domain.origins import GENERATING_MODES
from provenance.query.occurrences import say_time
from provenance.store import schema
from provenance.store.amounts import select_pedigrees
from provenance.store.facts import load_datasets, load_models, load_origins
from provenance.store.given import give_rows
from provenance.store.keys import InOrder
from provenance.store.records import OF_BATCH, OF_ITEM
from provenance.store.standing import occurring, standing

__all__ = ["Conflict", "find_conflicts"]

_BOTH = "human and generated"
_EARLY = "captured before the model was released"
_CHILD = "captured before its parent"
_MICROSECONDS = 1_000_000
_MADE: dict[str, TypeEngine[Any]] = {
    "pedigree_id": sa.BigInteger(),
    "detail": sa.Text(),
}


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
    models = _generating(connection, book)
    days = {model: book.find(model).released for model in models.values()}
    released = {model: day for model, day in days.items() if day}
    found: list[Conflict] = []
    for number in datasets:
        both = _find_both(connection, number, models)
        early = _find_early(connection, number, models, released)
        children = _find_children(number)
        for kind, rows in ((_BOTH, both), (_EARLY, early), (_CHILD, children)):
            if rows is not None:
                found += _tell(connection, rows, kind, names[number], examples)
    return sorted(
        found, key=lambda one: (one.kind, -one.contents, one.dataset, one.detail)
    )


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


def _list_made(
    connection: sa.Connection,
    dataset: int,
    models: Mapping[int, str],
    *which: ColumnElement[bool],
) -> set[tuple[int, str]]:
    """The pedigrees of a dataset version, and the models that made their contents.

    By pedigree: items alike share one, so that few are looked at.
    """
    elements = schema.pedigree_origins
    query = sa.select(elements.c.pedigree_id, elements.c.origin_id).where(
        elements.c.own, elements.c.pedigree_id.in_(select_pedigrees(dataset)), *which
    )
    return {
        (pedigree, models[origin])
        for pedigree, origin in connection.execute(query)
        if origin in models
    }


def _find_both(
    connection: sa.Connection, dataset: int, models: Mapping[int, str]
) -> sa.Subquery | None:
    """Contents with an own origin that is a person, and one that is a model."""
    elements, origins = schema.pedigree_origins, schema.origins
    human = (
        sa.select(elements.c.pedigree_id)
        .join(origins, origins.c.id == elements.c.origin_id)
        .where(elements.c.own, origins.c.kind == str(Kind.HUMAN))
    )
    pairs = _list_made(connection, dataset, models, elements.c.pedigree_id.in_(human))
    if not pairs:
        return None
    made = give_rows(connection, "made", _MADE, pairs)
    found = _items_of(dataset)
    nothing = sa.cast(sa.null(), sa.BigInteger)
    return (
        sa.select(found.c.item, made.c.detail, nothing.label("told"))
        .select_from(InOrder(found, made, made.c.pedigree_id == found.c.pedigree_id))
        .subquery()
    )


def _find_early(
    connection: sa.Connection,
    dataset: int,
    models: Mapping[int, str],
    released: Mapping[str, date],
) -> sa.Subquery | None:
    """Contents that were seen before the model that made them was released.

    Who made a content may be said by a record of another dataset, by evidence or by a
    claim: its pedigree knows them all.
    """
    dated = {number: model for number, model in models.items() if model in released}
    pairs = _list_made(connection, dataset, dated) if dated else ()
    if not pairs:
        return None
    rows = [
        (number, f"{model}, released {released[model]}", _midnight(released[model]))
        for number, model in pairs
    ]
    columns = _MADE | {"released_at": sa.BigInteger()}
    made = give_rows(connection, "made", columns, rows)
    found, seen = _items_of(dataset), schema.records.alias("seen")
    joined = InOrder(found, made, made.c.pedigree_id == found.c.pedigree_id)
    first = sa.func.min(seen.c.fetched_at).label("told")
    return (
        sa.select(found.c.item, made.c.detail, first)
        .select_from(joined.join(seen, _is_of(seen, found)))
        .where(seen.c.fetched_at < made.c.released_at, standing(seen.c.batch_id))
        .group_by(found.c.item, made.c.detail)
        .subquery()
    )


def _find_children(dataset: int) -> sa.Subquery:
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
    first = sa.func.min(seen.c.fetched_at).label("told")
    return (
        sa.select(child.c.item, sa.literal("").label("detail"), first)
        .join_from(child, seen, _is_of(seen, child))
        .where(seen.c.fetched_at < child.c.first, standing(seen.c.batch_id))
        .group_by(child.c.item)
        .subquery()
    )


def _tell(
    connection: sa.Connection,
    rows: sa.Subquery,
    kind: str,
    dataset: str,
    examples: int,
) -> Iterator[Conflict]:
    """Count the contents of each detail, and name the first of them: in one reading."""
    alike = rows.c.detail
    place = sa.func.row_number().over(partition_by=alike, order_by=rows.c.item)
    contents = sa.func.count().over(partition_by=alike)
    ranked = sa.select(*rows.c, place.label("place"), contents.label("n")).subquery()
    query = (
        sa.select(ranked)
        .where(ranked.c.place <= max(1, examples))
        .order_by(ranked.c.detail, ranked.c.place)
    )
    told_of = groupby(connection.execute(query), attrgetter("detail"))
    for detail, (first, *others) in told_of:
        told = tuple(
            format_digest(bytes(row.item))
            + ("" if row.told is None else f", captured {say_time(row.told)}")
            for row in (first, *others)[:examples]
        )
        yield Conflict(
            kind=kind, dataset=dataset, detail=detail, contents=first.n, examples=told
        )


def _items_of(dataset: int) -> sa.Subquery:
    """The items of a dataset version of which more is said than one capture, once."""
    items = schema.item_pedigrees
    return (
        sa.select(items.c.content_key, items.c.item, items.c.pedigree_id)
        .select_from(schema.batches.join(schema.records, OF_BATCH).join(items, OF_ITEM))
        .where(schema.batches.c.dataset_id == dataset, occurring())
        .distinct()
        .subquery()
    )


def _is_of(record: Any, items: Any) -> ColumnElement[bool]:
    return sa.and_(
        record.c.content_key == items.c.content_key,
        sa.func.coalesce(record.c.item, record.c.digest) == items.c.item,
    )


def _midnight(day: date) -> int:
    """The first microsecond of a day, UTC."""
    moment = datetime.combine(day, time(), UTC)
    return round(moment.timestamp()) * _MICROSECONDS
