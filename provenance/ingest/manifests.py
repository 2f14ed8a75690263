"""Find what was already recorded of a manifest."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from provenance.store import schema

__all__ = ["EarlierManifest", "find_manifests"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierManifest:
    """A manifest that stands in the ledger for a dataset version."""

    path: str
    sha256: bytes
    size: int
    """Bytes of the file."""
    mapping: str
    last_row: int
    quarantined: int
    """Rows of its batches that were set aside."""
    complete: bool
    """Whether its last batch stands."""
    positions: tuple[int, ...]
    """Log positions of its batches, and of the facts that stand behind them."""
    batches: tuple[int, ...]
    """Ids of its batches."""


def find_manifests(
    connection: sa.Connection, dataset_id: int | None, path: str, sha256: bytes
) -> list[EarlierManifest]:
    """Return standing manifests of a dataset, or of evidence, by path or bytes.

    In the order in which they were recorded. Without a dataset: of those that belong
    to none.
    """
    batches, withdrawals = schema.batches, schema.withdrawals
    query = (
        sa.select(batches)
        .where(
            batches.c.dataset_id == dataset_id,
            sa.or_(batches.c.manifest == path, batches.c.manifest_sha256 == sha256),
            batches.c.position.not_in(sa.select(withdrawals.c.withdrawn)),
        )
        .order_by(batches.c.position)
    )
    grouped: dict[tuple[str, bytes, str], list[sa.Row[tuple[object, ...]]]] = {}
    for row in connection.execute(query):
        key = (row.manifest, row.manifest_sha256, row.mapping)
        grouped.setdefault(key, []).append(row)
    return [
        EarlierManifest(
            path=rows[0].manifest,
            sha256=rows[0].manifest_sha256,
            size=rows[0].manifest_bytes,
            mapping=rows[0].mapping,
            last_row=max(row.last_row for row in rows),
            quarantined=sum(row.quarantined for row in rows),
            complete=any(row.complete for row in rows),
            positions=tuple(
                position
                for row in rows
                for position in range(row.position, row.position + 1 + row.facts)
            ),
            batches=tuple(row.id for row in rows),
        )
        for rows in grouped.values()
    ]
