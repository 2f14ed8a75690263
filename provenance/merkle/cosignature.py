"""Cosignatures: a witness states when it saw a log's largest tree.

https://c2sp.org/tlog-cosignature, the Ed25519 kind (signature type 0x04). It is
a line in the signed note of a checkpoint, and its bytes are::

    timestamp, 8 bytes big-endian || Ed25519 signature, 64 bytes

over this message::

    cosignature/v1
    time <timestamp in decimal>
    <the text of the checkpoint, every line>

"Semantically, a v1 cosignature is a statement that, as of the specified time,
the consistent tree head with the largest size the cosigner has observed for the
log identified by the origin line has the specified root hash."
"""

from __future__ import annotations

from provenance.errors import LedgerStateError, VerificationError
from provenance.merkle.checkpoint import parse_checkpoint
from provenance.merkle.encoding import format_decimal
from provenance.merkle.keys import (
    SignatureType,
    SignerKey,
    VerifierKey,
    sign_message,
    verify_message,
)
from provenance.merkle.note import Note, NoteSignature
from provenance.merkle.tree import SIZE_LIMIT

__all__ = ["cosign", "cosigned_at", "verify_cosignature"]

_TIMESTAMP_BYTES = 8
_COSIGNATURE_BYTES = _TIMESTAMP_BYTES + 64


def cosign(note: Note, key: SignerKey, *, timestamp: int) -> Note:
    """Add a cosignature to a checkpoint, replacing an older one of this key.

    The caller has checked before that the log only grew since its last
    cosignature, and has persisted the new size: that is what the line states.

    Args:
        timestamp: "the time at which the cosignature was generated, as a POSIX
            timestamp. It MUST NOT exceed 2^63 - 1".

    Raises:
        LedgerStateError: The key is not a cosigner's.
        ValueError: There is no such time.
        VerificationError: The note is not a checkpoint.
    """
    if key.signature_type is not SignatureType.COSIGNATURE:
        raise LedgerStateError(f"{key.name} is not a cosigner's key")
    if not 0 <= timestamp < SIZE_LIMIT:
        raise ValueError(f"timestamp is {timestamp}, expected 0 to 2**63 - 1")
    verifier = key.verifier()
    signature = timestamp.to_bytes(_TIMESTAMP_BYTES, "big") + sign_message(
        _message(note, timestamp), key
    )
    line = NoteSignature(
        key_name=verifier.name, key_id=verifier.key_id, signature=signature
    )
    return note.with_signature(line, verifier)


def verify_cosignature(note: Note, key: VerifierKey) -> None:
    """Check that a witness cosigned a checkpoint.

    The log's own signature is another question: see `verify_checkpoint`.

    Raises:
        VerificationError: There is no valid cosignature by this key.
    """
    cosigned_at(note, key)


def cosigned_at(note: Note, key: VerifierKey) -> int:
    """Verify a cosignature and return its time, as a POSIX timestamp.

    Raises:
        VerificationError: There is no valid cosignature by this key.
    """
    if key.signature_type is not SignatureType.COSIGNATURE:
        raise VerificationError(f"{key.name} is not a cosigner's key")
    line = note.signature_by(key)
    if line is None:
        raise VerificationError(f"checkpoint is not cosigned by {key.name}")
    if len(line.signature) != _COSIGNATURE_BYTES:
        raise VerificationError(
            f"cosignature by {key.name} holds {len(line.signature)} bytes, "
            f"expected {_COSIGNATURE_BYTES}"
        )
    timestamp = int.from_bytes(line.signature[:_TIMESTAMP_BYTES], "big")
    if timestamp >= SIZE_LIMIT:
        raise VerificationError(
            f"cosignature by {key.name} has the time {timestamp}, "
            "expected less than 2**63"
        )
    verify_message(_message(note, timestamp), line.signature[_TIMESTAMP_BYTES:], key)
    return timestamp


def _message(note: Note, timestamp: int) -> bytes:
    parse_checkpoint(note.text)  # a witness signs checkpoints and nothing else
    return f"cosignature/v1\ntime {format_decimal(timestamp)}\n{note.text}".encode()
