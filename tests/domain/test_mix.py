"""What stays of a mix: within the bound, and as near to the best as is promised."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.domain import End, Tier
from provenance.domain.mix import Mix, fill

_percents = st.integers(0, 100).map(lambda n: Decimal(n) / 100)


def _best(free: int, share: Decimal, weights: list[int]) -> int:
    """The most that can stay, by trying every subset."""
    found = 0
    for chosen in product((0, 1), repeat=len(weights)):
        kept = sum(w for w, taken in zip(weights, chosen, strict=True) if taken)
        if kept <= Fraction(share) * (free + kept):
            found = max(found, kept)
    return found


def _kept(free: int, share: Decimal, weights: list[int]) -> tuple[int, list[int]]:
    """How much stays, and what each record weighs that does not."""
    counted = sorted({w: weights.count(w) for w in weights}.items(), reverse=True)
    mix = Mix(max_downstream=share)
    taken = list(fill(mix.room(free), counted))
    left = [
        weight
        for (weight, number), stays in zip(counted, taken, strict=True)
        for _ in range(number - stays)
    ]
    return sum(weights) - sum(left), left


@given(
    free=st.integers(0, 60),
    share=_percents,
    weights=st.lists(st.integers(0, 12), max_size=9),
)
@settings(max_examples=150)
def test_what_stays_falls_short_of_the_best_by_less_than_the_lightest_left_out(
    free: int, share: Decimal, weights: list[int]
) -> None:
    kept, left = _kept(free, share, weights)
    assert kept <= Fraction(share) * (free + kept)
    best = _best(free, share, weights)
    assert kept <= best
    if left:
        assert best - kept < min(left)
    else:
        assert kept == best == sum(weights)


@given(
    free=st.integers(0, 60),
    share=_percents,
    weight=st.integers(1, 7),
    number=st.integers(0, 9),
)
@settings(max_examples=60)
def test_where_all_weigh_the_same_nothing_is_better(
    free: int, share: Decimal, weight: int, number: int
) -> None:
    weights = [weight] * number
    assert _kept(free, share, weights)[0] == _best(free, share, weights)


def test_what_counts_is_what_a_check_counts() -> None:
    share = Decimal("0.05")
    assert Mix().charged == frozenset()
    high = Mix(max_downstream=share)
    assert high.charged == {Tier.GENERATED, Tier.DERIVED, Tier.UNKNOWN}
    low = Mix(max_downstream=share, end=End.LOW)
    assert low.charged == {Tier.GENERATED, Tier.DERIVED}
    two = frozenset({Tier.HUMAN, Tier.UNKNOWN})
    assert Mix(tiers=two, max_downstream=share).charged == {Tier.UNKNOWN}
    assert Mix(max_downstream=Decimal(1)).room(0) is None
    assert Mix(max_downstream=Decimal(0)).room(10**30) == 0
