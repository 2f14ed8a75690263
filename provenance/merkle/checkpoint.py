"""Checkpoints: signed notes that commit a log to a tree head.

https://c2sp.org/tlog-checkpoint::

    example.com/behind-the-sofa                     origin
    20852163                                        tree size
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=    root hash
    [extension lines: read, never written by us]

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZni...

"The log's key name in its signature line SHOULD match the origin line": here it
must. Otherwise a log could pass off a checkpoint of another log as its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from provenance.errors import LedgerStateError, VerificationError
from provenance.merkle.encoding import (
    format_decimal,
    format_hash,
    parse_decimal,
    parse_hash,
    verify_clean,
)
from provenance.merkle.keys import KeyName, SignerKey, VerifierKey, to_key_name
from provenance.merkle.note import Note, parse_note, sign_note, verify_note
from provenance.merkle.tree import RootHash, TreeHead

__all__ = [
    "Checkpoint",
    "format_checkpoint",
    "open_checkpoint",
    "parse_checkpoint",
    "sign_checkpoint",
    "verify_checkpoint",
]

_FIXED_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log says about itself at one size."""

    origin: KeyName  # "a unique identifier for the log identity"
    head: TreeHead
    extensions: tuple[str, ...] = ()  # "opaque and OPTIONAL"

    def __post_init__(self) -> None:
        to_key_name(self.origin, "origin")
        for number, line in enumerate(self.extensions, start=_FIXED_LINES + 1):
            verify_clean(line, f"checkpoint line {number} (extension)")
            if not line or "\n" in line:
                raise VerificationError(
                    f"checkpoint line {number} (extension) is empty or not one line"
                )


def parse_checkpoint(text: str) -> Checkpoint:
    r"""Read the text of a note as a checkpoint.

    Raises:
        VerificationError: A line is not as the format has it; says which.

    Example:
        >>> checkpoint = parse_checkpoint(
        ...     "example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
        ... )
        >>> checkpoint.origin, checkpoint.head.tree_size
        ('example.com/log', 0)
    """
    verify_clean(text, "checkpoint")
    if not text.endswith("\n"):
        raise VerificationError("checkpoint does not end with a newline")
    origin, *lines = text.removesuffix("\n").split("\n")
    if len(lines) < _FIXED_LINES - 1:
        raise VerificationError(
            f"checkpoint has {len(lines) + 1} lines, expected at least {_FIXED_LINES}"
        )
    size, root, *extensions = lines
    return Checkpoint(
        origin=to_key_name(origin, "checkpoint line 1 (origin)"),
        head=TreeHead(
            tree_size=parse_decimal(size, "checkpoint line 2 (tree size)"),
            root=RootHash(parse_hash(root, "checkpoint line 3 (root hash)")),
        ),
        extensions=tuple(extensions),
    )


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """Write the text to sign; the inverse of `parse_checkpoint`."""
    lines = (
        checkpoint.origin,
        format_decimal(checkpoint.head.tree_size),
        format_hash(checkpoint.head.root),
        *checkpoint.extensions,
    )
    return "".join(line + "\n" for line in lines)


def sign_checkpoint(checkpoint: Checkpoint, key: SignerKey) -> Note:
    """Sign a checkpoint as the log that it is about.

    "A log MUST not sign any checkpoint which is inconsistent with any
    checkpoint it previously signed": persist size and root before this call.

    Raises:
        LedgerStateError: The key is not named after the log, or is a cosigner's.
    """
    if key.name != checkpoint.origin:
        raise LedgerStateError(
            f"key of {key.name} cannot sign for the log {checkpoint.origin}",
            hint="give the signer key whose name is the log's origin",
        )
    return sign_note(format_checkpoint(checkpoint), key)


def verify_checkpoint(note: Note, key: VerifierKey) -> None:
    """Check that a note is a checkpoint signed by its own log.

    Args:
        key: The log's key, known from elsewhere. Its name is the origin that
            is expected.

    Raises:
        VerificationError: The signature fails, the text is not a checkpoint,
            or it is another log's.
    """
    verify_note(note, [key])
    origin = parse_checkpoint(note.text).origin
    if origin != key.name:
        raise VerificationError(
            f"checkpoint of log {origin} is signed by the key of {key.name}"
        )


def open_checkpoint(octets: bytes, key: VerifierKey) -> Checkpoint:
    """Read a checkpoint that cannot be trusted before its signature is checked.

    Raises:
        VerificationError: See `verify_checkpoint`; or it is not a note at all.
    """
    note = parse_note(octets)
    verify_checkpoint(note, key)
    return parse_checkpoint(note.text)
