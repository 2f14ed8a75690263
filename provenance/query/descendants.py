"""Walk down the edges: what came of an item, a dataset or a model's output.

Breadth first and set-based: temporary tables in the database hold what was reached,
so that a million descendants take no memory here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from provenance.domain import DatasetName, format_digest, parse_dataset
from provenance.domain.origins import NOT_OF_CONTENT
from provenance.errors import NameRefusedError, NotRecordedError
from provenance.query.items import find_items
from provenance.store import schema
from provenance.store.claims import LoggedClaim, load_claims
from provenance.store.engine import is_sqlite
from provenance.store.facts import load_models
from provenance.store.given import give_values
from provenance.store.keys import InOrder
from provenance.store.reached import select_reached
from provenance.store.records import IDENTITY, OF_BATCH, OF_ITEM
from provenance.store.standing import standing

__all__ = ["KINDS", "Descendants", "Reached", "count_descendants"]

KINDS = ("item", "dataset", "model")
"""What the descendants can be asked of."""

_METADATA = sa.MetaData()
_REACHED = sa.Table(
    "reached",
    _METADATA,
    sa.Column("content_key", sa.BigInteger),
    sa.Column("item", sa.LargeBinary),
    sa.Column("hops", sa.Integer),
    prefixes=["TEMPORARY"],
)
_COLUMNS = _REACHED.c.keys()
_HERE = sa.literal(0, sa.Integer)
_WORTH_STATISTICS = 1_000
"""Rows from which PostgreSQL plans better for knowing what was reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What of one dataset version stands at one distance."""

    dataset: str
    hops: int
    """Derivations between it and the nearest of what was asked about; 0: the same
    content."""
    contents: int
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Descendants:
    """What came of an item, of a dataset's items, or of a model's output."""

    subject: str
    kind: str
    """item, dataset or model."""
    contents: int
    """Distinct contents derived from it, in all."""
    greatest_hops: int
    counts: tuple[Reached, ...]
    """By dataset version and distance; a content may stand in several."""

    def to_dict(self) -> dict[str, Any]:
        """The counts as JSON values; the format of ``descendants --json``."""
        return asdict(self) | {"counts": [asdict(one) for one in self.counts]}


def count_descendants(
    connection: sa.Connection, subject: str, kind: str | None = None
) -> Descendants:
    """Count everything derived from a subject, however far away.

    Args:
        connection: A transaction that may make temporary tables.
        subject: A dataset, a model, or what ``find_items`` takes.
        kind: One of ``KINDS``; None: whichever it is.

    Raises:
        NameRefusedError: It is a model and a dataset.
        NotRecordedError: It is none of them.
    """
    kind, name, seeds = _choose(connection, subject, kind)
    connection.execute(sa.schema.CreateTable(_REACHED))
    for column in ("content_key", "hops"):
        connection.exec_driver_sql(f"CREATE INDEX ix_{column} ON reached ({column})")
    every: Any = sa.union(*seeds)
    connection.execute(_REACHED.insert().from_select(_COLUMNS, every))
    hops, step = 0, _make_step()
    while _take(connection, step, hops):
        hops += 1
    derived = sa.select(sa.func.count()).where(_REACHED.c.hops > 0)
    return Descendants(
        subject=name,
        kind=kind,
        contents=connection.execute(derived).scalar_one(),
        greatest_hops=hops,
        counts=tuple(_count(connection)),
    )


def _choose(
    connection: sa.Connection, subject: str, kind: str | None
) -> tuple[str, str, list[Any]]:
    """Decide what a subject is; return kind, name and queries for its items."""
    datasets = _find_datasets(connection, subject) if kind in (None, "dataset") else []
    model = load_models(connection).find(subject)
    names = [subject, model.name, *model.aliases]
    origins = _find_origins(connection, names) if kind in (None, "model") else []
    made = {*origins}
    claims = [
        logged
        for logged in load_claims(connection)
        if logged.origin_id in made and logged.claim.reaches_items
    ]
    if datasets and origins:
        raise NameRefusedError(
            f"{subject!r} is a model and a dataset",
            hint="Say which is meant: --kind model, or --kind dataset.",
        )
    if datasets:
        return "dataset", subject, [_of_datasets(connection, datasets)]
    if origins:
        seeds = [
            _of_origins(connection, origins),
            *(_of_claim(claim) for claim in claims),
        ]
        return "model", model.name, seeds
    if kind in ("dataset", "model"):
        raise NotRecordedError(
            f"no {kind} {subject!r} has items in this ledger",
            hint=f"See: provenance {kind} list",
        )
    keys = find_items(connection, subject)
    name = format_digest(keys[0].item) if len(keys) == 1 else subject
    return (
        "item",
        name,
        [
            sa.select(
                sa.literal(key.content_key, sa.BigInteger),
                sa.literal(key.item, sa.LargeBinary),
                _HERE,
            )
            for key in keys
        ],
    )


def _find_datasets(connection: sa.Connection, subject: str) -> list[int]:
    try:
        wanted: DatasetName = parse_dataset(subject)
    except NameRefusedError:
        return []
    table = schema.datasets
    query = sa.select(table.c.id).where(table.c.name == wanted.name)
    if wanted.version:
        query = query.where(table.c.version == wanted.version)
    return list(connection.execute(query).scalars())


def _find_origins(connection: sa.Connection, names: list[str]) -> list[int]:
    table = schema.origins
    query = sa.select(table.c.id).where(
        table.c.kind == "model",
        table.c.asserted,
        table.c.mode.not_in(sorted(NOT_OF_CONTENT)),
        table.c.model.in_(give_values(connection, "names", sa.Text(), names)),
    )
    return list(connection.execute(query).scalars())


def _of_datasets(connection: sa.Connection, datasets: list[int]) -> Any:
    records, batches = schema.records, schema.batches
    these = give_values(connection, "these", sa.BigInteger(), datasets)
    return (
        sa.select(records.c.content_key, IDENTITY, _HERE)
        .select_from(InOrder(batches, records, OF_BATCH))
        .where(batches.c.dataset_id.in_(these), standing(batches.c.id))
        .distinct()
    )


def _of_origins(connection: sa.Connection, origins: list[int]) -> Any:
    records, edges = schema.records, schema.generated_by
    these = give_values(connection, "these", sa.BigInteger(), origins)
    return (
        sa.select(records.c.content_key, IDENTITY, _HERE)
        .select_from(edges.join(records, records.c.id == edges.c.record_id))
        .where(edges.c.origin_id.in_(these), standing())
        .distinct()
    )


def _of_claim(logged: LoggedClaim) -> Any:
    """What a claim speaks of, and no row says as well or better of."""
    rows, which = select_reached(logged.claim)
    items, elements = schema.item_pedigrees, schema.pedigree_origins
    says = sa.select(elements.c.pedigree_id).where(
        elements.c.own, elements.c.origin_id == logged.origin_id
    )
    return (
        sa.select(schema.records.c.content_key, IDENTITY, _HERE)
        .select_from(rows.join(items, OF_ITEM))
        .where(which, items.c.pedigree_id.in_(says))
        .distinct()
    )


def _take(connection: sa.Connection, step: Any, hops: int) -> bool:
    """Take a step from a distance; say whether anything was found."""
    options = {"preserve_rowcount": True}
    found = connection.execute(step, {"distance": hops}, execution_options=options)
    if found.rowcount > _WORTH_STATISTICS and not is_sqlite(connection):
        connection.exec_driver_sql("ANALYZE reached")
    return found.rowcount > 0


def _make_step() -> Any:
    """Add what is derived from what stands at a distance: there may be many steps."""
    distance = sa.bindparam("distance", type_=sa.Integer)
    edges, named, records = schema.derived_from, schema.named_parents, schema.records
    by_name = sa.and_(
        named.c.record_id == edges.c.record_id, named.c.ordinal == edges.c.ordinal
    )
    by_digest = sa.and_(
        edges.c.parent_key == _REACHED.c.content_key,
        edges.c.parent_digest == _REACHED.c.item,
        ~sa.exists(sa.select(sa.literal(1)).where(by_name)),
    )
    called = sa.and_(
        named.c.content_key == _REACHED.c.content_key, named.c.item == _REACHED.c.item
    )
    before = _REACHED.alias("before")
    known = sa.exists(
        sa.select(sa.literal(1)).where(
            before.c.content_key == records.c.content_key, before.c.item == IDENTITY
        )
    )
    found = sa.union(
        *(
            sa.select(records.c.content_key, IDENTITY, distance + 1)
            .select_from(
                InOrder(_REACHED, table, condition).join(
                    records, records.c.id == table.c.record_id
                )
            )
            .where(_REACHED.c.hops == distance, standing(), ~known)
            for table, condition in ((edges, by_digest), (named, called))
        )
    )
    return _REACHED.insert().from_select(_COLUMNS, found)


def _count(connection: sa.Connection) -> Iterator[Reached]:
    records, batches, names = schema.records, schema.batches, schema.datasets
    same = sa.and_(
        records.c.content_key == _REACHED.c.content_key, _REACHED.c.item == IDENTITY
    )
    each = (
        sa.select(
            batches.c.dataset_id, _REACHED.c.hops, sa.func.count().label("records")
        )
        .select_from(
            InOrder(_REACHED, records, same).join(
                batches, batches.c.id == records.c.batch_id
            )
        )
        .where(standing())
        .group_by(
            batches.c.dataset_id,
            _REACHED.c.hops,
            _REACHED.c.content_key,
            _REACHED.c.item,
        )
        .subquery()
    )
    query = (
        sa.select(
            names.c.name,
            names.c.version,
            each.c.hops,
            sa.func.count(),
            sa.cast(sa.func.sum(each.c.records), sa.BigInteger),
        )
        .join(names, names.c.id == each.c.dataset_id)
        .group_by(names.c.name, names.c.version, each.c.hops)
    )
    found = [
        Reached(
            dataset=str(DatasetName(name, version)),
            hops=hops,
            contents=contents,
            records=count,
        )
        for name, version, hops, contents, count in connection.execute(query)
    ]
    yield from sorted(found, key=lambda one: (one.hops, one.dataset))
