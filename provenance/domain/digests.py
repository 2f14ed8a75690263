"""Content digests, written as multihash; and the identity of an item.

A multihash is ``<varint algorithm><varint length><digest>``
(https://github.com/multiformats/multihash). Items without a digest of their own,
and contents too short to be an identity, get an *item key* in the same shape
under two algorithm codes of the private-use range, so one column holds both.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import NewType

import xxhash

from provenance.domain.datasets import DatasetName

__all__ = [
    "ALGORITHMS",
    "EMPTY_DIGESTS",
    "NAMED_PREFIX",
    "SCOPED_PREFIX",
    "Digest",
    "Spelling",
    "choose_spelling",
    "content_key",
    "finding_key",
    "format_digest",
    "frame",
    "is_weak",
    "multihash_prefix",
    "named_item",
    "parse_digest",
    "parse_item_key",
    "scoped_item",
]

Digest = NewType("Digest", bytes)
"""A multihash: it has passed ``parse_digest`` or was made here."""

ALGORITHMS = {
    "sha256": (0x12, 32),
    "sha1": (0x11, 20),
    "md5": (0xD5, 16),
    "sha512": (0x13, 64),
    "sha384": (0x20, 48),
    "blake3": (0x1E, 32),
}
"""Name → multihash code and digest length in bytes."""

_NAMES = {code: name for name, (code, _) in ALGORITHMS.items()}
_BY_LENGTH = {32: "sha256", 20: "sha1", 16: "md5", 64: "sha512", 48: "sha384"}
_WEAK = frozenset({"sha1", "md5"})
_PREFIXED = re.compile(
    r"(md5|blake3|sha-?1|sha2?-?(256|384|512))[:-]\s*(\S+)", re.IGNORECASE
)
_SHA256_HEX = re.compile(r"[0-9a-f]{64}")
_NAMED_CODE = 0x300001
_SCOPED_CODE = 0x300002
_CONTINUES = 0x80
_ITEM_CODES = {_NAMED_CODE: "name", _SCOPED_CODE: "short"}


class Spelling(StrEnum):
    """How a whole column writes its digests."""

    PREFIXED = "prefixed"
    """The algorithm is named: ``sha256:…``, ``sha1:…``, ``sha256-…``."""
    MULTIHASH = "multihash"
    """The multihash itself, in hex."""
    HEX = "hex"
    BASE32 = "base32"
    BASE64 = "base64"


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number >= _CONTINUES:
        encoded.append(number & 0x7F | _CONTINUES)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _read_varint(data: bytes) -> tuple[int, bytes]:
    number = 0
    for place, byte in enumerate(data[:9]):
        number |= (byte & 0x7F) << (7 * place)
        if byte < _CONTINUES:
            return number, data[place + 1 :]
    raise ValueError("the varint does not end")


def multihash_prefix(algorithm: str) -> bytes:
    """Return the bytes that stand before the digest of an algorithm.

    >>> multihash_prefix("sha256").hex()
    '1220'
    """
    code, length = ALGORITHMS[algorithm]
    return _varint(code) + _varint(length)


def _of(algorithm: str, raw: bytes) -> Digest:
    if len(raw) != ALGORITHMS[algorithm][1]:
        raise ValueError(f"{len(raw)} bytes are no {algorithm} digest")
    return Digest(multihash_prefix(algorithm) + raw)


EMPTY_DIGESTS = frozenset(
    _of(name, hashlib.new(name, b"", usedforsecurity=False).digest())
    for name in ("sha256", "sha1", "md5", "sha512", "sha384")
) | {
    _of(
        "blake3",
        bytes.fromhex(
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        ),
    )
}
"""Digests of the empty payload: no identity, since everything empty shares them."""


def _split(digest: bytes) -> tuple[int, bytes]:
    code, rest = _read_varint(digest)
    length, raw = _read_varint(rest)
    if len(raw) != length:
        raise ValueError("the multihash is cut short or too long")
    return code, raw


def _base64(text: str) -> bytes:
    padded = text + "=" * (-len(text) % 4)
    return base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)


def _base32(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))


def _prefixed(text: str) -> Digest:
    match = _PREFIXED.fullmatch(text)
    if match is None:
        raise ValueError("no digest algorithm is named")
    name, bits, payload = match.groups()
    algorithm = f"sha{bits}" if bits else name.lower().replace("-", "")
    length = ALGORITHMS[algorithm][1]
    # An MD5 in base32 is as long with its padding as it is in hexadecimal.
    bare = payload.rstrip("=")
    if len(bare) == 2 * length:
        return _of(algorithm, bytes.fromhex(bare))
    if len(bare) == -(-length * 8 // 5):
        return _of(algorithm, _base32(bare))
    return _of(algorithm, _base64(payload))


def parse_digest(text: str, spelling: Spelling | None = None) -> Digest:
    """Read a digest in a given spelling, or in the one that fits the text alone.

    A single value can be ambiguous (a hexadecimal MD5 may also be valid base32);
    for a column, let ``choose_spelling`` decide once.

    Raises:
        ValueError: The text is not a digest in that spelling.

    Example:
        >>> parse_digest("SHA256:" + "0" * 64).hex()[:8]
        '12200000'
    """
    text = text.strip()
    spelling = spelling or choose_spelling([text])
    try:
        if spelling is Spelling.PREFIXED:
            return _prefixed(text)
        if spelling is Spelling.MULTIHASH:
            code, raw = _split(bytes.fromhex(text))
            return _of(_NAMES[code], raw)
        decode = {
            Spelling.HEX: bytes.fromhex,
            Spelling.BASE32: _base32,
            Spelling.BASE64: _base64,
        }[spelling]
        raw = decode(text)
        return _of(_BY_LENGTH[len(raw)], raw)
    except (KeyError, ValueError, binascii.Error) as error:
        raise ValueError(f"{text!r} is not a digest in {spelling}") from error


def _fits(text: str, spelling: Spelling) -> bool:
    try:
        parse_digest(text, spelling)
    except ValueError:
        return False
    return True


def choose_spelling(values: Iterable[str]) -> Spelling:
    """Decide how a column spells its digests from a sample of its values.

    The spelling that reads most values wins; between equals the order of
    ``Spelling``, except that upper-case text is base32 rather than hex.

    >>> choose_spelling(["3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"])
    <Spelling.BASE32: 'base32'>
    """
    votes = Counter[Spelling]()
    for value in values:
        text = value.strip()
        fitting = [spelling for spelling in Spelling if _fits(text, spelling)]
        if text.isupper() and Spelling.BASE32 in fitting:
            votes[Spelling.BASE32] += 1
        votes.update(fitting)
    order = list(Spelling)
    return max(order, key=lambda spelling: (votes[spelling], -order.index(spelling)))


def format_digest(digest: bytes) -> str:
    """Write a digest as ``algorithm:hex``; item keys as ``name:…`` or ``short:…``.

    Inverse of ``parse_digest`` for content digests.
    """
    code, raw = _split(digest)
    name = _NAMES.get(code) or _ITEM_CODES[code]
    return f"{name}:{raw.hex()}"


def parse_item_key(text: str) -> Digest:
    """Read the key of an item without a digest of its own; see ``format_digest``.

    Raises:
        ValueError: It is no such key.
    """
    name, _, hexed = text.partition(":")
    prefix = {"name": NAMED_PREFIX, "short": SCOPED_PREFIX}.get(name)
    if prefix is None or not _SHA256_HEX.fullmatch(hexed):
        raise ValueError(f"{text!r} is no key of an item")
    return Digest(prefix + bytes.fromhex(hexed))


def is_weak(digest: bytes) -> bool:
    """Whether the algorithm finds but does not prove (SHA-1, MD5).

    >>> is_weak(parse_digest("md5:" + "0" * 32))
    True
    """
    return _NAMES.get(_split(digest)[0]) in _WEAK


NAMED_PREFIX = _varint(_NAMED_CODE) + _varint(hashlib.sha256().digest_size)
"""What the keys of items without a digest begin with."""

SCOPED_PREFIX = _varint(_SCOPED_CODE) + _varint(hashlib.sha256().digest_size)
"""What the keys of contents under 64 bytes begin with."""


def frame(*parts: bytes) -> bytes:
    """Write parts one after the other, each after its length in four bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def named_item(dataset: DatasetName, name: str) -> Digest:
    """Return the key of an item that has no digest: dataset version and name."""
    return _within(NAMED_PREFIX, dataset, name.encode())


def scoped_item(dataset: DatasetName, digest: bytes) -> Digest:
    """Return the key of a content under 64 bytes: equal only in its dataset."""
    return _within(SCOPED_PREFIX, dataset, digest)


def _within(prefix: bytes, dataset: DatasetName, part: bytes) -> Digest:
    framed = frame(dataset.name.encode(), dataset.version.encode(), part)
    return Digest(prefix + hashlib.sha256(framed).digest())


def content_key(item: bytes) -> int:
    """Return the indexed 8 bytes of an item as a signed integer.

    Joins on it compare the full item as well, so a collision is harmless.
    """
    raw = _split(item)[1]
    return int.from_bytes(raw[:8], "big", signed=True)


def finding_key(text: str) -> int:
    """Return a 64-bit key that finds a text in an index; it proves nothing."""
    return xxhash.xxh3_64_intdigest(text.encode()) - 2**63
