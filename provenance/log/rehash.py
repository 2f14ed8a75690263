"""Hash a piece of a batch anew from what the database holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.domain.digests import multihash_prefix
from provenance.log.fields import leaf_fields
from provenance.log.many import hash_fields, hash_tops
from provenance.log.redactions import put_leaves_back
from provenance.log.shared import Shared
from provenance.log.stored import StoredPiece
from provenance.merkle import TILE_WIDTH, Hash, LeafHash, hash_tiles

__all__ = ["WEAK_PREFIXES", "HashedPiece", "hash_piece"]

WEAK_PREFIXES = (multihash_prefix("sha1"), multihash_prefix("md5"))
"""How digests begin that find a content and do not prove it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedPiece:
    """What the records of a piece hash to."""

    tops: list[Hash]
    """The root of each 256 leaves."""
    rest: list[LeafHash]
    """The hashes of the leaves after them, at the end of a batch."""
    edges: dict[str, int]
    """How many edges the records have, by table."""
    used: dict[str, list[int]]
    """Ids of the shared rows that records and edges point to, by table."""
    weak: int
    """Records known by a digest that finds a content and does not prove it."""


def hash_piece(stored: StoredPiece, shared: Shared) -> HashedPiece:
    """Hash the records of a piece with their edges.

    Raises:
        VerificationError: A pointer leads nowhere, or a column that no leaf holds is
            not as the leaf's fields have it; names table, record and column.
    """
    tops, rest = _hash(leaf_fields(stored, shared), stored)
    records, made = stored.records, stored.generated_by
    derived = stored.derived_from
    return HashedPiece(
        tops=tops,
        rest=rest,
        edges={"generated_by": len(made), "derived_from": len(derived)},
        used={
            "sources": _distinct(records.column("source_id")),
            "media_types": _distinct(records.column("media_type_id")),
            "origins": _distinct(made.column("origin_id")),
            "derivations": _distinct(derived.column("derivation_id")),
        },
        weak=_count_weak(records),
    )


def _hash(
    fields: pa.RecordBatch, stored: StoredPiece
) -> tuple[list[Hash], list[LeafHash]]:
    if not stored.redactions:
        return hash_tops(fields)
    hashes = put_leaves_back(hash_fields(fields), stored.redactions, stored.piece.first)
    return hash_tiles(hashes), hashes[len(hashes) // TILE_WIDTH * TILE_WIDTH :]


def _count_weak(records: pa.RecordBatch) -> int:
    digests, items = records.column("digest"), records.column("item")
    weak = pc.or_(*(pc.starts_with(digests, prefix) for prefix in WEAK_PREFIXES))
    counted: int | None = pc.sum(pc.and_(weak, pc.is_null(items))).as_py()
    return counted or 0


def _distinct(ids: pa.Array[Any]) -> list[int]:
    found: list[int] = pc.unique(ids).drop_null().to_pylist()
    return found
