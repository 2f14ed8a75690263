"""The bytes of a manifest, unpacked: plain, gzip, bzip2, Zstandard or LZ4.

The packing is told by the first bytes, never by the suffix: renamed files are
common, and a wrong guess would end in nonsense rows.
"""

from __future__ import annotations

import gzip
import io
import stat
import zlib
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, cast

import pyarrow as pa

from provenance.errors import ManifestError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Buffer

__all__ = ["CHUNK", "Meter", "explain_disk", "find_packing", "iter_chunks"]

CHUNK = 1 << 20
"""Most bytes asked of a stream at once."""

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
}
_SKIPPED, _SKIPPED_NIBBLE = b"\x2a\x4d\x18", 5
"""What a frame to be skipped begins with, behind its first byte; that begins with 5."""

_POINTER = b"version https://git-lfs.github.com/spec/"
_UNPACK = "Unpack or convert it; gzip, bzip2, zstd, lz4 and UTF-8 are read."
_CONVERT = "Write its rows as Parquet or JSON lines."
_REFUSED = {
    b"\xfd7zXZ": ("an xz file", _UNPACK),
    b"\x02\x21\x4c\x18": ("an LZ4 file of the legacy format", _UNPACK),
    b"PK\x03\x04": ("a ZIP archive", _UNPACK),
    b"\xff\xfe": ("a UTF-16 text", _UNPACK),
    b"\xfe\xff": ("a UTF-16 text", _UNPACK),
    b"ARROW1": ("an Arrow file", _CONVERT),
    b"\xff\xff\xff\xff": ("an Arrow stream", _CONVERT),
    b"FEA1": ("a Feather file", _CONVERT),
    b"Obj\x01": ("an Avro file", _CONVERT),
    b"\x89HDF": ("an HDF5 file", _CONVERT),
    b"SQLite f": ("an SQLite database", _CONVERT),
}

_NOT_UNPACKED = {
    "too much memory": "has a larger window than is unpacked here, 128 MiB",
    "Dictionary mismatch": "is packed with a dictionary of its own",
}
"""What Zstandard says of frames that are in order → what that means."""

_PIPE_IN = "Give it as standard input: provenance ingest - < FILE"
_DEVICE = ("is a device", _PIPE_IN)
_NO_FILE = {
    stat.S_IFDIR: ("is a directory", "Name one manifest file."),
    stat.S_IFIFO: ("is a pipe, which can be read but once", _PIPE_IN),
    stat.S_IFSOCK: ("is a socket", _PIPE_IN),
}


class Meter:
    """How far a file was read, measured where it lies packed."""

    def __init__(self, path: Path) -> None:
        self._size = path.stat().st_size
        self._read = 0

    def set(self, read: int) -> None:
        """Note how many bytes of the file were read."""
        self._read = read

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(self._read / self._size, 1.0) if self._size else 1.0


def find_packing(path: Path) -> str:
    """Return ``gzip``, ``bz2``, ``zstd``, ``lz4``, or nothing for a plain file.

    Raises:
        ManifestError: There is no such file, it is empty, or it is packed in a way
            that is not supported.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            what, hint = _NO_FILE.get(stat.S_IFMT(mode), _DEVICE)
            raise ManifestError(f"{path} {what}", hint=hint)
        with path.open("rb") as file:
            start = _read_start(file)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ManifestError(
            f"{path} does not exist", hint="Name a manifest, a folder or a pattern."
        ) from error
    except OSError as error:
        raise UnreadableError(
            f"{path} cannot be read: {error.strerror}",
            hint="Look at the rights of the file, and of its folders.",
        ) from error
    if not start:
        raise ManifestError(f"{path} holds no rows", hint="The file is empty.")
    if start.startswith(_POINTER):
        raise UnreadableError(
            f"{path} is a pointer of Git LFS, and not the file itself",
            hint="Fetch the file: git lfs pull",
        )
    for magic, (what, hint) in _REFUSED.items():
        if start.startswith(magic):
            raise ManifestError(f"{path} is {what}", hint=hint)
    return next((name for magic, name in _MAGIC.items() if start.startswith(magic)), "")


def _read_start(file: BinaryIO) -> bytes:
    """Return the first bytes behind the frames that unpacking skips.

    pzstd writes one before each frame of data. Zstandard and LZ4 have them alike:
    https://www.rfc-editor.org/rfc/rfc8878#section-3.1.2
    """
    start = file.read(8)
    while start[1:4] == _SKIPPED and start[0] >> 4 == _SKIPPED_NIBBLE:
        file.seek(int.from_bytes(start[4:], "little"), io.SEEK_CUR)
        start = file.read(8)
    return start + file.read(len(_POINTER))


class _Start(io.RawIOBase):
    """The first bytes of a file, as a file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Read what there is room for."""
        room = memoryview(buffer)
        data = self._file.read(min(len(room), self._left))
        room[: len(data)] = data
        self._left -= len(data)
        return len(data)


def iter_chunks(
    path: Path, meter: Meter | None = None, *, size: int | None = None
) -> Iterator[bytes]:
    """Yield the unpacked bytes of a file, at most ``CHUNK`` at a time.

    Args:
        meter: Is told how far the file was read.
        size: How many bytes of the file there are, as it lies; by default all.

    Raises:
        EOFError: The packed data ends early or is damaged; everything that could
            be unpacked was yielded before. The text says which of the two.
        ManifestError: As ``find_packing``, or the disk fails.
    """
    packing = find_packing(path)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
        except OSError as error:
            raise explain_disk(path, error) from error
        if size is not None:
            file = io.BufferedReader(_Start(file, size))
        stream: BinaryIO = file
        if packing == "gzip":
            stream = cast("BinaryIO", stack.enter_context(gzip.GzipFile(fileobj=file)))
        elif packing:  # of bzip2, Python would drop what follows a damaged part
            stream = cast(
                "BinaryIO", stack.enter_context(pa.CompressedInputStream(file, packing))
            )
        for chunk in _iter_stream(path, stream):
            if meter:
                meter.set(file.tell())
            yield chunk


def explain_disk(path: Path, error: OSError) -> UnreadableError:
    """Return the error of a file that the disk does not hand over."""
    return UnreadableError(
        f"{path} cannot be read: {error.strerror}",
        hint="The disk or the share it lies on is at fault: copy the file to another "
        "one, and try again.",
    )


def _iter_stream(path: Path, stream: BinaryIO) -> Iterator[bytes]:
    while True:
        try:
            chunk = _read_some(stream)
        except EOFError as error:
            raise EOFError("ends early") from error
        except (OSError, zlib.error) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise explain_disk(path, error) from error  # not of what unpacks
            _refuse_frames(path, error)
            early = "runcated" in str(error)
            raise EOFError("ends early" if early else "is damaged") from error
        if not chunk:
            return
        yield chunk


def _refuse_frames(path: Path, error: Exception) -> None:
    for said, meaning in _NOT_UNPACKED.items():
        if said in str(error):
            raise UnreadableError(
                f"{path} {meaning}",
                hint="Unpack it first: zstd -dc --long=31 FILE, or with -D DICTIONARY; "
                "provenance ingest - reads what that prints.",
            ) from error


def _read_some(stream: BinaryIO) -> bytes:
    if isinstance(stream, gzip.GzipFile):
        return stream.read1(CHUNK)  # ``read`` would lose what came before a damage
    return stream.read(CHUNK)
