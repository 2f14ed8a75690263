"""A folder as a manifest: its files of every depth, but nothing hidden."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from provenance.errors import ManifestError

__all__ = ["iter_files"]


def iter_files(folder: str | Path) -> Iterator[Path]:
    """Yield the files of a folder and of those in it, sorted, but not hidden ones.

    Raises:
        ManifestError: A folder cannot be looked at.
    """
    for path, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for file in sorted(files):
            if not file.startswith("."):
                yield Path(path, file)


def _refuse(error: OSError) -> None:
    raise ManifestError(
        f"{error.filename} cannot be read: {error.strerror}",
        hint="Look at the rights of the folder, and of those above it.",
    ) from error
