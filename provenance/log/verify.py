"""Hash the log anew, and check its head and every checkpoint over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.log.append import load_frontier
from provenance.log.entries import parse_entry
from provenance.merkle import (
    Frontier,
    VerifierKey,
    hash_leaf,
    open_checkpoint,
    parse_verifier_key,
)
from provenance.store import schema

__all__ = ["LogState", "verify_log"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """What a verified log comes to."""

    size: int
    root: bytes
    signed: int
    """Checkpoints whose signature was verified."""
    signed_size: int | None
    """Entries under the newest of them; None when there is none."""
    keys: tuple[str, ...]
    """Verifier keys that the log itself names, oldest first."""


def verify_log(
    connection: sa.Connection, pinned: VerifierKey | None = None
) -> LogState:
    """Hash the log anew and check every checkpoint over it.

    Args:
        connection: An open transaction.
        pinned: The log's key, known from elsewhere; without it the keys that the
            log names are used, which proves less.

    Raises:
        VerificationError: Entries, head and checkpoints do not agree.
    """
    checkpoints = {
        row.size: row for row in connection.execute(sa.select(schema.checkpoints))
    }
    keys: list[str] = []
    signed: list[int] = []
    frontier = Frontier()
    _verify_checkpoint(checkpoints.pop(0, None), frontier, keys, pinned, signed)
    entries = schema.log_entries
    query = sa.select(entries.c.position, entries.c.entry).order_by(entries.c.position)
    for row in connection.execute(query):
        if row.position != frontier.tree_size:
            raise VerificationError(
                f"log_entries: after position {frontier.tree_size - 1} follows "
                f"{row.position}: an entry was removed or added"
            )
        if not isinstance(row.entry, bytes):
            raise VerificationError(f"log_entries: position {row.position} is no bytes")
        frontier = frontier.append(hash_leaf(row.entry))
        kind, body = _parse(row.position, row.entry)
        stored = checkpoints.pop(frontier.tree_size, None)
        if kind == "key":
            keys.append(_named_key(row.position, body))
            if stored is None:
                raise VerificationError(
                    f"checkpoints: none of {frontier.tree_size} entries, though the "
                    "last of them names a key, which is signed at once",
                    hint="Signatures were removed.",
                )
        _verify_checkpoint(stored, frontier, keys, pinned, signed)
    _verify_one_head(connection)
    head = load_frontier(connection)
    if (head.tree_size, head.root()) != (frontier.tree_size, frontier.root()):
        raise VerificationError(
            f"log_state: the head is {head.tree_size} entries, root "
            f"{head.root().hex()}; the entries make {frontier.tree_size}, root "
            f"{frontier.root().hex()}",
            hint="Entries were changed, removed or added without the log.",
        )
    if checkpoints:
        raise VerificationError(
            f"checkpoints: one of {max(checkpoints)} entries is signed, the log has "
            f"only {frontier.tree_size}",
            hint="Entries were removed from the end of the log.",
        )
    return LogState(
        size=frontier.tree_size,
        root=frontier.root(),
        signed=len(signed),
        signed_size=max(signed, default=None),
        keys=tuple(keys),
    )


def _parse(position: int, entry: bytes) -> tuple[str, dict[str, Any]]:
    try:
        return parse_entry(entry)
    except VerificationError as error:
        raise VerificationError(
            f"log_entries, position {position}, column entry: {error.message}"
        ) from error


def _named_key(position: int, body: dict[str, Any]) -> str:
    key = body.get("key")
    if isinstance(key, str):
        parse_verifier_key(key)
        return key
    raise VerificationError(f"log_entries: position {position} names no key")


def _verify_one_head(connection: sa.Connection) -> None:
    ids = list(connection.execute(sa.select(schema.log_state.c.id)).scalars())
    if ids not in ([], [1]):
        raise VerificationError(
            f"log_state: the head must be one row with id 1, found {ids}"
        )


def _verify_checkpoint(
    stored: Any,
    frontier: Frontier,
    keys: Sequence[str],
    pinned: VerifierKey | None,
    signed: list[int],
) -> None:
    if stored is None:
        return
    if stored.root != frontier.root():
        raise VerificationError(
            f"checkpoints: the root of {stored.size} entries is stored as "
            f"{stored.root.hex()}, the entries make {frontier.root().hex()}"
        )
    if stored.note is None:
        raise VerificationError(
            f"checkpoints, size {stored.size}, column note: there is no signed note"
        )
    candidates = [pinned] if pinned else [parse_verifier_key(key) for key in keys]
    faults = []
    for key in candidates:
        try:
            head = open_checkpoint(stored.note.encode(), key).head
        except VerificationError as error:
            faults.append(error.message)
            continue
        if (head.tree_size, head.root) != (stored.size, stored.root):
            raise VerificationError(
                f"checkpoints: the note of {stored.size} entries is about others"
            )
        signed.append(stored.size)
        return
    raise VerificationError(
        f"checkpoints: the signature over {stored.size} entries does not verify: "
        f"{'; '.join(faults) or 'the log names no key'}"
    )
