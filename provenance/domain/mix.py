"""A mix to be reached by leaving records out, and how much may stay for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from provenance.domain.bounds import End
from provenance.domain.tiers import Tier

__all__ = ["Mix", "fill"]

_DOWNSTREAM = frozenset({Tier.GENERATED, Tier.DERIVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What is wanted of a dataset: some tiers, and not too much downstream."""

    tiers: frozenset[Tier] = frozenset(Tier)
    """Records of other tiers are left out."""
    max_downstream: Decimal | None = None
    """The greatest share of what is kept that may be downstream, from 0 to 1."""
    end: End = End.HIGH
    """Whether unknown counts against it, as in a check."""

    @property
    def charged(self) -> frozenset[Tier]:
        """The tiers that count against the bound; none where there is none."""
        if self.max_downstream is None:
            return frozenset()
        more = {Tier.UNKNOWN} if self.end is End.HIGH else set()
        return self.tiers & (_DOWNSTREAM | more)

    def room(self, free: int) -> int | None:
        """How much of the charged tiers may stay beside so much of the others.

        ``kept ≤ X × (free + kept)``, so ``kept ≤ X × free ÷ (1 − X)``; None: all.

        >>> Mix(max_downstream=Decimal("0.05")).room(950)
        50
        """
        if self.max_downstream is None or self.max_downstream == 1:
            return None
        most = Fraction(self.max_downstream)
        return int(most * free / (1 - most))


def fill(room: int | None, weights: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Say how many records of each weight stay: the heaviest that still fit.

    To fill the room exactly is the subset-sum problem. Taken from the heaviest on, each
    if it fits, what stays falls short of the best there can be by less than the
    lightest record that is left out: that one did not fit when its turn came, and what
    had been taken by then only grew. Where all weigh the same, nothing is better.

    Args:
        room: What they may weigh together; None: anything.
        weights: Weight and number of records, from the heaviest on.

    Yields:
        For each weight, how many stay.

    Example:
        >>> list(fill(10, [(6, 2), (3, 1), (2, 5)]))
        [1, 1, 0]
    """
    left = room
    for weight, number in weights:
        if left is None or not weight:
            yield number
            continue
        taken = min(number, left // weight)
        left -= taken * weight
        yield taken
