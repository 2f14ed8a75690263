"""Numbers of things, in words."""

from __future__ import annotations

__all__ = ["say_count"]


def say_count(number: int, one: str, several: str = "") -> str:
    """Write how many there are of something.

    Args:
        one: What one is called.
        several: What several are called, where that is not the same with an ``s``.

    >>> say_count(1, "record"), say_count(2_000, "entry", "entries")
    ('1 record', '2,000 entries')
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"
