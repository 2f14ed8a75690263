"""Numbers, base64 and hashes as text, each with exactly one spelling.

Notes, checkpoints, keys and proof files share these encodings::

    number   0, or digits without a leading zero, below 2**63
    base64   RFC 4648, section 4: padded, no unused bits, no white space
    hash     base64 of 32 bytes

Python's own ``int()`` reads ``+5``, ``5_0`` and full-width digits, and
``base64`` ignores unused bits, so two different texts would mean one value.
Every parser here refuses what its formatter would not have written.
"""

from __future__ import annotations

import base64
import re
import reprlib

from provenance.errors import VerificationError
from provenance.merkle.tree import HASH_BYTES, SIZE_LIMIT, Hash

__all__ = [
    "format_base64",
    "format_decimal",
    "format_hash",
    "parse_base64",
    "parse_decimal",
    "parse_hash",
    "verify_clean",
]

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


def parse_decimal(text: str, what: str) -> int:
    """Read a size or an index.

    Args:
        what: Where the text was found, as the error should say it.

    Raises:
        VerificationError: The text is not the one spelling of a number.

    Example:
        >>> parse_decimal("20852163", "line 2")
        20852163
        >>> parse_decimal("05", "line 2")
        Traceback (most recent call last):
        provenance.errors.VerificationError: line 2 is not a plain decimal number: '05'
    """
    if not _DECIMAL.fullmatch(text):
        found = reprlib.repr(text)
        raise VerificationError(
            f"{what} is not a plain decimal number: {found}",
            hint="write digits only: no sign, space, underscore or leading zero",
        )
    number = int(text)
    if number >= SIZE_LIMIT:
        raise VerificationError(f"{what} is {number}, expected less than 2**63")
    return number


def format_decimal(number: int) -> str:
    """Write a size or an index; the inverse of `parse_decimal`."""
    return str(number)


def parse_base64(text: str, what: str) -> bytes:
    """Read canonical base64. Errors never quote the text: it may be a secret.

    Raises:
        VerificationError: The text is not base64, or not the spelling that
            encoding its value gives.
    """
    try:
        octets = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise VerificationError(f"{what} is not base64") from error
    if format_base64(octets) != text:
        raise VerificationError(f"{what} is not canonical base64")
    return octets


def format_base64(octets: bytes) -> str:
    """Write base64; the inverse of `parse_base64`."""
    return base64.b64encode(octets).decode("ascii")


def parse_hash(text: str, what: str) -> Hash:
    """Read one SHA-256 hash.

    Raises:
        VerificationError: The text is not the base64 of exactly 32 bytes.
    """
    octets = parse_base64(text, what)
    if len(octets) != HASH_BYTES:
        raise VerificationError(
            f"{what} holds {len(octets)} bytes, expected {HASH_BYTES}"
        )
    return Hash(octets)


def format_hash(node: Hash) -> str:
    """Write one SHA-256 hash; the inverse of `parse_hash`."""
    return format_base64(node)


def verify_clean(text: str, what: str) -> None:
    """Refuse what no signed text may hold.

    Signed notes "MUST be valid UTF-8 and MUST NOT contain any ASCII control
    characters (those below U+0020) other than newline". A byte order mark is
    refused too: it is invisible and would become part of the first line.

    Raises:
        VerificationError: The text holds such a character; says where.
    """
    if text.startswith("\ufeff"):
        raise VerificationError(f"{what} starts with a byte order mark")
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        raise VerificationError(
            f"{what} holds the control character U+{ord(control[0]):04X} in line {line}"
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise VerificationError(f"{what} cannot be written as UTF-8") from error
