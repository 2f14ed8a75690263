"""Ed25519 keys that sign and verify notes, and their text forms.

https://c2sp.org/signed-note, with the strings of Go's ``sumdb/note``::

    key id      SHA-256(name || 0x0A || signature type || public key)[:4]
    vkey        <name>+<key id, 8 hex digits>+base64(signature type || public key)
    signer      PRIVATE+KEY+<name>+<key id>+base64(signature type || seed)

Signature type 0x01 signs a note's text; 0x04 cosigns a checkpoint with a time.
"A note is text signed by one or more keys": which keys to believe is the
caller's knowledge, never read from the place that brings the note.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Final, NewType

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from provenance.errors import VerificationError
from provenance.merkle.encoding import format_base64, parse_base64, verify_clean

__all__ = [
    "KEY_ID_BYTES",
    "KeyId",
    "KeyName",
    "SignatureType",
    "SignerKey",
    "VerifierKey",
    "format_signer_key",
    "format_verifier_key",
    "parse_signer_key",
    "parse_verifier_key",
    "sign_message",
    "to_key_name",
    "verify_message",
]

KeyName = NewType("KeyName", str)
"""A name that has passed through `to_key_name`; a log's origin is one, too."""

KeyId = NewType("KeyId", bytes)
"""Four bytes that tell keys of one name apart; not a cryptographic commitment."""

KEY_ID_BYTES: Final = 4
_KEY_BYTES = 32
_NAME_LIMIT = 255  # cosigned_message of tlog-cosignature gives a name one length byte
_SIGNER_PREFIX = "PRIVATE+KEY+"


class SignatureType(IntEnum):
    """The signature type identifier bytes that this package implements."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


_KNOWN_TYPES = {bytes([number]) for number in SignatureType}


def to_key_name(text: str, what: str = "key name") -> KeyName:
    """Check that a text may name a key.

    "Key names MUST be non-empty and MUST NOT contain any Unicode spaces or
    plus (U+002B) characters." Ours are at most 255 bytes long.

    Raises:
        VerificationError: The text may not; says which rule it breaks.
    """
    if not text:
        raise VerificationError(f"{what} is empty")
    verify_clean(text, what)
    for position, character in enumerate(text, start=1):
        if character == "+" or character.isspace():
            raise VerificationError(
                f"{what} holds a space or a plus, U+{ord(character):04X}, "
                f"at character {position}"
            )
    if (length := len(text.encode())) > _NAME_LIMIT:
        raise VerificationError(
            f"{what} is {length} bytes long, expected at most {_NAME_LIMIT}"
        )
    return KeyName(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A public key to verify with."""

    name: KeyName
    signature_type: SignatureType
    public_key: bytes

    def __post_init__(self) -> None:
        to_key_name(self.name)
        _verify_length(self.public_key, "public key")

    @property
    def key_id(self) -> KeyId:
        """The id that signature lines of this key carry."""
        sequence = (
            self.name.encode(),
            b"\n",
            bytes([self.signature_type]),
            self.public_key,
        )
        return KeyId(sha256(b"".join(sequence)).digest()[:KEY_ID_BYTES])


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerKey:
    """A private key to sign with. The seed is 32 random bytes, kept secret."""

    name: KeyName
    signature_type: SignatureType
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        to_key_name(self.name)
        _verify_length(self.seed, "seed")

    def verifier(self) -> VerifierKey:
        """Return the public half."""
        public_key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return VerifierKey(
            name=self.name,
            signature_type=self.signature_type,
            public_key=public_key.public_bytes_raw(),
        )


def sign_message(message: bytes, key: SignerKey) -> bytes:
    """Sign bytes: 64 bytes, the same each time (RFC 8032)."""
    return Ed25519PrivateKey.from_private_bytes(key.seed).sign(message)


def verify_message(message: bytes, signature: bytes, key: VerifierKey) -> None:
    """Check a signature over bytes.

    Raises:
        VerificationError: The key did not sign these bytes.
    """
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, message)
    except InvalidSignature as error:
        raise VerificationError(
            f"signature by {key.name} does not verify (key id {key.key_id.hex()})",
            hint="the text was changed after signing, or the key is not the signer's",
        ) from error


def parse_verifier_key(text: str) -> VerifierKey:
    """Read a vkey.

    Raises:
        VerificationError: The text is not a vkey, or its parts disagree.

    Example:
        >>> key = parse_verifier_key(
        ...     "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
        ... )
        >>> key.name, key.key_id.hex()
        ('example.com/foo', '530d903a')
    """
    name, key_id, signature_type, public_key = _split(text, "verifier key")
    key = VerifierKey(name=name, signature_type=signature_type, public_key=public_key)
    _verify_key_id(key_id, key)
    return key


def format_verifier_key(key: VerifierKey) -> str:
    """Write a vkey; the inverse of `parse_verifier_key`."""
    material = format_base64(bytes([key.signature_type]) + key.public_key)
    return f"{key.name}+{key.key_id.hex()}+{material}"


def parse_signer_key(text: str) -> SignerKey:
    """Read a signer key. Errors never quote the text: it is a secret.

    Raises:
        VerificationError: The text is not a signer key, or its parts disagree.
    """
    if not text.startswith(_SIGNER_PREFIX):
        raise VerificationError(f"signer key does not start with {_SIGNER_PREFIX}")
    name, key_id, signature_type, seed = _split(
        text.removeprefix(_SIGNER_PREFIX), "signer key"
    )
    key = SignerKey(name=name, signature_type=signature_type, seed=seed)
    _verify_key_id(key_id, key.verifier())
    return key


def format_signer_key(key: SignerKey) -> str:
    """Write a signer key; the inverse of `parse_signer_key`. Keep it secret."""
    material = format_base64(bytes([key.signature_type]) + key.seed)
    return f"{_SIGNER_PREFIX}{key.name}+{key.verifier().key_id.hex()}+{material}"


def _split(text: str, what: str) -> tuple[KeyName, str, SignatureType, bytes]:
    """Split at the first two plus signs: base64 may hold more of them."""
    name, separator, rest = text.partition("+")
    key_id, another, material = rest.partition("+")
    if not (separator and another):
        raise VerificationError(f"{what} is not <name>+<key id>+<key>")
    key_name = to_key_name(name, f"name in {what}")
    octets = parse_base64(material, f"last part of {what}")
    if octets[:1] not in _KNOWN_TYPES:
        raise VerificationError(
            f"{what} has the signature type {octets[:1].hex() or 'none'}, "
            "expected 01 (Ed25519) or 04 (cosignature)"
        )
    return key_name, key_id, SignatureType(octets[0]), octets[1:]


def _verify_key_id(found: str, key: VerifierKey) -> None:
    if found != key.key_id.hex():
        raise VerificationError(
            f"key id of {key.name} is not {key.key_id.hex()}, as its key requires"
        )


def _verify_length(octets: bytes, what: str) -> None:
    if len(octets) != _KEY_BYTES:
        raise VerificationError(
            f"{what} holds {len(octets)} bytes, expected {_KEY_BYTES}"
        )
