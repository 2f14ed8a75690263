"""The proof file: an entry's inclusion proof with the checkpoint it leads to.

https://c2sp.org/tlog-proof, stored as ``*.tlog-proof``::

    c2sp.org/tlog-proof@v1
    extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJt          [optional, not authenticated]
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
    ...
    <blank line>
    <the checkpoint, verbatim>

Proofs are "self-contained and offline-verifiable against a fixed set of data
(the log's origin, and a policy of trusted log and witness public keys)".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from provenance.errors import VerificationError
from provenance.merkle.checkpoint import parse_checkpoint, verify_checkpoint
from provenance.merkle.encoding import (
    format_base64,
    format_decimal,
    format_hash,
    parse_base64,
    parse_decimal,
    parse_hash,
)
from provenance.merkle.keys import VerifierKey
from provenance.merkle.note import NOTE_LIMIT_BYTES, Note, format_note, parse_note
from provenance.merkle.proof import InclusionProof, verify_inclusion
from provenance.merkle.tree import LeafHash

__all__ = [
    "EXTRA_LIMIT_BYTES",
    "EntryProof",
    "format_entry_proof",
    "parse_entry_proof",
    "verify_entry_proof",
]

EXTRA_LIMIT_BYTES: Final = 64 * 1024

_HEADER = "c2sp.org/tlog-proof@v1"
_EXTRA = "extra "
_INDEX = "index "
_HASHES_LIMIT = 63  # sizes are below 2**63
_HEAD_LIMIT_BYTES = 2 * EXTRA_LIMIT_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryProof:
    """Evidence that a log holds an entry; it does not name the entry itself."""

    proof: InclusionProof
    checkpoint: Note
    extra: bytes = b""  # "MUST NOT implicitly trust the extra data"

    def __post_init__(self) -> None:
        if len(self.extra) > EXTRA_LIMIT_BYTES:
            raise VerificationError(
                f"extra data of the proof file is {len(self.extra)} bytes long, "
                f"expected at most {EXTRA_LIMIT_BYTES}"
            )
        if len(self.proof.hashes) > _HASHES_LIMIT:
            raise VerificationError(
                f"proof file has {len(self.proof.hashes)} hashes, "
                f"expected at most {_HASHES_LIMIT}"
            )


def parse_entry_proof(octets: bytes) -> EntryProof:
    """Read a proof file, without believing it.

    Raises:
        VerificationError: A line is not as the format has it; says which.
    """
    if len(octets) > _HEAD_LIMIT_BYTES + NOTE_LIMIT_BYTES:
        raise VerificationError(f"proof file is {len(octets)} bytes long: too long")
    head, separator, note = octets.partition(b"\n\n")
    if not separator:
        raise VerificationError("proof file has no blank line before a checkpoint")
    try:
        header, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise VerificationError(
            f"proof file is not ASCII at byte {error.start}"
        ) from error
    if header != _HEADER:
        raise VerificationError(f"proof file line 1 is not {_HEADER}")
    number = 2
    extra = b""
    if lines and lines[0].startswith(_EXTRA):
        what = f"proof file line {number} (extra)"
        extra = parse_base64(lines.pop(0).removeprefix(_EXTRA), what)
        if not extra:
            raise VerificationError(f"{what} is empty: the line must be left out")
        number += 1
    if not lines or not lines[0].startswith(_INDEX):
        raise VerificationError(f"proof file line {number} is not index <number>")
    what = f"proof file line {number} (index)"
    leaf_index = parse_decimal(lines.pop(0).removeprefix(_INDEX), what)
    hashes = tuple(
        parse_hash(line, f"proof file line {number} (hash)")
        for number, line in enumerate(lines, start=number + 1)
    )
    return EntryProof(
        proof=InclusionProof(leaf_index=leaf_index, hashes=hashes),
        checkpoint=parse_note(note),
        extra=extra,
    )


def format_entry_proof(entry_proof: EntryProof) -> bytes:
    """Write a proof file; the inverse of `parse_entry_proof`."""
    lines = [_HEADER]
    if entry_proof.extra:
        lines.append(_EXTRA + format_base64(entry_proof.extra))
    lines.append(_INDEX + format_decimal(entry_proof.proof.leaf_index))
    lines += map(format_hash, entry_proof.proof.hashes)
    head = "".join(line + "\n" for line in lines)
    return head.encode() + b"\n" + format_note(entry_proof.checkpoint)


def verify_entry_proof(
    leaf: LeafHash, entry_proof: EntryProof, key: VerifierKey
) -> None:
    """Check that a log, known by its key, has committed to an entry.

    Args:
        leaf: Computed by the caller from the very bytes that the claim is
            about. A proof that verifies for some other entry proves nothing.

    Raises:
        VerificationError: The checkpoint is not the log's, or the entry is
            not in its tree.
    """
    verify_checkpoint(entry_proof.checkpoint, key)
    head = parse_checkpoint(entry_proof.checkpoint.text).head
    verify_inclusion(leaf, entry_proof.proof, head)
