"""Find the items that a digest, a name or a URL stands for."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from provenance.domain import DatasetName, content_key, parse_dataset, parse_digest
from provenance.errors import NameRefusedError, NotRecordedError
from provenance.store import schema
from provenance.store.standing import standing

__all__ = ["ItemKey", "find_items"]


@dataclass(frozen=True, slots=True, order=True)
class ItemKey:
    """The identity of an item as the tables keep it."""

    content_key: int
    item: bytes


def find_items(connection: sa.Connection, subject: str) -> list[ItemKey]:
    """Return the items a subject stands for, each once.

    Args:
        connection: An open transaction.
        subject: A digest in any spelling, a name, ``DATASET[@VERSION]#NAME``, or
            a URL.

    Raises:
        NotRecordedError: Nothing recorded goes by that.
    """
    subject = subject.strip()
    found = _by_digest(connection, subject) or _by_name(connection, subject)
    if not found:
        raise NotRecordedError(
            f"nothing is recorded under {subject!r}",
            hint="Give a digest, a name, DATASET#NAME or a URL as the manifest "
            "writes it.",
        )
    return found


def _keys(
    connection: sa.Connection, *conditions: sa.ColumnElement[bool]
) -> list[ItemKey]:
    records = schema.records
    identity = sa.func.coalesce(records.c.item, records.c.digest)
    query = (
        sa.select(records.c.content_key, identity)
        .outerjoin(schema.sources, schema.sources.c.id == records.c.source_id)
        .where(*conditions, standing())
        .distinct()
    )
    return sorted(ItemKey(row[0], row[1]) for row in connection.execute(query))


def _by_digest(connection: sa.Connection, subject: str) -> list[ItemKey]:
    try:
        digest = parse_digest(subject)
    except ValueError:
        return []
    records = schema.records
    whole = _keys(
        connection,
        records.c.content_key == content_key(digest),
        records.c.digest == digest,
    )
    short = records.c.item.is_not(None)
    return whole or _keys(connection, short, records.c.digest == digest)


def _by_name(connection: sa.Connection, subject: str) -> list[ItemKey]:
    records, sources = schema.records, schema.sources
    url = sa.func.coalesce(sources.c.prefix, "").concat(records.c.path)
    found = _keys(connection, sa.or_(records.c.name == subject, url == subject))
    text, mark, name = subject.partition("#")
    if found or not mark:
        return found
    try:
        dataset = parse_dataset(text)
    except NameRefusedError:
        return []
    return _keys(
        connection, records.c.name == name, records.c.batch_id.in_(_batches(dataset))
    )


def _batches(dataset: DatasetName) -> sa.Select[tuple[int]]:
    batches, datasets = schema.batches, schema.datasets
    named = [datasets.c.name == dataset.name]
    if dataset.version:
        named.append(datasets.c.version == dataset.version)
    return (
        sa.select(batches.c.id)
        .join(datasets, datasets.c.id == batches.c.dataset_id)
        .where(*named)
    )
