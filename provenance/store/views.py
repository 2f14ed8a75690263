"""The reporting views: the same columns and numbers on every database.

Views are not versioned: each migration drops them, and they are created anew from
here. They answer under the newest stored version of the policy ``default``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.domain import Tier, Unit
from provenance.store.amounts import (
    ASSESSED,
    dataset_columns,
    default_policy,
    select_amounts,
    select_stored,
)
from provenance.store.fact_views import FACT_VIEWS
from provenance.store.schema import (
    assessments,
    batches,
    datasets,
    item_pedigrees,
    media_types,
    pedigrees,
    records,
    sources,
    withdrawals,
)
from provenance.store.shares import select_needs
from provenance.store.spelling import MONTH, SECOND, TimeText, spell_digest

__all__ = ["VIEWS", "create_views", "drop_views"]

_AMOUNTS = {
    "unit": "records, items, bytes, tokens or contents",
    "total": "sum over the records that have the unit",
    **{str(tier): f"part of the total that is {tier}" for tier in Tier},
    "missing": "records that lack the unit, and are in no total",
    "downstream_low": "(generated + derived) / total; null when records lack the unit",
    "downstream_high": "the same with unknown added",
    "measured_low": "(generated + derived) / total, of the records that have it",
    "measured_high": "the same with unknown added",
}
_DATASET = {"dataset": "name of the dataset", "version": "empty: unversioned"}


def _by_unit(column: str, **grouping: Any) -> sa.CompoundSelect[Any]:
    """One row per dataset version, group and unit, with the tiers side by side."""
    return sa.union_all(*(_one_unit(unit, column, **grouping) for unit in Unit))


def _one_unit(unit: Unit, column: str, **grouping: Any) -> sa.Select[Any]:
    assessed = select_stored(default_policy(), grouping.get("aspect", ""))
    found = select_amounts(assessed, **grouping).subquery()
    amount = found.c[str(unit)]
    missing: ColumnElement[int] = sa.literal(0)
    scale: ColumnElement[Any] = sa.literal_column("1.0")
    if unit in ASSESSED:
        missing = found.c[f"without_{unit}"]
        scale = sa.literal_column("1000.0")
    zero: ColumnElement[Any] = sa.literal_column("0.0")
    groups = [found.c.value.label(column)] if column else []
    added = sa.select(
        found.c.dataset_id,
        *groups,
        _sum(amount).label("total"),
        *(
            _sum(sa.case((found.c.tier == tier, amount), else_=0)).label(str(tier))
            for tier in Tier
        ),
        sa.cast(sa.func.sum(missing), sa.BigInteger).label("missing"),
    ).group_by(found.c.dataset_id, *(found.c.value,) * len(groups))
    if unit is Unit.CONTENTS:
        # A content stands under one value of a dimension only, its records under all.
        added = added.having(sa.func.sum(amount) != 0)
    summed = added.subquery()
    tiers: dict[Tier, ColumnElement[Any]]
    tiers = {tier: summed.c[str(tier)] for tier in Tier}
    possible = tiers[Tier.GENERATED] + tiers[Tier.DERIVED] + tiers[Tier.UNKNOWN]
    moved: ColumnElement[Any] = zero
    rows: Any = summed.join(datasets, datasets.c.id == summed.c.dataset_id)
    if not column:
        needs = select_needs(default_policy(), unit).subquery()
        rows = rows.outerjoin(needs, needs.c.dataset_id == summed.c.dataset_id)
        needed = sa.func.coalesce(needs.c.needed, zero) * scale
        unknown = tiers[Tier.UNKNOWN]
        moved = sa.case((needed < unknown, needed), else_=unknown)
        tiers[Tier.GENERATED] = tiers[Tier.GENERATED] + moved
        tiers[Tier.UNKNOWN] = unknown - moved
    # A cast, or PostgreSQL would divide by a numeric, which has 15 digits of it.
    whole: ColumnElement[Any] = sa.cast(
        sa.func.nullif(summed.c.total, zero), sa.Double()
    )
    low = (tiers[Tier.GENERATED] + tiers[Tier.DERIVED]) / whole
    high = possible / whole
    lacking = summed.c.missing
    return sa.select(
        *dataset_columns(),
        *(summed.c[group.name] for group in groups),
        sa.literal(str(unit)).label("unit"),
        (summed.c.total / scale).label("total"),
        *((column_of / scale).label(str(tier)) for tier, column_of in tiers.items()),
        lacking,
        sa.case((lacking == 0, low)).label("downstream_low"),
        sa.case((lacking == 0, high)).label("downstream_high"),
        low.label("measured_low"),
        high.label("measured_high"),
        *([] if column else [(moved / scale).label("unattributed")]),
    ).select_from(rows)


def _sum(amount: ColumnElement[Any]) -> ColumnElement[Any]:
    """Add up as stored, in whole numbers: divided first, they would lose a bit each."""
    return sa.cast(sa.func.sum(amount), sa.Double())


def _item() -> sa.Select[Any]:
    explicit, plain = item_pedigrees.alias("explicit"), pedigrees.alias("plain")
    dated = records.c.fetched_at.is_not(None)
    month = sa.func.coalesce(TimeText(records.c.fetched_at, MONTH), "")
    medium = sa.case((dated, sa.func.coalesce(media_types.c.medium, "")), else_="")
    identity = sa.func.coalesce(records.c.item, records.c.digest)
    found = sa.func.coalesce(explicit.c.pedigree_id, plain.c.id)
    thousand: ColumnElement[Any] = sa.literal_column("1000.0")
    standing = batches.c.position.not_in(sa.select(withdrawals.c.withdrawn))
    return (
        sa.select(
            *dataset_columns(),
            spell_digest(records.c.digest).label("digest"),
            records.c.name,
            sa.func.coalesce(sources.c.prefix, "").concat(records.c.path).label("url"),
            sources.c.domain.label("source"),
            TimeText(records.c.fetched_at, SECOND).label("fetched_at"),
            records.c.bytes,
            records.c.tokens,
            records.c["items"],
            (sa.cast(records.c.copies, sa.Double()) / thousand).label("copies"),
            records.c.language,
            media_types.c.media_type,
            records.c.split,
            assessments.c.tier,
            assessments.c.depth,
            batches.c.manifest.label("file"),
            records.c.row,
            records.c.part,
        )
        .select_from(records)
        .join(batches, sa.and_(batches.c.id == records.c.batch_id, standing))
        .join(datasets, datasets.c.id == batches.c.dataset_id)
        .outerjoin(sources, sources.c.id == records.c.source_id)
        .outerjoin(media_types, media_types.c.id == records.c.media_type_id)
        .outerjoin(
            explicit,
            sa.and_(
                explicit.c.content_key == records.c.content_key,
                explicit.c.item == identity,
            ),
        )
        .outerjoin(plain, sa.and_(plain.c.month == month, plain.c.medium == medium))
        .join(
            assessments,
            sa.and_(
                assessments.c.pedigree_id == found,
                assessments.c.aspect == "",
                assessments.c.policy_id == default_policy(),
            ),
        )
    )


VIEWS: dict[str, tuple[str, dict[str, str], Callable[[], Any]]] = {
    "report_dataset": (
        "How much of each dataset version is downstream of generative models.",
        {
            **_DATASET,
            **_AMOUNTS,
            "unattributed": "part of generated of which only shares speak",
        },
        partial(_by_unit, ""),
    ),
    "report_dataset_model": (
        "The same by generating model; an item may stand under several.",
        {**_DATASET, "model": "name as recorded; (none): no model", **_AMOUNTS},
        partial(_by_unit, "model", aspect="model"),
    ),
    "report_dataset_source": (
        "The same by registrable domain.",
        {**_DATASET, "source": "registrable domain; null: not stated", **_AMOUNTS},
        partial(_by_unit, "source", dimension="source"),
    ),
    "report_dataset_month": (
        "The same by month of fetching.",
        {**_DATASET, "month": "YYYY-MM; null: not dated", **_AMOUNTS},
        partial(_by_unit, "month", dimension="month"),
    ),
    "report_dataset_language": (
        "The same by language.",
        {**_DATASET, "language": "language; null: not stated", **_AMOUNTS},
        partial(_by_unit, "language", dimension="language"),
    ),
    "report_dataset_split": (
        "The same by split.",
        {**_DATASET, "split": "part of the dataset; null: not stated", **_AMOUNTS},
        partial(_by_unit, "split", dimension="split"),
    ),
    "report_dataset_mode": (
        "The same by mode; an item may stand under several.",
        {**_DATASET, "mode": "what the model did; (none): no model", **_AMOUNTS},
        partial(_by_unit, "mode", aspect="mode"),
    ),
    "report_dataset_evidence": (
        "The same by evidence; an item may stand under several.",
        {**_DATASET, "evidence": "how it is known; (none): nobody says", **_AMOUNTS},
        partial(_by_unit, "evidence", aspect="evidence"),
    ),
    "report_item": (
        "Every record with the tier and depth of its item.",
        {
            **_DATASET,
            "digest": "algorithm:hex, as stated; null: none",
            "name": "the item's own identifier",
            "url": "where it was fetched",
            "source": "registrable domain",
            "fetched_at": "ISO 8601, UTC",
            "bytes": "content bytes of one copy",
            "tokens": "tokens of one copy",
            "items": "items the record stands for",
            "copies": "repetitions",
            "language": "primary language",
            "media_type": "as stated",
            "split": "part of the dataset",
            "tier": "generated, derived, human, other or unknown",
            "depth": "generation depth; null: not known",
            "file": "manifest it was recorded from",
            "row": "row of the manifest, from 1",
            "part": "part of the row, from 0",
        },
        _item,
    ),
    **FACT_VIEWS,
}
"""View → what it answers, its columns, and what makes its query: few need that."""


def create_views(connection: sa.Connection) -> None:
    """Create every view; inside the transaction of a migration."""
    for name, body in _spell_views(connection.engine.url.drivername).items():
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {body}")


@cache
def _spell_views(driver: str) -> dict[str, str]:
    """Return the SQL of every view as a database has it: once, for it takes a while."""
    dialect = sa.make_url(f"{driver}://").get_dialect()()
    written = {"literal_binds": True}
    bodies = {
        name: str(make().compile(dialect=dialect, compile_kwargs=written))
        for name, (_, _, make) in VIEWS.items()
    }
    if dialect.name == "postgresql":  # its driver takes a % for a parameter
        bodies = {name: body.replace("%", "%%") for name, body in bodies.items()}
    return bodies


def drop_views(connection: sa.Connection) -> None:
    """Drop our views where they are; those of users stay, whatever they are called."""
    for name in VIEWS:
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
