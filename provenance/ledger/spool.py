"""A copy on disk of what can be read but once: standard input, or a far file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from provenance.errors import LedgerStateError, ManifestError

__all__ = ["copy_input", "place_for_copy"]

_CHUNK = 1 << 20
_LONGEST_NAME = 100


@contextmanager
def place_for_copy(folder: Path, name: str) -> Iterator[Path]:
    """Give the path of a file to be made, in a folder of its own that goes at the end.

    Args:
        folder: Where, unless ``$TMPDIR`` says it.
        name: What the file is called: its suffix may tell its format.

    Raises:
        LedgerStateError: The folder cannot be written.
    """
    place = os.environ.get("TMPDIR") or folder
    try:
        own = tempfile.TemporaryDirectory(prefix=".provenance-", dir=place)
    except OSError as error:
        raise LedgerStateError(
            f"no copy of {name} can be kept in {place}: {error.strerror}",
            hint="Set $TMPDIR to a folder that can be written.",
        ) from error
    with own:
        yield Path(own.name, name[-_LONGEST_NAME:])


def copy_input(source: BinaryIO, path: Path) -> None:
    """Copy a stream to a file, a MiB at a time.

    Raises:
        ManifestError: The stream breaks off.
        LedgerStateError: There is no room for it.
    """
    try:
        with path.open("wb") as file:
            while chunk := _read(source):
                file.write(chunk)
    except OSError as error:
        raise LedgerStateError(
            f"standard input cannot be kept in {path.parent}: {error.strerror}",
            hint="Set $TMPDIR to a folder with more room.",
        ) from error


def _read(source: BinaryIO) -> bytes:
    try:
        return source.read(_CHUNK)
    except OSError as error:
        raise ManifestError(
            f"standard input cannot be read: {error.strerror}"
        ) from error
