"""Let Arrow give memory back: most of what a batch takes is free a second later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

__all__ = ["give_back", "giving_back"]

_POOL = "jemalloc"
_KEPT_MS = 50
"""How long freed memory is kept for whoever wants some next; by default a second."""


def give_back() -> None:
    """From now on, have Arrow give back what is free for a tenth of a second.

    The pool that it takes by default keeps what each thread once had: a quarter of an
    ingest's memory. Where there is no other, nothing changes.
    """
    if _POOL in pa.supported_memory_backends():
        pa.jemalloc_set_decay_ms(_KEPT_MS)
        pa.set_memory_pool(pa.jemalloc_memory_pool())


@contextmanager
def giving_back() -> Iterator[None]:
    """The same for some time only, in a process that is not ours alone."""
    before = pa.default_memory_pool()
    give_back()
    try:
        yield
    finally:
        pa.set_memory_pool(before)
