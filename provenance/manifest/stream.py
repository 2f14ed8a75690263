"""The bytes of a manifest, unpacked: plain, gzip, bzip2, Zstandard or LZ4.

The packing is told by the first bytes, never by the suffix: renamed files are
common, and a wrong guess would end in nonsense rows.
"""

from __future__ import annotations

import bz2
import gzip
import zlib
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, cast

import pyarrow as pa

from provenance.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["CHUNK", "find_packing", "iter_chunks"]

CHUNK = 1 << 20
"""Most bytes asked of a stream at once."""

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
}
_REFUSED = {
    b"\xfd7zXZ": "an xz file",
    b"PK\x03\x04": "a ZIP archive",
    b"\xff\xfe": "a UTF-16 text",
    b"\xfe\xff": "a UTF-16 text",
}


def find_packing(path: Path) -> str:
    """Return ``gzip``, ``bzip2``, ``zstd``, ``lz4``, or nothing for a plain file.

    Raises:
        ManifestError: There is no such file, it is empty, or it is packed in a way
            that is not supported.
    """
    if not path.is_file():
        what = "is a directory" if path.is_dir() else "does not exist"
        raise ManifestError(f"{path} {what}", hint="Name one manifest file.")
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise ManifestError(f"{path} cannot be read: {error.strerror}") from error
    if not start:
        raise ManifestError(f"{path} holds no rows", hint="The file is empty.")
    for magic, what in _REFUSED.items():
        if start.startswith(magic):
            raise ManifestError(
                f"{path} is {what}",
                hint="Unpack or convert it; gzip, bzip2, zstd, lz4 and UTF-8 are read.",
            )
    return next((name for magic, name in _MAGIC.items() if start.startswith(magic)), "")


def iter_chunks(path: Path) -> Iterator[bytes]:
    """Yield the unpacked bytes of a file, at most ``CHUNK`` at a time.

    Raises:
        EOFError: The packed data ends early or is damaged; everything that could
            be unpacked was yielded before. The text says which of the two.
        ManifestError: As ``find_packing``.
    """
    packing = find_packing(path)
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        stream: BinaryIO = file
        if packing == "gzip":
            stream = cast("BinaryIO", stack.enter_context(gzip.GzipFile(fileobj=file)))
        elif packing == "bzip2":
            stream = cast("BinaryIO", stack.enter_context(bz2.BZ2File(file)))
        elif packing:
            stream = cast(
                "BinaryIO", stack.enter_context(pa.CompressedInputStream(file, packing))
            )
        yield from _iter_stream(stream)


def _iter_stream(stream: BinaryIO) -> Iterator[bytes]:
    while True:
        try:
            # ``read`` would throw away what it unpacked before the damage.
            chunk = _read_some(stream)
        except EOFError as error:
            raise EOFError("ends early") from error
        except (OSError, zlib.error) as error:
            early = "runcated" in str(error)
            raise EOFError("ends early" if early else "is damaged") from error
        if not chunk:
            return
        yield chunk


def _read_some(stream: BinaryIO) -> bytes:
    if isinstance(stream, gzip.GzipFile | bz2.BZ2File):
        return stream.read1(CHUNK)
    return stream.read(CHUNK)
