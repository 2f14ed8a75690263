"""What a log and a witness say to each other: the bodies of add-checkpoint.

https://c2sp.org/tlog-witness: the request is ::

    old <size of the tree that the witness cosigned last, or 0>
    <base64 hash>                      the consistency proof, zero to 63 lines
    <blank line>
    <the checkpoint, a signed note>

and the answer "a sequence of one or more note signature lines", of which the client
"MUST ignore any cosignatures from unknown keys".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from provenance.errors import VerificationError
from provenance.merkle.cosignature import cosigned_at
from provenance.merkle.encoding import format_decimal, format_hash
from provenance.merkle.keys import VerifierKey
from provenance.merkle.note import (
    SIGNATURES_LIMIT,
    Note,
    NoteSignature,
    format_note,
    parse_signature,
)
from provenance.merkle.tree import Hash

__all__ = ["ANSWER_LIMIT_BYTES", "format_add_checkpoint", "open_cosignatures"]

ANSWER_LIMIT_BYTES: Final = 256 * 1024


def format_add_checkpoint(old_size: int, proof: Sequence[Hash], note: Note) -> bytes:
    """Write the body of a request to cosign a checkpoint."""
    lines = [f"old {format_decimal(old_size)}", *map(format_hash, proof)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + format_note(note)


def open_cosignatures(
    octets: bytes, note: Note, key: VerifierKey
) -> tuple[NoteSignature, int]:
    """Read a witness's answer, and verify its cosignature of a checkpoint.

    Args:
        octets: The body of the answer.
        note: The checkpoint that was sent.
        key: The witness's key, known from elsewhere.

    Returns:
        The signature line, and its time (POSIX).

    Raises:
        VerificationError: There is no valid cosignature by this key.
    """
    if len(octets) > ANSWER_LIMIT_BYTES or not octets.endswith(b"\n"):
        raise VerificationError("the answer is not a sequence of signature lines")
    try:
        lines = octets.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise VerificationError(
            f"the answer is not UTF-8 at byte {error.start}"
        ) from error
    if len(lines) > SIGNATURES_LIMIT:
        raise VerificationError(f"the answer has {len(lines)} signature lines")
    claimed = [
        line
        for number, text in enumerate(lines, start=1)
        if (line := parse_signature(text, f"answer line {number}")).is_by(key)
    ]
    if len(claimed) != 1:
        raise VerificationError(
            f"the answer has {len(claimed)} signature lines by {key.name}, expected 1"
        )
    return claimed[0], cosigned_at(note.with_signature(claimed[0], key), key)
