"""Records whose name and URL were erased: what stands for their leaves.

A redaction is a log entry. It names each record by its batch and place, the hash of the
leaf that the batch's root was made of, and the hash of what remains of it: the same
fields without name, URL and salt. So the tree stays whole, and what remains cannot be
changed either. That the erased fields were the ones once logged is shown to whoever
still holds them, by hashing; the ledger's owner alone vouches that ``remains`` belongs
to ``leaf``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.log.batches import Piece
from provenance.log.shared import Read
from provenance.merkle import LeafHash
from provenance.merkle.tree import Hash
from provenance.store import schema

__all__ = ["Redaction", "put_leaves_back", "read_redactions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """What stands for the leaf of an erased record."""

    item: bytes | None
    leaf: LeafHash
    remains: LeafHash


def read_redactions(read: Read, piece: Piece) -> dict[int, Redaction]:
    """Return the redactions among the records of a piece, by place in the piece."""
    table, batches = schema.redactions, schema.batches
    start = piece.first - piece.batch.first_record
    kept = pa.schema(
        [
            pa.field("leaf_index", pa.int64(), nullable=False),
            pa.field("item", pa.binary()),
            pa.field("leaf", pa.binary(), nullable=False),
            pa.field("remains", pa.binary(), nullable=False),
        ]
    )
    query = (
        sa.select(*(table.c[name] for name in kept.names))
        .join(batches, batches.c.position == table.c.batch)
        .where(
            batches.c.id == piece.batch.id,
            table.c.leaf_index >= start,
            table.c.leaf_index < start + piece.records,
        )
    )
    return {
        row["leaf_index"] - start: Redaction(
            item=row["item"],
            leaf=LeafHash(Hash(row["leaf"])),
            remains=LeafHash(Hash(row["remains"])),
        )
        for rows in read(query, kept)
        for row in rows.to_pylist()
    }


def put_leaves_back(
    hashes: list[LeafHash], redactions: Mapping[int, Redaction], first: int
) -> list[LeafHash]:
    """Return the hashes of a piece as they were logged.

    Args:
        hashes: Of the records as they are stored.
        redactions: By place in the piece.
        first: Id of the first record.

    Raises:
        VerificationError: What remains of an erased record is not what remained.
    """
    whole = list(hashes)
    for place, redaction in redactions.items():
        if whole[place] != redaction.remains:
            raise VerificationError(
                f"records, id {first + place}: it was erased, and is not what remained "
                "of it then; the change is in it, in its edges and salt (generated_by, "
                "derived_from, record_salts), or in the media_types, origins or "
                "derivations they point to",
                hint="Something was changed after the erasure, without the log.",
            )
        whole[place] = redaction.leaf
    return whole
