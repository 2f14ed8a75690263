"""The media files that a path stands for: itself, a folder, a tar or ZIP archive.

Members of an archive are unpacked one at a time, into memory up to 32 MiB and into a
scratch file from there on.
"""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from provenance.errors import LedgerStateError, UnreadableError
from provenance.manifest.folder import iter_files
from provenance.manifest.media.kinds import MEDIA_SUFFIXES
from provenance.manifest.stream import CHUNK, Meter, iter_chunks

__all__ = [
    "Flaw",
    "Member",
    "find_container",
    "holds_media",
    "iter_media_files",
    "iter_members",
]

_HELD = 1 << 25
_ZIP = b"PK\x03\x04"
_TAR = (257, b"ustar")
_DOCUMENTS = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")
"""What the first member of a ZIP is that is a document or a program, no archive."""

_LOOKED_AT = 1000
_DAMAGE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError),
)
"""What the readers of archives raise at members that are damaged or locked."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file, open until the next is asked for."""

    name: str
    """Its path in the folder or archive; of a file by itself the file name."""
    file: BinaryIO


@dataclass(frozen=True, slots=True)
class Flaw:
    """A file that cannot be read, or the rest of an archive."""

    name: str
    reason: str


def find_container(path: Path) -> str:
    """Return ``folder``, ``zip``, ``tar``, or nothing: what media files may lie in.

    Raises:
        ManifestError: The file cannot be read.
    """
    try:
        if path.is_dir():
            return "folder"
        if not path.is_file():
            return ""  # a pipe would never be opened; whoever reads it says why
        with path.open("rb") as file:
            if file.read(len(_ZIP)) == _ZIP:
                return "zip"
    except OSError:
        return ""  # as above
    place, mark = _TAR
    try:
        start = next(iter_chunks(path), b"")
    except EOFError:
        return ""
    return "tar" if start[place:].startswith(mark) else ""


def holds_media(path: Path, container: str) -> bool:
    """Whether there is a media file among the first members, by their names."""
    if container == "folder":
        return next(iter_media_files(path), None) is not None
    list_names = _list_zip if container == "zip" else _list_tar
    return any(map(_is_media, list_names(path)))


def iter_media_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder that have the suffix of a media file, sorted."""
    return (path for path in iter_files(folder) if _is_media(str(path)))


def iter_members(path: Path, meter: Meter) -> Iterator[Member | Flaw | None]:
    """Yield the media files of a path; None for a member of another kind.

    Args:
        meter: Is told how far an archive was read.

    Raises:
        ManifestError: It is an archive that cannot be opened at all.
        LedgerStateError: There is no room to unpack a member.
    """
    container = find_container(path)
    if container == "folder":
        for file in iter_media_files(path):
            yield from _open_file(file, file.relative_to(path).as_posix())
    elif container == "zip":
        yield from _iter_zip(path, meter)
    elif container == "tar":
        yield from _iter_tar(path, meter)
    else:
        yield from _open_file(path, path.name)


def _is_media(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts[-1:])
    inside = "__MACOSX" in path.parts
    return path.suffix.lower() in MEDIA_SUFFIXES and not hidden and not inside


def _open_file(path: Path, name: str) -> Iterator[Member | Flaw]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            yield Flaw(name, "expected a regular file")
            return
        file = path.open("rb")
    except OSError as error:
        yield Flaw(name, f"cannot be read: {error.strerror}")
        return
    with file:
        yield Member(name, file)


def _iter_zip(path: Path, meter: Meter) -> Iterator[Member | Flaw | None]:
    with _open_zip(path) as archive:
        for info in archive.infolist():
            meter.set(info.header_offset)
            if info.is_dir():
                continue
            if not _is_media(info.filename):
                yield None
                continue

            def start(info: zipfile.ZipInfo = info) -> Any:
                return archive.open(info)

            yield from _unpack(_plain(info.filename), start)


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise UnreadableError(
            f"{path} is a ZIP archive that is damaged or ends early",
            hint="Fetch the file again.",
        ) from error


def _iter_tar(path: Path, meter: Meter) -> Iterator[Member | Flaw | None]:
    try:
        with closing(_open_tar(path, meter)) as archive:
            for info in archive:
                _forget(archive)
                if (info.islnk() or info.issym()) and _is_media(info.name):
                    # What it leads to has been read, or comes: a stream has no way.
                    yield Flaw(_plain(info.name), "is a link: unpack the archive")
                if not info.isreg():
                    continue
                if not _is_media(info.name):
                    yield None
                    continue

                def start(info: tarfile.TarInfo = info) -> Any:
                    return archive.extractfile(info)

                yield from _unpack(_plain(info.name), start)
    except _DAMAGE as error:
        yield Flaw("", f"the archive {_say_damage(error)}: the rest cannot be read")


def _say_damage(error: Exception) -> str:
    said = str(error)
    return said if said in ("ends early", "is damaged") else "is damaged or ends early"


def _open_tar(path: Path, meter: Meter | None = None) -> tarfile.TarFile:
    stream = cast("Any", _Chunks(iter_chunks(path, meter)))
    return tarfile.open(fileobj=stream, mode="r|", bufsize=CHUNK, tarinfo=_StrictInfo)


class _StrictInfo(tarfile.TarInfo):
    """The head of a member; one that is none is damage, and not the end."""

    @classmethod
    def fromtarfile(cls, tarfile_: Any) -> Any:
        """Read the next head.

        ``tarfile`` takes a bad one for the end of the archive without a word.
        """
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.HeaderError as error:
            if type(error).__name__ == "EOFHeaderError":
                raise
            raise tarfile.ReadError(str(error)) from error


def _forget(archive: Any) -> None:
    """Empty the list that grows with every member that was met."""
    archive.members = []


class _Chunks:
    """Chunks as a file that can be read once, from its start."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""
        self._failure: EOFError | None = None

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer only at the end.

        Raises:
            EOFError: There is damage behind what was returned before.
        """
        parts = [self._held]
        length = len(self._held)
        try:
            while length < size and (chunk := next(self._chunks, b"")):
                parts.append(chunk)
                length += len(chunk)
        except EOFError as error:
            self._failure = error
        if self._failure and not length:
            raise self._failure
        data = b"".join(parts)
        self._held = data[size:]
        return data[:size]


def _unpack(name: str, start: Callable[[], Any]) -> Iterator[Member | Flaw]:
    with SpooledTemporaryFile(max_size=_HELD) as copy:
        try:
            with start() as packed:
                while chunk := packed.read(CHUNK):
                    _keep(copy, chunk, name)
        except _DAMAGE as error:
            locked = "encrypted" in str(error)
            yield Flaw(name, "is encrypted" if locked else "is damaged or ends early")
            return
        copy.seek(0)
        yield Member(name, cast("BinaryIO", copy))


def _keep(copy: Any, chunk: bytes, name: str) -> None:
    try:
        copy.write(chunk)
    except OSError as error:
        raise LedgerStateError(
            f"{name} cannot be unpacked: {error.strerror}",
            hint="Set $TMPDIR to a folder with more room.",
        ) from error


def _list_zip(path: Path) -> list[str]:
    with _open_zip(path) as archive:
        names = archive.namelist()
    return [] if names and names[0] in _DOCUMENTS else names


def _list_tar(path: Path) -> list[str]:
    names: list[str] = []
    try:
        with closing(_open_tar(path)) as archive:
            for info in archive:
                _forget(archive)
                names.append(info.name)
                if len(names) >= _LOOKED_AT:
                    break
    except _DAMAGE:
        pass  # whoever reads it says so
    return names


def _plain(name: str) -> str:
    """Return the name of a member without ``./``, and as text whatever its bytes."""
    return str(PurePosixPath(name)).encode(errors="backslashreplace").decode()
