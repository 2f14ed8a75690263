"""What the log says of the records of each batch, and the pieces they are read in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from provenance.domain import DatasetName
from provenance.errors import VerificationError
from provenance.merkle import TILE_WIDTH
from provenance.store import schema

__all__ = [
    "LoggedBatch",
    "Piece",
    "find_batch",
    "list_batches",
    "split_batch",
    "verify_counts",
]

_HINT = "Rows were removed or added without the log. Restore the ledger from a backup."
_ROWS = 256 * TILE_WIDTH
"""Records in a piece: whole tiles, and little memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedBatch:
    """What the log says of the records of one batch."""

    id: int
    dataset: DatasetName | None
    """None: the records are evidence."""
    manifest: str
    manifest_sha256: bytes
    first_row: int
    last_row: int
    first_record: int
    records: int
    root: bytes
    generated_by: int
    derived_from: int
    salted: bool


_NAMES = [name for name in LoggedBatch.__dataclass_fields__ if name != "dataset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Records that follow each other in one batch, from the start of a tile."""

    batch: LoggedBatch
    first: int
    """Id of the first record."""
    records: int


def list_batches(connection: sa.Connection) -> list[LoggedBatch]:
    """Return every batch, withdrawn ones too, by its first record.

    Raises:
        VerificationError: Two batches lay claim to the same records.
    """
    batches: list[LoggedBatch] = []
    for row in connection.execute(_select().order_by(schema.batches.c.first_record)):
        batch = _read(row)
        least = batches[-1].first_record + batches[-1].records if batches else 1
        if batch.first_record < least:
            raise VerificationError(
                f"batches, id {batch.id}, column first_record: {batch.first_record} "
                f"belongs to another batch, expected {least} or more"
            )
        batches.append(batch)
    return batches


def find_batch(connection: sa.Connection, record_id: int) -> LoggedBatch:
    """Return the batch that a record stands in.

    Raises:
        VerificationError: It stands in none.
    """
    table = schema.batches
    query = _select().where(
        table.c.first_record <= record_id,
        table.c.first_record + table.c.records > record_id,
    )
    row = connection.execute(query).first()
    if row is None:
        raise VerificationError(f"batches: record id {record_id} stands in none")
    return _read(row)


def _select() -> sa.Select[Any]:
    table, data = schema.batches, schema.datasets
    return sa.select(
        data.c.name, data.c.version, *(table.c[n] for n in _NAMES)
    ).outerjoin(data, data.c.id == table.c.dataset_id)


def _read(row: Sequence[Any]) -> LoggedBatch:
    name, version, *values = row
    return LoggedBatch(
        dataset=None if name is None else DatasetName(name, version),
        **dict(zip(_NAMES, values, strict=True)),
    )


def split_batch(
    batch: LoggedBatch, first: int | None = None, records: int | None = None
) -> Iterator[Piece]:
    """Divide records of a batch into pieces that can be hashed apart.

    Args:
        batch: What the log has of it.
        first: Id of the first record, unless all are meant.
        records: How many, unless all are meant.
    """
    begin = batch.first_record if first is None else first
    count = batch.records if records is None else records
    for start in range(0, count, _ROWS):
        yield Piece(batch=batch, first=begin + start, records=min(_ROWS, count - start))


def verify_counts(connection: sa.Connection, batches: list[LoggedBatch]) -> None:
    """Check that records, edges and salts are as many as the batches have.

    Raises:
        VerificationError: There are more, or fewer; names the table, and the row
            where one belongs to no batch.
    """
    for table, name in (
        (schema.records, "records"),
        (schema.generated_by, "generated_by"),
        (schema.derived_from, "derived_from"),
    ):
        count = sa.select(sa.func.count()).select_from(table)
        found = connection.execute(count).scalar_one()
        expected = sum(getattr(batch, name) for batch in batches)
        if found != expected:
            raise VerificationError(
                f"{table.name}: {found} rows, the log has {expected}"
                f"{_stray(connection, table, batches)}",
                hint=_HINT,
            )
    _verify_salt_count(connection, batches)


def _verify_salt_count(connection: sa.Connection, batches: list[LoggedBatch]) -> None:
    """Check that every record of a salted batch has a salt, but for erased ones."""
    salts, erased, table = schema.record_salts, schema.redactions, schema.batches
    count = sa.select(sa.func.count())
    found = connection.execute(count.select_from(salts)).scalar_one()
    joined = erased.join(table, table.c.position == erased.c.batch)
    gone = count.select_from(joined).where(table.c.salted)
    expected = sum(batch.records for batch in batches if batch.salted)
    expected -= connection.execute(gone).scalar_one()
    if found != expected:
        raise VerificationError(
            f"record_salts: {found} rows, the log has {expected}", hint=_HINT
        )


def _stray(
    connection: sa.Connection, table: sa.Table, batches: list[LoggedBatch]
) -> str:
    """Name a row whose record stands in no batch, or the first id that is missing."""
    number = table.c.id if table is schema.records else table.c.record_id
    least = 1
    for batch in batches:
        end = batch.first_record + batch.records
        between = sa.select(sa.func.min(number)).where(
            number >= least, number < batch.first_record
        )
        outside = connection.execute(between).scalar()
        if outside is not None:
            return f"; {number.name} {outside} is in no batch"
        if table is schema.records:
            inside = sa.select(sa.func.count()).where(
                number >= batch.first_record, number < end
            )
            if connection.execute(inside).scalar_one() < batch.records:
                return f"; records of batch {batch.id} are missing"
        least = end
    beyond = sa.select(sa.func.min(number)).where(sa.not_(number.between(1, least - 1)))
    outside = connection.execute(beyond).scalar()
    return "" if outside is None else f"; {number.name} {outside} is in no batch"
