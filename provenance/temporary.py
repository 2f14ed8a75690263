"""Temporary files: what goes wrong with them, and those of killed processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from provenance.errors import LedgerStateError

__all__ = ["explain_temporary", "remove_orphans"]


@contextmanager
def explain_temporary() -> Iterator[None]:
    """Say what to do where a temporary file cannot be made or written.

    Raises:
        LedgerStateError: The system refuses it, or no folder for it is to be found.
    """
    try:
        yield
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        raise LedgerStateError(
            f"the temporary file{where} cannot be written: {error.strerror or error}",
            hint="Set $TMPDIR to a folder with room; nothing half-recorded was kept. "
            "Then run the command again.",
        ) from error


def remove_orphans(paths: Iterable[Path]) -> None:
    """Remove files that nobody holds a lock on: their processes are no more."""
    for path in paths:
        try:
            lock = os.open(path, os.O_RDWR)
        except (FileNotFoundError, PermissionError):
            continue  # it is gone, or of another user, who removes it
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
        except OSError:
            continue  # it is in use, or nothing can be locked there
        finally:
            os.close(lock)
