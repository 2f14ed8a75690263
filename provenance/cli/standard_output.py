"""The streams of the command line: what they cannot spell, or cannot take."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.errors import LedgerStateError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["prepare_streams"]

_UNSPELLED = ("strict", "surrogateescape")
"""How streams begin that refuse text: the second in the locale C."""


class _Output(io.FileIO):
    """Standard output, which says in words of ours that it cannot be written."""

    def write(self, octets: ReadableBuffer, /) -> int:
        try:
            return super().write(octets)
        except BrokenPipeError:  # whoever reads has seen enough
            raise
        except OSError as error:
            # What is left would be tried again at the end of the program.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            raise LedgerStateError(
                f"standard output cannot be written: {error.strerror}",
                hint="Make room where it goes and run the command again; what was "
                "recorded stands.",
            ) from error


def prepare_streams() -> None:
    """Have text that a stream cannot spell printed as ``?``, and failures told."""
    if sys.stdout is None:  # closed by the caller
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - open to the end
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_Output(sys.stdout.fileno(), "w", closefd=False)),
            encoding=sys.stdout.encoding,
            errors=sys.stdout.errors,
            line_buffering=sys.stdout.line_buffering,
        )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in _UNSPELLED:
            stream.reconfigure(errors="replace")
