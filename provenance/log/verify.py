"""Hash the log anew, and check its head and every checkpoint over it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.log.append import load_frontier
from provenance.log.entries import parse_entry
from provenance.merkle import (
    Frontier,
    VerifierKey,
    format_verifier_key,
    hash_leaf,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
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


@dataclass(slots=True, kw_only=True)
class _Signers:
    """Whose signatures count, as far as the log has been read."""

    trusted: list[VerifierKey]
    """Keys known from elsewhere, with those that they were rotated to."""
    named: list[VerifierKey] = field(default_factory=list)
    """Keys that the log names, oldest first."""
    signed: list[int] = field(default_factory=list)
    """Sizes whose checkpoint is signed by one of them."""
    newest: VerifierKey | None = None
    """Who signed the last of these."""

    def add(self, key: VerifierKey, previous: VerifierKey | None, note: str) -> None:
        """Take a key that the log names, and trust it in the place of a trusted one.

        Raises:
            VerificationError: It is not rotated from the newest key of the log, or
                the two did not both sign that; the first need only sign itself.
        """
        newest = self.named[-1] if self.named else None
        if previous != newest:
            raise VerificationError(
                f"log_entries: the key {format_verifier_key(key)} is not rotated from "
                "the newest that the log names before it",
                hint="Another key was put in the place of the log's.",
            )
        signers = [key] if previous is None else [previous, key]
        if faults := [fault for by in signers for fault in _list_faults(note, by)]:
            raise VerificationError(
                f"checkpoints: the entry of the key {format_verifier_key(key)} is not "
                f"signed by {'it' if previous is None else 'both the old and the new'}"
                f": {'; '.join(faults)}",
                hint="Another key was put in the place of the log's.",
            )
        self.named.append(key)
        if previous in self.trusted:
            self.trusted = [known for known in self.trusted if known != previous]
            self.trusted.append(key)


def verify_log(
    connection: sa.Connection, pinned: Iterable[VerifierKey] = ()
) -> LogState:
    """Hash the log anew and check every checkpoint over it.

    A checkpoint covers all that is before it, so with pinned keys the newest one is
    what must be by such a key, or by one it was rotated to; the earlier ones may be
    by any key that the log names. The log names a first key, and then only such as the
    one before them signed, too.

    Args:
        connection: An open transaction.
        pinned: Keys of the log, known from elsewhere; without them the keys that the
            log names are used, which proves less.

    Raises:
        VerificationError: Entries, head and checkpoints do not agree.
    """
    checkpoints = {
        row.size: row for row in connection.execute(sa.select(schema.checkpoints))
    }
    signers = _Signers(trusted=list(pinned))
    known = bool(signers.trusted)
    frontier = Frontier()
    _verify_checkpoint(checkpoints.pop(0, None), frontier, signers)
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
        stored: Any = checkpoints.pop(frontier.tree_size, None)
        if kind == "key":
            if stored is None:
                raise VerificationError(
                    f"checkpoints: none of {frontier.tree_size} entries, though the "
                    "last of them names a key, which is signed at once",
                    hint="Signatures were removed.",
                )
            _add_key(signers, row.position, body, stored.note)
        _verify_checkpoint(stored, frontier, signers)
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
    if known:
        _verify_signer(signers)
    return LogState(
        size=frontier.tree_size,
        root=frontier.root(),
        signed=len(signers.signed),
        signed_size=max(signers.signed, default=None),
        keys=tuple(format_verifier_key(key) for key in signers.named),
    )


def _verify_signer(signers: _Signers) -> None:
    """See that the newest checkpoint is by a key that is known from elsewhere."""
    newest = signers.newest
    if newest is None:
        raise VerificationError(
            "checkpoints: there is none, though a key of the log is given",
            hint="Signatures were removed, or this is another log. One that was never "
            "signed is verified without a key.",
        )
    if newest not in signers.trusted:
        raise VerificationError(
            f"checkpoints: the newest, over {max(signers.signed)} entries, is signed "
            f"by the key {format_verifier_key(newest)}, which is none of the "
            "keys given and none that they were rotated to",
            hint="Another key was put in the place of the log's; or the log was "
            "signed with a key that had been rotated.",
        )


def _parse(position: int, entry: bytes) -> tuple[str, dict[str, Any]]:
    try:
        return parse_entry(entry)
    except VerificationError as error:
        raise VerificationError(
            f"log_entries, position {position}, column entry: {error.message}"
        ) from error


def _add_key(
    signers: _Signers, position: int, body: dict[str, Any], note: str | None
) -> None:
    previous = body.get("previous")
    signers.add(
        _named_key(position, body),
        None if previous is None else _named_key(position, body, "previous"),
        note or "",
    )


def _named_key(position: int, body: dict[str, Any], name: str = "key") -> VerifierKey:
    key = body.get(name)
    if isinstance(key, str):
        return parse_verifier_key(key)
    raise VerificationError(f"log_entries: position {position} names no key")


def _verify_one_head(connection: sa.Connection) -> None:
    ids = list(connection.execute(sa.select(schema.log_state.c.id)).scalars())
    if ids not in ([], [1]):
        raise VerificationError(
            f"log_state: the head must be one row with id 1, found {ids}"
        )


def _verify_checkpoint(stored: Any, frontier: Frontier, signers: _Signers) -> None:
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
    faults: list[str] = []
    for key in dict.fromkeys((*signers.trusted, *signers.named)):
        if fault := _list_faults(stored.note, key):
            faults += fault
            continue
        head = parse_checkpoint(parse_note(stored.note.encode()).text).head
        if (head.tree_size, head.root) != (stored.size, stored.root):
            raise VerificationError(
                f"checkpoints: the note of {stored.size} entries is about others"
            )
        signers.signed.append(stored.size)
        signers.newest = key
        return
    raise VerificationError(
        f"checkpoints: the signature over {stored.size} entries does not verify: "
        f"{'; '.join(faults) or 'the log names no key'}"
    )


def _list_faults(note: str, key: VerifierKey) -> list[str]:
    try:
        open_checkpoint(note.encode(), key)
    except VerificationError as error:
        return [error.message]
    return []
