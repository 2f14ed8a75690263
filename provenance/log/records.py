"""Compare what the records of a batch hash to with what the log has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.log.batches import LoggedBatch
from provenance.log.tree import BatchTree
from provenance.merkle import TILE_WIDTH
from provenance.store import schema

__all__ = ["verify_edge_counts", "verify_tile_count", "verify_tree"]

_HASH_BYTES = 32
_HINT = (
    "A record or an edge was changed without the log. Restore the ledger from a backup."
)


def verify_tree(connection: sa.Connection, batch: LoggedBatch, tree: BatchTree) -> None:
    """Check the tree over the records of a batch, and the tiles kept of it.

    Raises:
        VerificationError: The root is not the one in the log; names the records among
            which the change is, by the tiles. Or a tile is not the tree's.
    """
    stored = _load_tiles(connection, batch.id)
    if (tree.size, tree.root) != (batch.records, batch.root):
        raise VerificationError(
            f"records of batch {batch.id}, from {batch.manifest}: they hash to "
            f"{tree.root.hex()}, the log has {batch.root.hex()}"
            f"{_locate(connection, batch, tree, stored)}",
            hint=_HINT,
        )
    hashed = {(path.level, path.index): tile for path, tile in tree.tiles}
    for level, number in sorted(hashed.keys() | stored.keys()):
        if hashed.get((level, number)) != stored.get((level, number)):
            raise VerificationError(
                f"batch_tiles, batch_id {batch.id}, level {level}, number {number}: "
                "the tile is not what the records hash to",
                hint="The tile was changed, removed or added without the log.",
            )


def verify_edge_counts(batch: LoggedBatch, edges: Mapping[str, int]) -> None:
    """Check that the records of a batch have as many edges as the log says.

    Raises:
        VerificationError: There are more, or fewer; names the table.
    """
    for name in ("generated_by", "derived_from"):
        found, expected = edges.get(name, 0), getattr(batch, name)
        if found != expected:
            raise VerificationError(
                f"{name}: {found} edges of batch {batch.id}, the log has {expected}",
                hint=_HINT,
            )


def verify_tile_count(
    connection: sa.Connection, batches: Sequence[LoggedBatch]
) -> None:
    """Check that no tile belongs to a batch that is not there.

    Raises:
        VerificationError: One does.
    """
    table = schema.batch_tiles
    known = {batch.id for batch in batches}
    for number in connection.execute(sa.select(table.c.batch_id).distinct()).scalars():
        if number not in known:
            raise VerificationError(
                f"batch_tiles, batch_id {number}: there is no such batch",
                hint="Tiles were added without the log.",
            )


def _load_tiles(
    connection: sa.Connection, batch_id: int
) -> dict[tuple[int, int], bytes]:
    table = schema.batch_tiles
    query = sa.select(table.c.level, table.c.number, table.c.hashes).where(
        table.c.batch_id == batch_id
    )
    return {
        (row.level, row.number): bytes(row.hashes) for row in connection.execute(query)
    }


def _locate(
    connection: sa.Connection,
    batch: LoggedBatch,
    tree: BatchTree,
    stored: dict[tuple[int, int], bytes],
) -> str:
    """Say where the change is, to 256 records, by the tiles kept of the tree."""
    found = _tops({(path.level, path.index): tile for path, tile in tree.tiles})
    kept = _tops(stored)
    group = next(
        (place for place, top in enumerate(found) if kept[place : place + 1] != [top]),
        len(found),
    )
    first = batch.first_record + group * TILE_WIDTH
    end = min(first + TILE_WIDTH, batch.first_record + batch.records)
    table = schema.records
    query = (
        sa.select(table.c.id, table.c.row)
        .where(table.c.id >= first, table.c.id < end)
        .order_by(table.c.id)
    )
    among = [tuple(row) for row in connection.execute(query)]
    if not among:
        return ""
    for number, row in among:
        if not batch.first_row <= row <= batch.last_row:
            return (
                f"; records, id {number}, column row: {row}, the batch has rows "
                f"{batch.first_row} to {batch.last_row} of the manifest"
            )
    rows = [row for _, row in among]
    return (
        f"; the first difference is among the records with ids {first} to {end - 1} "
        f"(rows {min(rows)} to {max(rows)} of the manifest), in their edges and salts "
        "(generated_by, derived_from, record_salts), or in the sources, media_types, "
        "origins or derivations they point to"
    )


def _tops(tiles: dict[tuple[int, int], bytes]) -> list[bytes]:
    """The roots of each 256 leaves, from the tiles of level 1."""
    joined = b"".join(tiles[key] for key in sorted(tiles) if key[0] == 1)
    return [
        joined[start : start + _HASH_BYTES]
        for start in range(0, len(joined), _HASH_BYTES)
    ]
