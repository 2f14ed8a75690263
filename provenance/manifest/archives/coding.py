r"""Undo what HTTP did to a body: chunks, gzip, deflate.

RFC 9112, section 7.1 (chunked transfer coding)::

    <size in hex>[;extensions]\r\n <bytes>\r\n … 0\r\n [trailers] \r\n

RFC 9110, section 8.4.1 (content codings). Brotli is not undone.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["LARGEST", "dechunk", "decode"]

LARGEST = 1 << 30
"""Where decoding ends: a few KiB of gzip can stand for any size."""

_STEP = 1 << 20
_LONGEST_LINE = 1024
_SIZE = re.compile(rb"\s*([0-9a-fA-F]{1,15})\s*(;.*)?\r?\n", re.DOTALL)
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_BARE = -zlib.MAX_WBITS
_MEMBER = b"\x1f\x8b\x08"
"""What begins each member of gzip (RFC 1952, section 2.3)."""


def dechunk(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes inside a chunked body.

    Raises:
        ValueError: It is not chunked, or cut short; what came before was yielded.
    """
    while True:
        line = _SIZE.fullmatch(stream.readline(_LONGEST_LINE))
        if line is None:
            raise ValueError("expected the size of a chunk")
        left = int(line[1], 16)
        if not left:
            return
        while left:
            data = stream.read(min(left, _STEP))
            if not data:
                raise ValueError("a chunk is cut short")
            left -= len(data)
            yield data
        if stream.readline(2) not in (b"\r\n", b"\n"):
            raise ValueError("expected the end of a chunk")


def decode(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Yield a body without its content coding.

    Args:
        coding: The value of ``Content-Encoding``; of several codings the last one
            listed was applied last.

    Raises:
        ValueError: The bytes are not in that coding, are cut short, or stand for
            more than ``LARGEST``.
    """
    found = chunks
    for name in reversed([part.strip().lower() for part in coding.split(",")]):
        if name in ("gzip", "x-gzip", "deflate"):
            found = _inflate(found)
        elif name not in ("", "identity"):
            raise ValueError(f"{name} is not undone")
    size = 0
    for data in found:
        size += len(data)
        if size > LARGEST:
            raise ValueError("the content is too large")
        yield data


def _inflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip, member after member, zlib, or the bare deflate of some servers."""
    unpacker = None
    held = b""
    for chunk in chunks:
        data = held + chunk
        held = b""
        while data:
            if unpacker is None:
                unpacker = zlib.decompressobj(_find_wrapping(data))
            elif unpacker.eof and data.startswith(_MEMBER):
                unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
            elif unpacker.eof and _MEMBER.startswith(data):
                held = data
                break
            elif unpacker.eof:
                return  # What else stands there is none of the content.
            try:
                yield unpacker.decompress(data, _STEP)
            except zlib.error as error:
                raise ValueError(str(error)) from error
            data = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if unpacker is not None and not unpacker.eof:
        raise ValueError("the content is cut short")


def _find_wrapping(start: bytes) -> int:
    try:
        zlib.decompressobj(_GZIP_OR_ZLIB).decompress(start[:_LONGEST_LINE], 1)
    except zlib.error:
        return _BARE
    return _GZIP_OR_ZLIB
