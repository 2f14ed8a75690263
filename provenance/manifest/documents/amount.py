"""Amounts as people write them: ``10,983``, ``1.2M``, ``3 billion``."""

from __future__ import annotations

import re
from decimal import Decimal

__all__ = ["AMOUNT", "read_amount", "scale_of"]

_SCALES = {
    **dict.fromkeys(("k", "thousand", "thousands"), 10**3),
    **dict.fromkeys(("m", "million", "millions"), 10**6),
    **dict.fromkeys(("b", "bn", "billion", "billions"), 10**9),
    **dict.fromkeys(("t", "trillion", "trillions"), 10**12),
}
AMOUNT = (
    r"~?\d[\d,_]*(?:\.\d+)?(?:\s?(?:[KMBT]n?|thousand|million|billion|trillion)\b)?"
)
"""A pattern of what ``read_amount`` takes, for use inside others."""

_WHOLE = re.compile(
    r"[~≈]?\s*(\d{1,3}(?:[,_]\d{3})+|\d{1,18})(\.\d{1,9})?\s*([A-Za-z]*)\+?"
)
_MOST = 1 << 53


def read_amount(text: str, times: int = 1) -> int | None:
    """Return an amount; None when the text is none.

    Args:
        text: As people write it.
        times: By what the head of its column says it is to be multiplied.

    >>> [read_amount(text) for text in ("10,983", "1.2M", "~3 billion", "v2", "1.5")]
    [10983, 1200000, 3000000000, None, None]
    """
    found = _WHOLE.fullmatch(text.strip())
    if found is None:
        return None
    whole, fraction, word = found.groups()
    scale = _SCALES.get(word.lower()) if word else 1
    if scale is None:
        return None
    number = Decimal(re.sub("[,_]", "", whole) + (fraction or "")) * scale * times
    return int(number) if number == int(number) and number < _MOST else None


def scale_of(words: list[str]) -> int:
    """Return by what the head of a column says its numbers are to be multiplied.

    >>> scale_of(["tokens", "billions"]), scale_of(["rows"])
    (1000000000, 1)
    """
    return next((_SCALES[word] for word in words if word in _SCALES), 1)
