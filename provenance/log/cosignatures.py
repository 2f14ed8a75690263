"""Checkpoints as they are given away: with all that witnesses say of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from provenance.errors import LedgerStateError, VerificationError
from provenance.merkle import (
    NoteSignature,
    VerifierKey,
    cosigned_at,
    format_verifier_key,
    parse_note,
    parse_verifier_key,
)
from provenance.merkle.note import Note, format_signature, parse_signature
from provenance.store import schema

__all__ = [
    "last_cosigned_size",
    "load_checkpoint",
    "load_checkpoint_of",
    "load_cosigned",
    "store_cosignature",
    "verify_cosignatures",
]


def load_checkpoint(connection: sa.Connection, position: int = 0) -> Note:
    """Return the newest checkpoint, cosignatures included.

    Raises:
        LedgerStateError: Nothing is signed, or it does not cover the position.
        VerificationError: What is stored is no note.
    """
    table = schema.checkpoints
    newest = connection.execute(
        sa.select(table).order_by(table.c.size.desc()).limit(1)
    ).first()
    if newest is None or newest.size <= position or newest.note is None:
        raise LedgerStateError(
            f"no signed checkpoint covers position {position} of the log",
            hint="Sign the log first: provenance log checkpoint, with --key or "
            "$PROVENANCE_KEY.",
        )
    return load_cosigned(connection, newest)


def load_checkpoint_of(connection: sa.Connection, size: int) -> Note:
    """Return the checkpoint of exactly so many entries, cosignatures included.

    Raises:
        LedgerStateError: The log was not signed at that size.
        VerificationError: What is stored is no note.
    """
    table = schema.checkpoints
    stored = connection.execute(sa.select(table).where(table.c.size == size)).first()
    if stored is None or stored.note is None:
        signed = sa.select(table.c.size).where(table.c.note.is_not(None))
        sizes = [*connection.execute(signed.order_by(table.c.size)).scalars()]
        told = f"; the newest is of {sizes[-1]}" if sizes else ""
        raise LedgerStateError(
            f"no signed checkpoint is of {size} entries{told}",
            hint="Sign the log first: provenance log checkpoint. An earlier position "
            "must have been signed then.",
        )
    return load_cosigned(connection, stored)


def load_cosigned(connection: sa.Connection, stored: Any) -> Note:
    """Return a stored checkpoint with the latest cosignature of each witness.

    Args:
        connection: An open transaction.
        stored: A row of ``checkpoints``.
    """
    note = parse_note(stored.note.encode())
    table = schema.cosignatures
    query = (
        sa.select(table)
        .where(table.c.size == stored.size)
        .order_by(table.c.witness, table.c.cosigned_at)
    )
    for row in connection.execute(query):
        key = parse_verifier_key(row.witness)
        note = note.with_signature(parse_signature(row.line), key)
    return note


def last_cosigned_size(connection: sa.Connection, witness: VerifierKey) -> int:
    """Return the size of the newest checkpoint that a witness vouched for, or 0."""
    table = schema.cosignatures
    query = sa.select(sa.func.max(table.c.size)).where(
        table.c.witness == format_verifier_key(witness)
    )
    return int(connection.execute(query).scalar() or 0)


def store_cosignature(
    connection: sa.Connection,
    size: int,
    witness: VerifierKey,
    line: NoteSignature,
    time: int,
) -> None:
    """Keep a cosignature that was verified; the same one is kept once."""
    table = schema.cosignatures
    row = {
        "size": size,
        "witness": format_verifier_key(witness),
        "cosigned_at": time,
    }
    same = sa.and_(*(table.c[name] == value for name, value in row.items()))
    if not connection.execute(sa.select(sa.exists().where(same))).scalar():
        connection.execute(table.insert().values(**row, line=format_signature(line)))


def verify_cosignatures(connection: sa.Connection) -> int:
    """Check that every stored cosignature fits the key beside it; return how many.

    That shows that nothing was damaged. Whether the keys are those of witnesses that
    somebody trusts is asked by a ``Quorum``.

    Raises:
        VerificationError: One does not fit; names the checkpoint.
    """
    table, notes = schema.cosignatures, schema.checkpoints
    query = sa.select(table, notes.c.note).outerjoin(
        notes, notes.c.size == table.c.size
    )
    count = 0
    for row in connection.execute(query):
        what = f"cosignatures: that of {row.size} entries by {row.witness!r}"
        if row.note is None:
            raise VerificationError(f"{what} has no checkpoint")
        try:
            key = parse_verifier_key(row.witness)
            note = parse_note(row.note.encode())
            line = parse_signature(row.line)
            found = cosigned_at(note.with_signature(line, key), key)
        except VerificationError as error:
            raise VerificationError(f"{what}: {error.message}") from error
        if found != row.cosigned_at:
            raise VerificationError(f"{what} has the time {found}, not that stored")
        count += 1
    return count
