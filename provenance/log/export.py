"""Write the log as static files that any C2SP tool can audit.

https://c2sp.org/tlog-tiles::

    checkpoint                        the newest signed checkpoint
    tile/<L>/<N>[.p/<W>]              hashes of the tree over the entries
    tile/entries/<N>[.p/<W>]          the entries, 256 to a file
    batch/<P>/tile/<L>/<N>[.p/<W>]    hashes of the tree over the records of the batch
                                      at position P, in the same form; no contents

A file that has a tile's name never changes: one that is there already must hold the
same bytes. The checkpoint is replaced last, by an atomic rename, so that whoever reads
it finds every tile it needs.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa

from provenance.errors import VerificationError, say_unwritable
from provenance.log.batch_hashes import iter_leaf_hashes, read_batch_tile
from provenance.log.batches import list_batches
from provenance.log.cosignatures import load_checkpoint
from provenance.log.prove import hash_entries
from provenance.merkle import (
    LeafHash,
    TilePath,
    format_bundle,
    format_bundle_path,
    format_note,
    format_tile_path,
    grow_tiles,
    hash_tree,
    iter_bundle_paths,
    iter_tile_paths,
    parse_checkpoint,
    parse_note,
)
from provenance.store import schema

__all__ = ["Exported", "export_log"]

_CHECKPOINT = "checkpoint"
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export came to."""

    origin: str
    entries: int
    """Entries under the checkpoint that was written."""
    written: int
    """Files that are new."""
    kept: int
    """Files that were there already, with the same bytes."""

    def to_dict(self) -> dict[str, str | int]:
        """The outcome as JSON values; the format of ``log export --json``."""
        return asdict(self)


def export_log(
    connection: sa.Connection, folder: Path, *, batches: bool = False
) -> Exported:
    """Write the log below its newest checkpoint; only what is new.

    Args:
        connection: An open transaction.
        folder: Where the files go; made if it is not there.
        batches: Write the hashes of every batch's tree too.

    Raises:
        LedgerStateError: Nothing is signed yet, or a file cannot be written.
        VerificationError: The ledger is not what its checkpoint says, or the folder
            holds another history; the checkpoint there stays as it was.
    """
    note = load_checkpoint(connection)
    checkpoint = parse_checkpoint(note.text)
    size = checkpoint.head.tree_size
    hashes = hash_entries(connection, size)
    if (len(hashes), hash_tree(hashes)) != (size, checkpoint.head.root):
        raise VerificationError(
            f"the entries do not make the root of the checkpoint of {size} entries",
            hint="Run: provenance verify",
        )
    _verify_folder(folder, str(checkpoint.origin), hashes)
    files = _Files(folder)
    for path, octets in grow_tiles(hashes):
        files.place(format_tile_path(path), octets)
    for name, octets in _iter_bundles(connection, size):
        files.place(name, octets)
    if batches:
        _export_batches(connection, files, size)
    files.replace(_CHECKPOINT, format_note(note))
    return Exported(
        origin=str(checkpoint.origin),
        entries=size,
        written=files.written,
        kept=files.kept,
    )


def _verify_folder(folder: Path, origin: str, hashes: list[LeafHash]) -> None:
    """Refuse a folder whose checkpoint is not one of this log's past."""
    try:
        octets = (folder / _CHECKPOINT).read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise say_unwritable(folder / _CHECKPOINT, error) from error
    found = parse_checkpoint(parse_note(octets).text)
    head = found.head
    known = head.tree_size <= len(hashes)
    if found.origin == origin and known:
        known = hash_tree(hashes[: head.tree_size]) == head.root
    if found.origin != origin or not known:
        raise VerificationError(
            f"{folder} holds the log {found.origin} of {head.tree_size} entries, of "
            f"which this one, {origin} of {len(hashes)} entries, is no continuation",
            hint="Keep that checkpoint: it is evidence. Export to an empty folder.",
        )


def _iter_bundles(connection: sa.Connection, size: int) -> Iterator[tuple[str, bytes]]:
    table = schema.log_entries
    start = 0
    for path in iter_bundle_paths(size):
        query = (
            sa.select(table.c.entry)
            .where(table.c.position >= start, table.c.position < start + path.width)
            .order_by(table.c.position)
        )
        entries = connection.execute(query).scalars().all()
        yield format_bundle_path(path), format_bundle(entries)
        start += path.width


def _export_batches(connection: sa.Connection, files: _Files, size: int) -> None:
    table = schema.batches
    positions = sa.select(table.c.id, table.c.position).where(table.c.position < size)
    places = {row.id: row.position for row in connection.execute(positions)}
    for batch in list_batches(connection):
        if batch.id not in places or not batch.records:
            continue
        prefix = f"batch/{places[batch.id]}/"
        tiles = list(iter_tile_paths(batch.records))
        lowest = [tile for tile in tiles if not tile.level]
        if tiles[-1].level and all(files.has(prefix, tile) for tile in lowest):
            # The tiles above are kept in the ledger: no record is hashed again.
            read_tile = read_batch_tile(connection, batch)
            for path in tiles[len(lowest) :]:
                files.place(prefix + format_tile_path(path), read_tile(path))
            continue
        parts = iter_leaf_hashes(connection, batch)
        hashes = [node for part in parts for node in part]
        if hash_tree(hashes) != batch.root:
            raise VerificationError(
                f"the records of batch {batch.id} do not make its root",
                hint="Run: provenance verify --deep",
            )
        for path, octets in grow_tiles(hashes):
            files.place(prefix + format_tile_path(path), octets)


class _Files:
    """Writes files below a folder so that a crash leaves whole ones only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.written = 0
        self.kept = 0

    def has(self, prefix: str, tile: TilePath) -> bool:
        """Whether a tile is there, as long as its hashes."""
        path = self._folder / (prefix + format_tile_path(tile))
        try:
            return path.stat().st_size == tile.width * _HASH_BYTES
        except FileNotFoundError:
            return False
        except OSError as error:
            raise say_unwritable(path, error) from error

    def place(self, name: str, octets: bytes) -> None:
        """Write a file whose content never changes."""
        path = self._folder / name
        try:
            found = path.read_bytes() if path.exists() else None
        except OSError as error:
            raise say_unwritable(path, error) from error
        if found is None:
            self.replace(name, octets)
            self.written += 1
        elif found == octets:
            self.kept += 1
        else:
            raise VerificationError(
                f"{path} is there already and holds other bytes than this ledger's",
                hint="A tile never changes: one of the two was tampered with.",
            )

    def replace(self, name: str, octets: bytes) -> None:
        """Write a file by an atomic rename, and make it durable."""
        path = self._folder / name
        passing = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with passing.open("xb") as file:
                    file.write(octets)
                    file.flush()
                    os.fsync(file.fileno())
                passing.replace(path)
            finally:
                passing.unlink(missing_ok=True)
            _sync(path.parent)
        except OSError as error:
            raise say_unwritable(path, error) from error


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
