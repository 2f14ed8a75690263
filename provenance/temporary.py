"""What goes wrong with temporary files, said in words of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from provenance.errors import LedgerStateError

__all__ = ["explain_temporary"]


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
