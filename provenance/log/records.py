"""Hash every record and edge anew, and compare with the roots in the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.log.leaves import LEAF_SCHEMA, encode_leaves
from provenance.log.reread import reread_records
from provenance.merkle import Frontier, hash_leaves, hash_tiles
from provenance.store import schema

__all__ = ["LoggedBatch", "list_batches", "verify_batch", "verify_counts"]

_HASH_BYTES = 32
_GROUP = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedBatch:
    """What the log says of the records of one batch."""

    id: int
    manifest: str
    first_record: int
    records: int
    root: bytes
    generated_by: int
    derived_from: int


def list_batches(connection: sa.Connection) -> list[LoggedBatch]:
    """Return every batch, withdrawn ones too, by its first record."""
    table = schema.batches
    names = LoggedBatch.__dataclass_fields__
    query = sa.select(*(table.c[name] for name in names)).order_by(table.c.first_record)
    return [LoggedBatch(**row) for row in connection.execute(query).mappings()]


def verify_counts(connection: sa.Connection, batches: list[LoggedBatch]) -> None:
    """Check that records and edges are as many as the batches have.

    Raises:
        VerificationError: There are more, or fewer; names the table.
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
                f"{table.name}: {found} rows, the log has {expected}",
                hint="Rows were removed or added without the log. Restore the ledger "
                "from a backup.",
            )


def verify_batch(connection: sa.Connection, batch: LoggedBatch) -> int:
    """Hash the records of a batch anew; return how many they are.

    Raises:
        VerificationError: A record or an edge of the batch was changed; names the
            rows of the manifest among which it is.
    """
    frontier, tops, rest = Frontier(), [], []
    rows: list[int] = []
    for table in reread_records(connection, batch.first_record, batch.records):
        if set(table["batch_id"].to_pylist()) != {batch.id}:
            raise VerificationError(
                f"records: a row among those of batch {batch.id} has another batch_id"
            )
        hashes = hash_leaves(encode_leaves(table.select(LEAF_SCHEMA.names)))
        frontier = frontier.extend(hashes)
        rest += hashes
        tops += hash_tiles(rest)
        rest = rest[len(rest) // _GROUP * _GROUP :]
        rows += table["row"].to_pylist()
    if (frontier.tree_size, frontier.root()) == (batch.records, batch.root):
        return batch.records
    raise VerificationError(
        f"records of batch {batch.id}, from {batch.manifest}: they hash to "
        f"{frontier.root().hex()}, the log has {batch.root.hex()}"
        f"{_locate(connection, batch, tops, rows)}",
        hint="A record or an edge was changed without the log. Restore the ledger "
        "from a backup.",
    )


def _locate(
    connection: sa.Connection, batch: LoggedBatch, tops: list[Any], rows: list[int]
) -> str:
    """Say where the change is, to 256 records, by the tiles kept of the tree."""
    table = schema.batch_tiles
    query = (
        sa.select(table.c.hashes)
        .where(table.c.batch_id == batch.id, table.c.level == 1)
        .order_by(table.c.number)
    )
    kept = b"".join(connection.execute(query).scalars())
    for group, top in enumerate(tops):
        if kept[group * _HASH_BYTES : (group + 1) * _HASH_BYTES] != top:
            break
    else:
        group = len(tops)
    among = sorted(rows[group * _GROUP : (group + 1) * _GROUP])
    if not among:
        return ""
    first = batch.first_record + group * _GROUP
    return (
        f"; the first difference is among the records with ids {first} to "
        f"{first + len(among) - 1} (rows {among[0]} to {among[-1]} of the manifest)"
    )
