"""Views of single facts: batches, who made a record, what it was derived from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.domain import Grade
from provenance.store.amounts import dataset_columns
from provenance.store.schema import (
    batches,
    datasets,
    derivations,
    derived_from,
    generated_by,
    log_entries,
    origins,
    records,
    reservations,
    sources,
    withdrawals,
)
from provenance.store.spelling import SECOND, TimeText, spell_digest

__all__ = ["FACT_VIEWS"]

_DATASET = {
    "dataset": "name of the dataset; null: evidence, or a document about others",
    "version": "empty: unversioned",
}
_RECORD = {
    **_DATASET,
    "digest": "algorithm:hex of the record, as stated; null: none",
    "name": "the item's own identifier",
    "fetched_at": "ISO 8601, UTC; of evidence, when it was seen",
    "file": "manifest it was recorded from",
    "row": "row of the manifest, from 1",
}
_GONE = batches.c.position.in_(sa.select(withdrawals.c.withdrawn))


def _grade(column: ColumnElement[int]) -> ColumnElement[str]:
    return sa.case({grade.value: grade.name.lower() for grade in Grade}, value=column)


def _batch() -> sa.Select[Any]:
    return (
        sa.select(
            *dataset_columns(),
            batches.c.kind,
            batches.c.manifest.label("file"),
            batches.c.reader.label("format"),
            batches.c.first_row,
            batches.c.last_row,
            batches.c.records,
            batches.c.quarantined,
            batches.c.generated_by,
            batches.c.derived_from,
            batches.c.position,
            TimeText(log_entries.c.recorded_at, SECOND).label("recorded_at"),
            sa.case((_GONE, 1), else_=0).label("withdrawn"),
        )
        .select_from(batches)
        .join(log_entries, log_entries.c.position == batches.c.position)
        .outerjoin(datasets, datasets.c.id == batches.c.dataset_id)
    )


def _of_record(*columns: Any) -> sa.Select[Any]:
    return sa.select(
        *dataset_columns(),
        spell_digest(records.c.digest).label("digest"),
        records.c.name,
        TimeText(records.c.fetched_at, SECOND).label("fetched_at"),
        batches.c.manifest.label("file"),
        records.c.row,
        *columns,
    )


def _standing(edges: sa.Table) -> sa.FromClause:
    return (
        edges.join(records, records.c.id == edges.c.record_id)
        .join(batches, sa.and_(batches.c.id == records.c.batch_id, sa.not_(_GONE)))
        .outerjoin(datasets, datasets.c.id == batches.c.dataset_id)
    )


def _origin() -> sa.Select[Any]:
    return _of_record(
        origins.c.kind,
        origins.c.model,
        origins.c.mode,
        origins.c.evidence,
        _grade(origins.c.grade).label("grade"),
        origins.c.detector,
        generated_by.c.score,
        generated_by.c.threshold,
        sa.case((origins.c.asserted, 1), else_=0).label("counts"),
    ).select_from(
        _standing(generated_by).join(origins, origins.c.id == generated_by.c.origin_id)
    )


def _parent() -> sa.Select[Any]:
    return _of_record(
        spell_digest(derived_from.c.parent_digest).label("parent"),
        derived_from.c.parent_reference.label("reference"),
        derivations.c.mode,
        derivations.c.evidence,
        _grade(derivations.c.grade).label("grade"),
    ).select_from(
        _standing(derived_from).join(
            derivations, derivations.c.id == derived_from.c.derivation_id
        )
    )


def _reservation() -> sa.Select[Any]:
    of_batch = sa.and_(
        batches.c.position == reservations.c.batch,
        sa.not_(_GONE),
    )
    return _of_record(
        sources.c.host, sources.c.domain, reservations.c.said
    ).select_from(
        reservations.join(batches, of_batch)
        .join(
            records,
            records.c.id == batches.c.first_record + reservations.c.leaf_index,
        )
        .outerjoin(sources, sources.c.id == records.c.source_id)
        .outerjoin(datasets, datasets.c.id == batches.c.dataset_id)
    )


FACT_VIEWS: dict[str, tuple[str, dict[str, str], Callable[[], Any]]] = {
    "report_batch": (
        "Every batch: from which file, how much, when, and whether it was withdrawn.",
        {
            **_DATASET,
            "kind": "dataset, crawl or evidence",
            "file": "manifest, as given",
            "format": "how it was read",
            "first_row": "first row of the file",
            "last_row": "last row of the file",
            "records": "records of the batch",
            "quarantined": "rows that were set aside",
            "generated_by": "edges to origins",
            "derived_from": "edges to parents",
            "position": "log position",
            "recorded_at": "time of logging, ISO 8601, UTC",
            "withdrawn": "1: taken back later",
        },
        _batch,
    ),
    "report_origin": (
        "Who made the content of each standing record, or evidence says so.",
        {
            **_RECORD,
            "kind": "human, model or other",
            "model": "name as stated",
            "mode": "what the model did",
            "evidence": "how that is known",
            "grade": "inferred, detected, declared or proven",
            "detector": "name and version of the detector, or who reviewed",
            "score": "the detector's exact score",
            "threshold": "the score it was held against",
            "counts": "0: the score is below the threshold",
        },
        _origin,
    ),
    "report_reservation": (
        "What reserves standing records from mining or training, as it was said.",
        {
            **_RECORD,
            "host": "where it was fetched, lower case",
            "domain": "registrable domain",
            "said": "header lines, names in lower case",
        },
        _reservation,
    ),
    "report_parent": (
        "What each standing record was derived from.",
        {
            **_RECORD,
            "parent": "algorithm:hex of the parent; null: called by name",
            "reference": "the parent's name, where it is no digest",
            "mode": "how it was derived",
            "evidence": "how that is known",
            "grade": "inferred, detected, declared or proven",
        },
        _parent,
    ),
}
"""View → what it answers, its columns, and what makes its query."""
