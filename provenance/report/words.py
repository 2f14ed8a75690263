"""Numbers, shares and intervals as people read them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["say_change", "say_interval", "say_number", "say_points", "say_share"]


def say_number(number: float) -> str:
    """Write a number with thousands apart, to thousandths.

    >>> say_number(25659642), say_number(2.5), say_number(1.00034)
    ('25,659,642', '2.5', '1')
    """
    if float(number).is_integer():
        return f"{int(number):,}"
    return f"{number:,.3f}".rstrip("0").rstrip(".")


def say_share(share: float | None) -> str:
    """Write a share in per cent, never rounding a part away to nothing or all.

    >>> say_share(0.576), say_share(0.0001), say_share(0.9995), say_share(None)
    ('57.6 %', '< 0.1 %', '> 99.9 %', 'not known')
    """
    if share is None:
        return "not known"
    text = f"{share * 100:.1f} %"
    if share > 0 and text == "0.0 %":
        return "< 0.1 %"
    if share < 1 and text == "100.0 %":
        return "> 99.9 %"
    return text


def say_interval(share: tuple[float, float] | None) -> str:
    """Write ``[low, high]`` as one share, or as two.

    >>> say_interval((0.576, 0.696)), say_interval((0.5, 0.5))
    ('57.6 % – 69.6 %', '50.0 %')
    """
    if share is None:
        return "not known"
    low, high = map(say_share, share)
    return low if low == high else f"{low} – {high}"


def say_change(moved: float) -> str:
    """Write by how much a number moved.

    >>> say_change(1500), say_change(-2.5), say_change(0)
    ('+1,500', '−2.5', '0')
    """
    sign = "+" if moved > 0 else "−" if moved < 0 else ""
    return sign + say_number(abs(moved))


def say_points(moved: Sequence[float] | None) -> str:
    """Write by how many points both ends of an interval moved.

    >>> say_points([0.125, 0.125]), say_points([0, -0.0502]), say_points(None)
    ('+12.5', '0.0 – −5.0', 'not known')
    """
    if moved is None:
        return "not known"
    ends = []
    for end in moved:
        points = f"{abs(end) * 100:.1f}"
        sign = "" if points == "0.0" else "+" if end > 0 else "−"
        ends.append(sign + points)
    return " – ".join(dict.fromkeys(ends))
