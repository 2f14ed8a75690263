"""Whole numbers as columns of bytes: small, and quick to read in a browser.

A column is written as planes: the lowest byte of every value, then the second of every
value, as many as the greatest value needs, so that a compressor finds like beside
like. Values that all have a divisor in common are divided by it. Columns that are equal
are written once.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Columns"]


@dataclass(slots=True)
class Columns:
    """Columns one after the other, and where each of them is."""

    octets: bytearray = field(default_factory=bytearray)
    places: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)
    """Name → offset, number of values, bytes of each, and the divisor."""
    greatest: int = 0
    """The greatest sum of a column."""
    _written: dict[bytes, int] = field(default_factory=dict)

    def add(self, name: str, values: Sequence[int]) -> None:
        r"""Write a column of numbers from 0 to 2⁶⁴ − 1.

        >>> columns = Columns()
        >>> columns.add("items", [1000, 257000])
        >>> columns.places["items"], bytes(columns.octets)
        ((0, 2, 2, 1000), b'\x01\x01\x00\x01')
        """
        divisor = math.gcd(*values) or 1
        numbers = array("Q", [value // divisor for value in values])
        width = (max(numbers, default=0).bit_length() + 7) // 8
        octets, size = numbers.tobytes(), numbers.itemsize
        planes = b"".join(octets[place::size] for place in range(width))
        offset = self._written.get(planes)
        if offset is None:
            offset = self._written[planes] = len(self.octets)
            self.octets += planes
        self.places[name] = (offset, len(numbers), width, divisor)
        self.greatest = max(self.greatest, sum(values))
