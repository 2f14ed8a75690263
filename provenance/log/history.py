"""The tree under a checkpoint: from the ledger, or from a folder of static files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provenance.errors import LedgerStateError, VerificationError
from provenance.merkle import (
    LeafHash,
    RootHash,
    SubtreeHash,
    TilePath,
    TreeHead,
    format_tile_path,
    hash_range,
    lookup_leaves,
    lookup_tiles,
    parse_checkpoint,
    parse_note,
    prove_consistency,
)
from provenance.merkle.note import Note
from provenance.merkle.tree import Hash

__all__ = ["Branch", "open_folder"]


class Branch:
    """A tree of which every older root and every consistency proof can be told."""

    def __init__(self, lookup: SubtreeHash, note: Note) -> None:
        self._lookup = lookup
        self.note = note
        self.head: TreeHead = parse_checkpoint(note.text).head

    @classmethod
    def of_leaves(cls, hashes: Sequence[LeafHash], note: Note) -> Branch:
        """Make it from the hashes of all entries under a checkpoint."""
        return cls(lookup_leaves(hashes), note)

    def has(self, head: TreeHead) -> bool:
        """Tell whether a tree head is one of this tree's past."""
        size = head.tree_size
        return size <= self.head.tree_size and self.root(size) == head.root

    def root(self, size: int) -> RootHash:
        """Return the root of the first entries."""
        return RootHash(hash_range(self._lookup, 0, size))

    def prove(self, older: int, newer: int) -> tuple[RootHash, tuple[Hash, ...]]:
        """Return the root of an older size, and the proof from it to a newer one."""
        path = prove_consistency(self._lookup, older_size=older, newer_size=newer)
        return self.root(older), path


def open_folder(folder: Path) -> Branch:
    """Read a log that was exported, as far as its checkpoint goes; trust nothing.

    Raises:
        LedgerStateError: There is no checkpoint.
        VerificationError: It is not one. (Later: a tile is missing or damaged.)
    """
    try:
        note = parse_note((folder / "checkpoint").read_bytes())
    except OSError as error:
        raise LedgerStateError(
            f"{folder} holds no exported log: {error.strerror}",
            hint="Write one with: provenance log export DIR",
        ) from error
    size = parse_checkpoint(note.text).head.tree_size

    def read_tile(path: TilePath) -> bytes:
        try:
            return (folder / format_tile_path(path)).read_bytes()
        except OSError as error:
            raise VerificationError(
                f"{folder}: {format_tile_path(path)} cannot be read: {error.strerror}"
            ) from error

    return Branch(lookup_tiles(read_tile, tree_size=size), note)
