"""The fingerprint of a manifest: what a batch records of the file it came from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from provenance.errors import ManifestError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["fingerprint"]

_CHUNK = 1 << 20


def fingerprint(path: Path) -> tuple[bytes, int]:
    """Return the SHA-256 of a file as it lies on the disk, and its size in bytes.

    A compressed file is hashed compressed. Memory use does not grow with the file.

    Raises:
        ManifestError: The file cannot be read.
    """
    hasher = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                hasher.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise ManifestError(f"{path} cannot be read: {error.strerror}") from error
    return hasher.digest(), size
