"""Sizes of memory as callers write them."""

from __future__ import annotations

import re

from provenance.errors import LedgerStateError

__all__ = ["parse_size"]

_SIZE = re.compile(r"\d{1,9}(?:\.\d{1,9})? ?[KMGT]i?B", re.ASCII | re.IGNORECASE)


def parse_size(text: str) -> str:
    """Read a size of memory; it stays as it is written.

    Raises:
        LedgerStateError: It is none.

    >>> parse_size("1.5 GiB")
    '1.5 GiB'
    """
    if not _SIZE.fullmatch(str(text)):
        raise LedgerStateError(
            f"{text!r} is no size of memory", hint="Write 500MB, or 2GB."
        )
    return text
