"""Numbers, shares and intervals as people read them."""

from __future__ import annotations

__all__ = ["say_interval", "say_number", "say_share"]

_LEAST_SHOWN = 0.0005


def say_number(number: float) -> str:
    """Write a number with thousands apart, exact to thousandths.

    >>> say_number(25659642), say_number(2.5)
    ('25,659,642', '2.5')
    """
    if float(number).is_integer():
        return f"{int(number):,}"
    return f"{number:,.3f}".rstrip("0")


def say_share(share: float | None) -> str:
    """Write a share in per cent, never rounding a part away to nothing or all.

    >>> say_share(0.576), say_share(0.0001), say_share(0.9999), say_share(None)
    ('57.6 %', '< 0.1 %', '> 99.9 %', 'not known')
    """
    if share is None:
        return "not known"
    if 0 < share < _LEAST_SHOWN:
        return "< 0.1 %"
    if 1 - _LEAST_SHOWN < share < 1:
        return "> 99.9 %"
    return f"{share * 100:.1f} %"


def say_interval(share: tuple[float, float] | None) -> str:
    """Write ``[low, high]`` as one share, or as two.

    >>> say_interval((0.576, 0.696)), say_interval((0.5, 0.5))
    ('57.6 % – 69.6 %', '50.0 %')
    """
    if share is None:
        return "not known"
    low, high = map(say_share, share)
    return low if low == high else f"{low} – {high}"
