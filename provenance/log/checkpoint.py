"""Sign the head of the log and keep the signed note: one root for each size."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from provenance.errors import LedgerStateError, VerificationError
from provenance.log.append import load_frontier
from provenance.log.entries import parse_entry
from provenance.merkle import (
    Checkpoint,
    SignerKey,
    TreeHead,
    format_checkpoint,
    format_note,
    sign_checkpoint,
    sign_note,
)
from provenance.merkle.note import Note
from provenance.store import schema

__all__ = ["load_keys", "refuse_signer", "sign_head"]


def load_keys(connection: sa.Connection, since: int = 0) -> tuple[str, ...]:
    """Return the verifier keys that the log names, oldest first.

    Args:
        connection: An open transaction.
        since: The position to begin at.

    Raises:
        VerificationError: An entry cannot be read.
    """
    entries = schema.log_entries
    query = (
        sa.select(entries.c.entry)
        .where(entries.c.kind == "key", entries.c.position >= since)
        .order_by(entries.c.position)
    )
    found = connection.execute(query).scalars()
    return tuple(str(parse_entry(entry)[1].get("key")) for entry in found)


def refuse_signer(key: str, named: Sequence[str]) -> None:
    """Refuse to sign a log with any key but the newest that it names.

    Args:
        key: Verifier key of the one that is to sign.
        named: Verifier keys that the log names, oldest first.

    Raises:
        LedgerStateError: It is another.
    """
    if not named:
        raise LedgerStateError(
            f"the log names no signing key, so nothing signed by {key} would verify",
            hint="Make a key for it with: provenance log keygen NAME --out FILE",
        )
    if key == named[-1]:
        return
    if key in named:
        raise LedgerStateError(
            f"the log is signed by {named[-1]}; it was rotated from {key}",
            hint="Use the new key: the file that rotate wrote.",
        )
    raise LedgerStateError(
        f"the log is signed by {named[-1]}; it does not name {key}",
        hint="Give the key of this log with --key or $PROVENANCE_KEY.",
    )


def sign_head(connection: sa.Connection, *keys: SignerKey) -> str:
    """Sign the log as it stands, store the note, and return it.

    The origin of the checkpoint is the name of the first key. A note for the same
    size is kept if there is one: Ed25519 signs the same bytes the same way.

    Raises:
        VerificationError: A checkpoint of this size has another root.
    """
    frontier = load_frontier(connection)
    table = schema.checkpoints
    stored = connection.execute(
        sa.select(table).where(table.c.size == frontier.tree_size)
    ).first()
    if stored is not None and stored.root != frontier.root():
        raise VerificationError(
            f"the checkpoint of {frontier.tree_size} entries has root "
            f"{stored.root.hex()}, the log has {frontier.root().hex()}",
            hint="Nothing was signed: two roots for one size are proof of a fork.",
        )
    first, *others = keys
    head = TreeHead(tree_size=frontier.tree_size, root=frontier.root())
    checkpoint = Checkpoint(origin=first.name, head=head)
    signed = sign_checkpoint(checkpoint, first)
    text = format_checkpoint(checkpoint)
    more = [line for key in others for line in sign_note(text, key).signatures]
    note = format_note(Note(text=text, signatures=(*signed.signatures, *more))).decode()
    if stored is None:
        connection.execute(
            table.insert().values(
                size=frontier.tree_size, root=frontier.root(), note=note
            )
        )
    return note
