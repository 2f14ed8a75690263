"""List the batches of manifests, and take back those that were wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from provenance.domain import DatasetName
from provenance.errors import LedgerStateError, NotRecordedError
from provenance.ledger.facts import record_withdrawal
from provenance.ledger.impact import Done
from provenance.ledger.stated import follow_withdrawn
from provenance.lineage import open_lineage
from provenance.log import log_size
from provenance.store import schema
from provenance.store.facts import load_models
from provenance.store.given import give_values
from provenance.store.standing import standing

__all__ = ["list_recorded", "take_back_batches"]


def list_recorded(
    connection: sa.Connection, dataset: DatasetName | None = None
) -> list[dict[str, Any]]:
    """Return every batch in the order of the log, those that were withdrawn too.

    Args:
        connection: An open transaction.
        dataset: Only those of this dataset version; of all versions if it has none.
    """
    batches, names = schema.batches, schema.datasets
    entries, gone = schema.log_entries, schema.withdrawals
    query = (
        sa.select(
            batches.c.position,
            names.c.name.label("dataset"),
            names.c.version,
            batches.c.manifest,
            batches.c.reader,
            batches.c.first_row,
            batches.c.last_row,
            batches.c.complete,
            batches.c.records,
            batches.c.quarantined,
            batches.c.facts,
            entries.c.recorded_at,
            gone.c.position.label("withdrawn"),
            gone.c.why,
        )
        .outerjoin(names, names.c.id == batches.c.dataset_id)
        .join(entries, entries.c.position == batches.c.position)
        .outerjoin(gone, gone.c.withdrawn == batches.c.position)
        .order_by(batches.c.position)
    )
    if dataset is not None:
        query = query.where(names.c.name == dataset.name)
        if dataset.version:
            query = query.where(names.c.version == dataset.version)
    return [dict(row) for row in connection.execute(query).mappings()]


def take_back_batches(
    connection: sa.Connection, positions: Sequence[int], why: str, now: int
) -> Done:
    """Withdraw batches, with the facts that stand behind them, and follow that.

    Args:
        connection: A writing transaction.
        positions: Their log positions.
        why: Said in the log.
        now: Microseconds since 1970 UTC.

    Raises:
        NotRecordedError: No batch was logged at one of them, or there is none of them.
        LedgerStateError: One of them was withdrawn before.
    """
    wanted = list(dict.fromkeys(positions))
    if not wanted:
        raise NotRecordedError(
            "no batch is named that is to be withdrawn",
            hint="Give its log position. See: provenance batch list",
        )
    found = [_find(connection, position) for position in wanted]
    numbers = [number for number, _ in found]
    before = load_models(connection)
    taken = [
        position
        for first, (_, facts) in zip(wanted, found, strict=True)
        for position in range(first, first + 1 + facts)
    ]
    position = record_withdrawal(connection, taken, why, now)
    with open_lineage() as lineage:
        lineage.withdraw(connection, numbers, position)
        if len(taken) > len(wanted):
            follow_withdrawn(connection, taken, before, position, lineage)
    listed = ", ".join(map(str, wanted))
    plural = "" if len(wanted) == 1 else "es"
    return Done(
        subject=f"the batch{plural} at log position {listed}",
        position=position,
        note=_say_rest(connection, numbers),
    )


def _say_rest(connection: sa.Connection, numbers: Sequence[int]) -> str | None:
    """Tell which batches of the same manifests stand yet, if any do."""
    batches = schema.batches
    file = (batches.c.dataset_id, batches.c.manifest_sha256)
    gone = give_values(connection, "gone", sa.BigInteger(), numbers)
    files = sa.select(*file).where(batches.c.id.in_(gone)).distinct()
    query = (
        sa.select(batches.c.position)
        .where(sa.tuple_(*file).in_(files), standing(batches.c.id))
        .order_by(batches.c.position)
    )
    left = ", ".join(map(str, connection.execute(query).scalars()))
    return f"of the same manifest these still stand: {left}" if left else None


def _find(connection: sa.Connection, position: int) -> tuple[int, int]:
    """Return id and number of facts of a batch that stands, by its log position."""
    batches, gone = schema.batches, schema.withdrawals
    query = (
        sa.select(batches.c.id, batches.c.facts, gone.c.position, gone.c.why)
        .outerjoin(gone, gone.c.withdrawn == batches.c.position)
        .where(batches.c.position == position)
    )
    # No database takes a number beyond the log for a place in it.
    row = None
    if 0 <= position < log_size(connection):
        row = connection.execute(query).first()
    if row is None:
        raise NotRecordedError(
            f"no batch was logged at position {position}",
            hint="See: provenance batch list",
        )
    if row.position is not None:
        raise LedgerStateError(
            f"the batch at log position {position} was withdrawn at {row.position}: "
            f"{row.why}"
        )
    return int(row.id), int(row.facts)
