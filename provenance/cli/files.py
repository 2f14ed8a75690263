"""Read and write the small files that commands name; say plainly what fails."""

from __future__ import annotations

from pathlib import Path

from provenance.errors import LedgerStateError, say_unwritable

__all__ = ["read_file", "write_file"]


def read_file(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        LedgerStateError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise LedgerStateError(
            f"{path} cannot be read: {error.strerror}",
            hint="Check its name, and the rights of it and of its folders.",
        ) from error


def write_file(path: Path, octets: bytes) -> None:
    """Write the bytes of a file.

    Raises:
        LedgerStateError: It cannot be written.
    """
    try:
        path.write_bytes(octets)
    except OSError as error:
        raise say_unwritable(path, error) from error
