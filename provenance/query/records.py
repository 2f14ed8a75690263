"""Find the records that a digest, a name, a URL or a place stands for."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa

from provenance.domain import (
    content_key,
    parse_dataset,
    parse_digest,
    parse_item_key,
)
from provenance.errors import NameRefusedError, NotRecordedError
from provenance.store import schema

__all__ = ["RecordPlace", "find_records", "match_subject", "refuse_unknown"]

_PLACE = re.compile(r"(0|[1-9][0-9]{0,17}):(0|[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlace:
    """Where a record stands."""

    id: int
    position: int
    """Log position of its batch."""
    index: int
    """Place among the leaves of the batch, from 0."""
    withdrawn: bool


def find_records(connection: sa.Connection, subject: str) -> list[RecordPlace]:
    """Return all records of a subject, in the order of the log.

    Args:
        connection: An open transaction.
        subject: ``POSITION:INDEX`` of a record in its batch, a digest in any
            spelling, a key of an item as lists print it (``short:…``, ``name:…``), a
            name, ``DATASET[@VERSION]#NAME``, or a URL.

    Raises:
        NotRecordedError: There is none.
    """
    records, batches = schema.records, schema.batches
    data, sources, gone = schema.datasets, schema.sources, schema.withdrawals
    index = records.c.id - batches.c.first_record
    withdrawn = batches.c.position.in_(sa.select(gone.c.withdrawn))
    query = (
        sa.select(records.c.id, batches.c.position, index, withdrawn)
        .select_from(
            records.join(batches, batches.c.id == records.c.batch_id)
            .outerjoin(data, data.c.id == batches.c.dataset_id)
            .outerjoin(sources, sources.c.id == records.c.source_id)
        )
        .order_by(records.c.id)
    )
    found: dict[int, RecordPlace] = {}
    # One by one: the first uses the index on keys, which an OR would not.
    for condition in match_subject(subject):
        for row in connection.execute(query.where(condition)):
            number, position, place, is_withdrawn = row
            found[number] = RecordPlace(
                id=number,
                position=position,
                index=place,
                withdrawn=bool(is_withdrawn),
            )
    if not found:
        raise refuse_unknown(subject)
    return [found[number] for number in sorted(found)]


def refuse_unknown(subject: str) -> NotRecordedError:
    """Say that nothing goes by a name."""
    return NotRecordedError(
        f"nothing is recorded under {subject!r}",
        hint="Give POSITION:INDEX, a digest, a name, DATASET#NAME or a URL as the "
        "manifest writes it.",
    )


def match_subject(subject: str) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that a record is meant, the nearest meaning first.

    They speak of ``records``, ``batches``, ``datasets`` and ``sources``.
    """
    subject = subject.strip()
    records, batches = schema.records, schema.batches
    place = _PLACE.fullmatch(subject)
    if place:
        number = batches.c.first_record + int(place[2])
        least = int(place[2]) < batches.c.records
        there = batches.c.position == int(place[1])
        return [sa.and_(there, least, records.c.id == number)]
    with suppress(ValueError):
        item = parse_item_key(subject)
        keyed = records.c.content_key == content_key(item), records.c.item == item
        return [sa.and_(*keyed), *_called(subject)]
    try:
        digest = parse_digest(subject)
    except ValueError:
        return _called(subject)
    same = records.c.digest == digest
    return [
        sa.and_(records.c.content_key == content_key(digest), same),
        sa.and_(records.c.item.is_not(None), same),  # short contents, keyed by dataset
        *_called(subject),
    ]


def _called(subject: str) -> list[sa.ColumnElement[bool]]:
    records, data = schema.records, schema.datasets
    url = sa.func.coalesce(schema.sources.c.prefix, "").concat(records.c.path)
    conditions = [sa.or_(records.c.name == subject, url == subject)]
    text, mark, name = subject.partition("#")
    if mark:
        try:
            dataset = parse_dataset(text)
        except NameRefusedError:
            return conditions
        named = [records.c.name == name, data.c.name == dataset.name]
        if dataset.version:
            named.append(data.c.version == dataset.version)
        conditions.append(sa.and_(*named))
    return conditions
