"""The identity of a text: the digest of what it says, not of how it is encoded."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa

from provenance.domain.digests import multihash_prefix
from provenance.manifest.kernels import pc

__all__ = ["digest_texts"]

_SHA256 = multihash_prefix("sha256")


def digest_texts(text: Any) -> pa.BinaryArray:
    """Return SHA-256 multihashes of texts; null for what is null or empty.

    Texts that differ only in Unicode composition or in line ends are the same
    content, so both are normalised first: NFC, and a line feed for each line end.
    """
    plain = pc.replace_substring(pc.replace_substring(text, "\r\n", "\n"), "\r", "\n")
    composed = pc.utf8_normalize(plain, "NFC")
    return pa.array(
        [
            _SHA256 + hashlib.sha256(data).digest() if data else None
            for data in composed.cast(pa.binary()).to_pylist()
        ],
        pa.binary(),
    )
