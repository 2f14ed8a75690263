"""Hold the log against what others keep: pinned checkpoints and witnesses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from provenance.errors import KeyRefusedError, VerificationError
from provenance.log.cosignatures import load_cosigned, verify_cosignatures
from provenance.log.prove import hash_entries
from provenance.log.quorum import Quorum
from provenance.log.verify import LogState
from provenance.merkle import (
    Checkpoint,
    VerifierKey,
    hash_tree,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
)
from provenance.store import schema

__all__ = ["Anchored", "Anchors", "verify_anchors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What the caller knows of the log from elsewhere."""

    keys: tuple[VerifierKey, ...] = ()
    """The log's key; several if it was rotated."""
    pin: bytes | None = None
    """A checkpoint that was kept outside the ledger."""
    quorum: Quorum | None = None
    """Witnesses that must vouch for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """How much of the log others vouch for."""

    pinned: int | None = None
    """Entries under the pinned checkpoint."""
    witnessed: int | None = None
    """Entries under the newest checkpoint that the quorum vouches for."""
    witnesses: tuple[tuple[str, int], ...] = ()
    """Who vouches for them, and when they had seen them (POSIX)."""

    @property
    def entries(self) -> int:
        """Entries that could not be rewritten without notice."""
        return max(self.pinned or 0, self.witnessed or 0)


def verify_anchors(
    connection: sa.Connection, state: LogState, anchors: Anchors
) -> Anchored:
    """Check a verified log against what the caller knows from elsewhere.

    Raises:
        KeyRefusedError: The pin is no checkpoint.
        VerificationError: The log was rolled back, cut or rewritten since then, or
            too few witnesses vouch for it; says which.
    """
    verify_cosignatures(connection)
    pinned = witnessed = None
    witnesses: tuple[tuple[str, int], ...] = ()
    if anchors.pin is not None:
        pinned = _verify_pin(connection, state, anchors.pin, anchors.keys)
    if anchors.quorum is not None:
        witnessed, witnesses = _find_witnessed(connection, anchors.quorum)
    return Anchored(pinned=pinned, witnessed=witnessed, witnesses=witnesses)


def _verify_pin(
    connection: sa.Connection,
    state: LogState,
    pin: bytes,
    keys: tuple[VerifierKey, ...],
) -> int:
    named = [parse_verifier_key(text) for text in state.keys]
    checkpoint = _open_pin(pin, [*keys, *named])
    size = checkpoint.head.tree_size
    if size > state.size:
        raise VerificationError(
            f"rolled back: the pinned checkpoint is of {size} entries, the log has "
            f"only {state.size}",
            hint="An older copy of the ledger was restored, or the last "
            f"{size - state.size} entries were cut off. Restore a newer backup.",
        )
    if hash_tree(hash_entries(connection, size)) != checkpoint.head.root:
        raise VerificationError(
            f"history was rewritten: the first {size} entries are not those of the "
            "pinned checkpoint",
            hint="Keep the pin, and the newest checkpoint of this ledger: together "
            "they are evidence; see provenance log compare.",
        )
    return size


def _open_pin(pin: bytes, keys: Iterable[VerifierKey]) -> Checkpoint:
    try:
        origin = parse_checkpoint(parse_note(pin).text).origin
    except VerificationError as error:
        raise KeyRefusedError(
            f"the pin is no checkpoint: {error.message}",
            hint="Give a file with what provenance log checkpoint printed.",
        ) from error
    known = list(keys)
    if known and all(key.name != origin for key in known):
        raise VerificationError(
            f"the pinned checkpoint is of the log {origin}, this one is {known[0].name}"
        )
    faults = []
    for key in known:
        try:
            return open_checkpoint(pin, key)
        except VerificationError as error:
            faults.append(error.message)
    raise VerificationError(
        "the pinned checkpoint is signed by none of the log's keys: "
        f"{'; '.join(dict.fromkeys(faults)) or 'the log names none'}",
        hint="The ledger was made anew, or the pin is of another one.",
    )


def _find_witnessed(
    connection: sa.Connection, quorum: Quorum
) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Return the newest checkpoint that the quorum vouches for."""
    table, cosigned = schema.checkpoints, schema.cosignatures
    query = (
        sa.select(table)
        .where(table.c.size.in_(sa.select(cosigned.c.size)))
        .order_by(table.c.size.desc())
    )
    fault: VerificationError | None = None
    for stored in connection.execute(query).all():
        try:
            found = quorum.verify(load_cosigned(connection, stored))
        except VerificationError as error:
            fault = fault or error
        else:
            return stored.size, found
    raise fault or VerificationError(
        "no witness has vouched for this log",
        hint="Ask one: provenance log witness URL --vkey K",
    )
