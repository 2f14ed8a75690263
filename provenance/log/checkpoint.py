"""Sign the head of the log and keep the signed note: one root for each size."""

from __future__ import annotations

import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.log.append import load_frontier
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

__all__ = ["sign_head"]


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
