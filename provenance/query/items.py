"""Find the items that a digest, a name or a URL stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from provenance.query.records import match_subject, refuse_unknown
from provenance.store import schema
from provenance.store.keys import split_asked
from provenance.store.records import IDENTITY
from provenance.store.standing import occurring

__all__ = ["ItemKey", "find_items", "find_recorded"]


@dataclass(frozen=True, slots=True, order=True)
class ItemKey:
    """The identity of an item as the tables keep it."""

    content_key: int
    item: bytes


def find_items(
    connection: sa.Connection, subject: str, size: int | None = None
) -> list[ItemKey]:
    """Return the items a subject stands for, each once.

    What it means as the digest of a content comes first, then as that of a short one,
    as a name or URL, and last as a name in a dataset.

    Args:
        connection: An open transaction.
        subject: ``POSITION:INDEX`` of a record, a digest in any spelling, a key of an
            item as lists print it (``short:…``, ``name:…``), a name,
            ``DATASET[@VERSION]#NAME``, or a URL.
        size: Entries of the log that count; all of them by default.

    Raises:
        NotRecordedError: Nothing recorded goes by that.
    """
    records, batches, data = schema.records, schema.batches, schema.datasets
    query = (
        sa.select(records.c.content_key, IDENTITY)
        .select_from(
            records.join(batches, batches.c.id == records.c.batch_id)
            .join(data, data.c.id == batches.c.dataset_id)
            .outerjoin(schema.sources, schema.sources.c.id == records.c.source_id)
        )
        .where(occurring(size=size))
        .distinct()
    )
    for condition in match_subject(subject):
        rows = connection.execute(query.where(condition))
        if found := sorted(ItemKey(number, bytes(item)) for number, item in rows):
            return found
    raise refuse_unknown(subject)


def find_recorded(
    connection: sa.Connection, keys: Iterable[ItemKey], size: int | None = None
) -> Iterator[ItemKey]:
    """Yield those of some items that a standing record has."""
    records = schema.records
    for asked in split_asked(sorted(keys)):
        query = (
            sa.select(records.c.content_key, IDENTITY)
            .where(
                records.c.content_key.in_([key.content_key for key in asked]),
                IDENTITY.in_([key.item for key in asked]),
                occurring(size=size),
            )
            .distinct()
        )
        for number, item in connection.execute(query):
            yield ItemKey(number, bytes(item))
