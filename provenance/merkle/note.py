"""Signed notes: a text, a blank line, and one line for each signature.

https://c2sp.org/signed-note::

    <text, ending in a newline>
    <blank line>
    — <key name> base64(key id, 4 bytes || signature)
    ...

"Signed notes MUST be valid UTF-8 and MUST NOT contain any ASCII control
characters (those below U+0020) other than newline." The last empty line
separates, so a text may hold empty lines of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from provenance.errors import LedgerStateError, VerificationError
from provenance.merkle.encoding import format_base64, parse_base64, verify_clean
from provenance.merkle.keys import (
    KEY_ID_BYTES,
    KeyId,
    KeyName,
    SignatureType,
    SignerKey,
    VerifierKey,
    sign_message,
    to_key_name,
    verify_message,
)

__all__ = [
    "NOTE_LIMIT_BYTES",
    "SIGNATURES_LIMIT",
    "Note",
    "NoteSignature",
    "format_note",
    "format_signature",
    "parse_note",
    "parse_signature",
    "sign_note",
    "verify_note",
]

# "Verifiers SHOULD apply a maximum limit to the number of signatures in a note
# [...], but MUST accept at least up to 16 signatures. Remember that post-quantum
# signatures can be up to nearly 5kB in size": 16 of those take 110 KB.
NOTE_LIMIT_BYTES: Final = 256 * 1024
SIGNATURES_LIMIT: Final = 64

_EM_DASH = "\N{EM DASH} "


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One signature line. Nothing is known of it until a key verifies it."""

    key_name: KeyName
    key_id: KeyId
    signature: bytes

    def __post_init__(self) -> None:
        to_key_name(self.key_name)
        if len(self.key_id) != KEY_ID_BYTES or not self.signature:
            raise VerificationError(
                f"signature by {self.key_name} is too short: expected 4 bytes of "
                "key id and at least one of signature"
            )

    def is_by(self, key: VerifierKey) -> bool:
        """Tell whether the line claims to be by this key.

        "The tuple of key name and key ID uniquely identifies the key."
        """
        return (self.key_name, self.key_id) == (key.name, key.key_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text and its signature lines, verified or not.

    "The text MUST be ignored unless the note is signed by a trusted key and
    the signature has been verified."
    """

    text: str  # ends in a newline, which is signed too
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        verify_clean(self.text, "note")
        if not self.text.endswith("\n"):
            raise VerificationError("text of the note does not end with a newline")
        if not 1 <= len(self.signatures) <= SIGNATURES_LIMIT:
            raise VerificationError(
                f"note has {len(self.signatures)} signature lines, "
                f"expected 1 to {SIGNATURES_LIMIT}"
            )

    def signature_by(self, key: VerifierKey) -> NoteSignature | None:
        """Return the line that claims to be by a key.

        Raises:
            VerificationError: There are several, so it is open which one counts.
        """
        claimed = [line for line in self.signatures if line.is_by(key)]
        if len(claimed) > 1:
            raise VerificationError(
                f"note is signed {len(claimed)} times by {key.name}"
            )
        return claimed[0] if claimed else None

    def with_signature(self, signature: NoteSignature, key: VerifierKey) -> Note:
        """Return the note with a key's line appended, in place of an older one."""
        others = tuple(line for line in self.signatures if not line.is_by(key))
        return replace(self, signatures=(*others, signature))


def parse_signature(line: str, what: str = "signature line") -> NoteSignature:
    """Read one signature line, without its newline.

    Args:
        what: Where the line was found, as the error should say it.

    Raises:
        VerificationError: The line is not a signature line.
    """
    if not line.startswith(_EM_DASH):
        raise VerificationError(f"{what} does not start with an em dash and a space")
    name, separator, encoded = line.removeprefix(_EM_DASH).partition(" ")
    if not separator:
        raise VerificationError(f"{what} is not — <key name> <signature>")
    key_name = to_key_name(name, f"{what} (key name)")
    octets = parse_base64(encoded, f"{what} (signature by {key_name})")
    return NoteSignature(
        key_name=key_name,
        key_id=KeyId(octets[:KEY_ID_BYTES]),
        signature=octets[KEY_ID_BYTES:],
    )


def format_signature(signature: NoteSignature) -> str:
    """Write one signature line; the inverse of `parse_signature`."""
    encoded = format_base64(signature.key_id + signature.signature)
    return f"{_EM_DASH}{signature.key_name} {encoded}"


def parse_note(octets: bytes) -> Note:
    """Read a note, without believing it.

    Raises:
        VerificationError: The bytes are not a well-formed note.
    """
    if len(octets) > NOTE_LIMIT_BYTES:
        raise VerificationError(
            f"note is {len(octets)} bytes long, expected at most {NOTE_LIMIT_BYTES}"
        )
    try:
        whole = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise VerificationError(f"note is not UTF-8 at byte {error.start}") from error
    verify_clean(whole, "note")
    if not whole.endswith("\n"):
        raise VerificationError("note does not end with a newline")
    text, separator, block = whole.rpartition("\n\n")
    if not separator:
        raise VerificationError("note has no blank line between text and signatures")
    if not block:
        raise VerificationError("note has no signature line after its last blank line")
    lines = block.removesuffix("\n").split("\n")
    first = text.count("\n") + 3
    return Note(
        text=text + "\n",
        signatures=tuple(
            parse_signature(line, f"note line {number}")
            for number, line in enumerate(lines, start=first)
        ),
    )


def format_note(note: Note) -> bytes:
    """Write a note; the inverse of `parse_note`."""
    lines = [format_signature(signature) + "\n" for signature in note.signatures]
    return "".join([note.text, "\n", *lines]).encode()


def sign_note(text: str, key: SignerKey) -> Note:
    """Sign a text: "Ed25519 signatures are generated [...] over the note text".

    Raises:
        LedgerStateError: The key makes cosignatures, which sign more than the
            text.
    """
    if key.signature_type is not SignatureType.ED25519:
        raise LedgerStateError(
            f"{key.name} is a cosigner's key: it cannot sign a note alone"
        )
    signature = NoteSignature(
        key_name=key.name,
        key_id=key.verifier().key_id,
        signature=sign_message(text.encode(), key),
    )
    return Note(text=text, signatures=(signature,))


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> None:
    """Check the signatures of all known keys; unknown ones are ignored.

    "If a signature from a known key fails to verify, clients SHOULD reject
    the whole note. If no signature from a known key verifies successfully,
    clients MUST reject the note."

    Raises:
        VerificationError: A known key's signature fails, or none is there.
    """
    known = list(keys)
    verified = False
    for key in known:
        if key.signature_type is not SignatureType.ED25519:
            raise VerificationError(
                f"{key.name} is a cosigner's key: it cannot vouch for a note alone"
            )
        if (line := note.signature_by(key)) is not None:
            verify_message(note.text.encode(), line.signature, key)
            verified = True
    if not verified:
        raise VerificationError(
            "note is not signed by any known key: signed by "
            f"{_list((line.key_name, line.key_id) for line in note.signatures)}, "
            f"known {_list((key.name, key.key_id) for key in known)}",
            hint="get the log's verifier key from a source you trust",
        )


def _list(keys: Iterable[tuple[KeyName, KeyId]]) -> str:
    """List keys as verifier keys begin: keys that were rotated have one name."""
    said = {f"{name}+{key_id.hex()}" for name, key_id in keys}
    return ", ".join(sorted(said)) or "none"
