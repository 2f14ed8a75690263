"""The fingerprint of a manifest: what a batch records of the file it came from."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from provenance.errors import ManifestError
from provenance.manifest.media.members import iter_media_files

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["fingerprint"]

_CHUNK = 1 << 20


def fingerprint(path: Path) -> tuple[bytes, int]:
    """Return the SHA-256 of a file as it lies on the disk, and its size in bytes.

    A compressed file is hashed compressed. Memory use does not grow with the file.
    Of a folder it is the SHA-256 of what ``sha256sum`` prints for its media files, in
    the order of their paths in it; one that cannot be read has ``-`` for a digest.

    Raises:
        ManifestError: The file cannot be read.
    """
    if path.is_dir():
        return _hash_folder(path)
    try:
        return _hash_file(path)
    except OSError as error:
        raise ManifestError(
            f"{path} cannot be read: {error.strerror}",
            hint="Look at the rights of the file, and of its folders.",
        ) from error


def _hash_file(path: Path) -> tuple[bytes, int]:
    hasher = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
            size += len(chunk)
    return hasher.digest(), size


def _hash_folder(folder: Path) -> tuple[bytes, int]:
    hasher = hashlib.sha256()
    total = 0
    for path in iter_media_files(folder):
        name = os.fsencode(path.relative_to(folder))
        try:
            digest, size = _hash_file(path) if path.is_file() else (b"", 0)
        except OSError:
            digest, size = b"", 0
        hasher.update((digest.hex() or "-").encode() + b"  " + name + b"\n")
        total += size
    return hasher.digest(), total
