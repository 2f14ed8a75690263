"""A column of digests: its spelling is decided once, then decoded in bulk."""

from __future__ import annotations

import binascii
import re
from base64 import b32encode
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow import types

from provenance.domain import (
    Digest,
    Field,
    Spelling,
    choose_spelling,
    format_digest,
    parse_digest,
)
from provenance.domain.digests import ALGORITHMS, EMPTY_DIGESTS
from provenance.manifest.kernels import has_all, has_any, mask_of, pc
from provenance.manifest.parsed import Parsed, blank, parse_rest
from provenance.manifest.raw_text import contiguous, is_binary, to_text

__all__ = ["DigestColumn", "clean"]

_SAMPLE = 200
_AT_ONCE = 4096
_SPELLED = re.compile(rb"[0-9A-Za-z:+/=_-]+")
_HEX = b"0123456789abcdefABCDEF"
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_BASE32HEX = bytes.maketrans(
    _BASE32 + _BASE32[:26].lower(),
    b"0123456789ABCDEFGHIJKLMNOPQRSTUV0123456789ABCDEFGHIJKLMNOP",
)
_LENGTHS = sorted({length for _, length in ALGORITHMS.values()})
_DIGITS = "|".join(f"[0-9a-fA-F]{{{2 * length}}}" for length in _LENGTHS)
_PLAUSIBLE = {
    Spelling.PREFIXED: r"(?i)^(md5|blake3|sha-?1|sha2?-?(256|384|512))[:-]",
    Spelling.MULTIHASH: r"^[0-9a-fA-F\s]+$",
    Spelling.HEX: rf"^({_DIGITS})$|\s",
    Spelling.BASE32: r"^[A-Za-z2-7=]+$|[^\x00-\x7f]",
    Spelling.BASE64: r"^[A-Za-z0-9+/=_-]+$",
}
"""What every digest of a spelling matches, and few other texts."""

_EMPTY = pa.array(sorted(EMPTY_DIGESTS), pa.binary())
_SHA1 = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How the digests of one algorithm look in a column, so that they can be cut."""

    head: str
    """What stands before each payload: ``sha256:``, ``1220`` or nothing."""
    payload: int
    """Characters of the payload."""
    is_hex: bool
    """Hexadecimal; otherwise base32 without padding."""
    prefix: bytes
    """What the multihash has before the raw digest."""

    @property
    def alphabet(self) -> bytes:
        """The characters of a payload."""
        return _HEX if self.is_hex else _BASE32 + _BASE32[:26].lower()

    @property
    def filler(self) -> bytes:
        """A payload to decode in place of none."""
        return self.alphabet[:1] * self.payload


class DigestColumn:
    """Reads one column of digests, batch after batch.

    The spelling comes from a sample of the first batch that has values. Deciding
    value by value would take a hexadecimal MD5 for a SHA-1 in base32.
    """

    def __init__(self, of: Field) -> None:
        self._of = of
        self.spelling: Spelling | None = None
        """None until a value was seen."""

    def parse(self, column: Any) -> Parsed:
        """Read digests as multihashes; placeholders and empty payloads are null."""
        text = self.to_raw(column)
        self.decide(text.values)
        digests = self.decode(text.values)
        flaws = text.flaws
        rest = pc.and_(pc.is_null(digests), pc.is_valid(text.values))
        if has_any(rest):
            places = pc.indices_nonzero(rest)
            found = self._parse_rest(clean(text.values.take(places)))
            if found.values.null_count < len(places):
                digests = pc.replace_with_mask(digests, rest, found.values)
            flaws += tuple(flaws.at(places) for flaws in found.flaws)
        digests = blank(digests, pc.is_in(digests, value_set=_EMPTY))
        return Parsed(values=digests, flaws=flaws)

    def _parse_rest(self, text: Any) -> Parsed:
        plausible = _PLAUSIBLE[self.spelling] if self.spelling else ""
        reason = f"expected a digest, spelled {self.spelling} as in the whole column"
        return parse_rest(
            self._of,
            text,
            self.decode(text),
            self.read,
            plausible=plausible,
            reason=reason,
        )

    def to_raw(self, column: Any) -> Parsed:
        """Return the column as text with whatever stands around the digests.

        Raw bytes come in hexadecimal.
        """
        if types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if is_binary(column):
            column = _to_hex(column.cast(pa.binary()))
        return to_text(self._of, column, strip=False)

    def decide(self, text: Any) -> None:
        """Choose the spelling that most values have, unless that was done."""
        if self.spelling is not None:
            return
        sample = clean(text).drop_null().slice(0, _SAMPLE).to_pylist()
        votes = Counter(filter(None, map(_find_spelling, sample)))
        if votes:
            self.spelling = votes.most_common(1)[0][0]
        elif sample:
            self.spelling = choose_spelling(sample)

    def read(self, text: str) -> Digest:
        """Read one digest in the spelling of the column.

        Raises:
            ValueError: It is none; the text says what is expected.
        """
        try:
            return parse_digest(text, self.spelling)
        except ValueError:
            raise ValueError(
                f"expected a digest, spelled {self.spelling} as in the whole column"
            ) from None

    def decode(self, text: Any) -> Any:
        """Decode the values that look like the first one; null for all others."""
        shape = self._find_shape(text)
        if shape is None:
            return pa.nulls(len(text), pa.binary())
        fits = pc.and_(
            pc.equal(pc.binary_length(text), len(shape.head) + shape.payload),
            pc.starts_with(text, shape.head),
        )
        fits = pc.fill_null(fits, False)
        payloads = text
        if not has_all(fits):
            payloads = pc.if_else(fits, text, shape.head + shape.filler.decode())
        if shape.head:
            payloads = pc.utf8_slice_codeunits(payloads, len(shape.head))
        data = contiguous(payloads)
        raw = _decode_payloads(data, shape)
        if raw is None:
            raw, wrong = _decode_proper(data, shape)
            fits = pc.and_(fits, pc.invert(mask_of(wrong, len(text))))
        return blank(_join(shape.prefix, raw, len(text)), pc.invert(fits))

    def _find_shape(self, text: Any) -> _Shape | None:
        for value in text.drop_null().slice(0, 10).to_pylist():
            try:
                digest = parse_digest(value, self.spelling)
            except ValueError:
                continue
            return _shape_of(value, digest)
        return None


def _find_spelling(text: str) -> Spelling | None:
    """Return the spelling that fits one value best; None when it is no digest.

    Each value has one vote: every SHA-256 in hexadecimal is a SHA-384 in base64,
    too, so that junk among them would otherwise turn the whole column.
    """
    spelling = choose_spelling([text])
    try:
        parse_digest(text, spelling)
    except ValueError:
        return None
    return spelling


def _shape_of(text: str, digest: Digest) -> _Shape | None:
    """Find where the payload of a digest begins; None for a shape without bulk path."""
    written = format_digest(digest).partition(":")[2]
    raw = bytes.fromhex(written)
    prefix = digest[: -len(raw)]
    if text.lower().endswith(written):
        head = text[: -len(written)]
        return _Shape(head=head, payload=len(written), is_hex=True, prefix=prefix)
    base32 = b32encode(raw).decode()
    if len(raw) == _SHA1 and text.upper().endswith(base32):
        head = text[: -len(base32)]
        return _Shape(head=head, payload=len(base32), is_hex=False, prefix=prefix)
    return None


def _decode_proper(data: bytes, shape: _Shape) -> tuple[bytes, Any]:
    """Decode payloads of which some are not in the alphabet.

    A few thousand at a time: what fits the cache costs half of what does not.

    Returns:
        What they decode to, and the places of those that are something else.
    """
    parts: list[bytes] = []
    places: list[int] = []
    size, length = shape.payload, shape.payload * _AT_ONCE
    filler = shape.filler
    table = bytes(sign not in shape.alphabet for sign in range(256))
    for start in range(0, len(data), length):
        part: bytes | bytearray = data[start : start + length]
        raw = _decode_payloads(part, shape)
        if raw is None:
            filled, marks = bytearray(part), part.translate(table)
            found = marks.find(1)
            while found >= 0:
                place = found // size
                places.append(start // size + place)
                end = (place + 1) * size
                filled[place * size : end] = filler
                found = marks.find(1, end)
            raw = _decode_payloads(filled, shape)
        parts.append(raw or b"")
    return b"".join(parts), pa.array(places, pa.int64())


def _decode_payloads(data: bytes | bytearray, shape: _Shape) -> bytes | None:
    """Decode all payloads in one go; None when one of them is not in the alphabet."""
    if shape.is_hex:
        try:
            return binascii.unhexlify(data)
        except binascii.Error:
            return None
    if data.translate(None, shape.alphabet):
        return None
    # 32 characters are 20 bytes exactly, so the column is one long number.
    digits = data.translate(_TO_BASE32HEX)
    return int(digits or b"0", 32).to_bytes(len(data) * 5 // 8, "big")


def _join(prefix: bytes, raw: bytes, count: int) -> Any:
    if not count:
        return pa.array([], pa.binary())
    kind = pa.binary(len(raw) // count)
    fixed = pa.Array.from_buffers(kind, count, [None, pa.py_buffer(raw)])
    return pc.binary_replace_slice(fixed, 0, 0, prefix).cast(pa.binary())


def clean(text: Any) -> Any:
    """Take white space off both ends; what is empty or a placeholder is null."""
    text = pc.utf8_trim_whitespace(text)
    return blank(text, pc.or_(pc.equal(text, ""), pc.equal(text, "-")))


def _to_hex(column: Any) -> Any:
    """Return raw digests in hexadecimal; text in disguise as the text it is."""
    sample = column.drop_null().slice(0, _SAMPLE).to_pylist()
    if all(_SPELLED.fullmatch(value) for value in sample):
        return column
    lengths = pc.binary_length(column)
    length = pc.max(lengths).as_py()
    if column.null_count or pc.min(lengths).as_py() != length:
        values = [None if v is None else v.hex() for v in column.to_pylist()]
        return pa.array(values, pa.string())
    data = binascii.hexlify(contiguous(column))
    kind = pa.binary(2 * length)
    fixed = pa.Array.from_buffers(kind, len(column), [None, pa.py_buffer(data)])
    return fixed.cast(pa.binary()).cast(pa.string())
