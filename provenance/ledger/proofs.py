"""A ledger that proves to outsiders what it holds."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from provenance.errors import NotRecordedError
from provenance.ledger.transactions import Transactions
from provenance.log.export import Exported, export_log
from provenance.log.proof import Proof
from provenance.log.prove import prove_entry, prove_record
from provenance.query import find_items
from provenance.query.items import standing
from provenance.store import schema

__all__ = ["Proofs"]

_PLACE = re.compile(r"(0|[1-9][0-9]{0,17})(?::(0|[1-9][0-9]{0,17}))?")

_ITEMS_ASKED = 500


class Proofs(Transactions):
    """Makes proofs of records and entries."""

    def prove(self, subject: str) -> Proof:
        """Prove that a record, or an entry of the log, was recorded.

        Args:
            subject: ``POSITION`` of a log entry; ``POSITION:INDEX`` of a record in
                its batch; or a digest, a name, ``DATASET#NAME`` or a URL: of the
                records that have it, the one logged first.

        Raises:
            LedgerStateError: No signed checkpoint covers it.
            NotRecordedError: Nothing of that name or place is recorded.
            VerificationError: The ledger is not what its log says.
        """
        with self._reading() as connection:
            place = _PLACE.fullmatch(subject.strip())
            if place and place[2] is None:
                return prove_entry(connection, int(place[1]))
            if place:
                return prove_record(connection, int(place[1]), int(place[2]))
            return prove_record(connection, *_find_record(connection, subject.strip()))

    def export(self, folder: Path, *, batches: bool = False) -> Exported:
        """Write the log as static C2SP files, as far as its newest checkpoint goes.

        Args:
            folder: Where the files go; what is there already is not written again.
            batches: Write the hashes of every batch's tree too.

        Raises:
            LedgerStateError: Nothing is signed yet, or a file cannot be written.
            VerificationError: Ledger, checkpoint and folder do not agree.
        """
        with self._reading() as connection:
            return export_log(connection, folder, batches=batches)


def _find_record(connection: sa.Connection, subject: str) -> tuple[int, int]:
    """Return batch position and leaf index of the first record of a subject."""
    records, batches, datasets = schema.records, schema.batches, schema.datasets
    sources = schema.sources
    identity = sa.func.coalesce(records.c.item, records.c.digest)
    items = find_items(connection, subject)
    head, _, name = subject.partition("#")
    url = sa.func.coalesce(sources.c.prefix, "").concat(records.c.path)
    named = sa.or_(
        records.c.name == subject,
        url == subject,
        sa.and_(records.c.name == name, datasets.c.name == head.partition("@")[0]),
    )
    place = sa.case((named, 0), else_=1), batches.c.position, records.c.id
    query = sa.select(*place, batches.c.first_record).select_from(
        records.join(batches, batches.c.id == records.c.batch_id)
        .join(datasets, datasets.c.id == batches.c.dataset_id)
        .outerjoin(sources, sources.c.id == records.c.source_id)
    )
    found = []
    for start in range(0, len(items), _ITEMS_ASKED):
        asked = items[start : start + _ITEMS_ASKED]
        first = connection.execute(
            query.where(
                records.c.content_key.in_([item.content_key for item in asked]),
                identity.in_([item.item for item in asked]),
                standing(),
            )
            .order_by(*place)
            .limit(1)
        ).first()
        found += [tuple(first)] if first is not None else []
    if not found:
        raise NotRecordedError(f"nothing is recorded under {subject!r}")
    _, position, number, first_record = min(found)
    return int(position), int(number - first_record)
