"""Shares that are claimed of a dataset: what they add to what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from provenance.domain import Tier, Unit
from provenance.store.amounts import ASSESSED

__all__ = ["ShareFigures", "attribute", "exact", "plain", "sum_exactly"]

_THOUSANDTHS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareFigures:
    """One claim of a share, held against what is known; amounts in its unit."""

    claim: int
    """Log position of the claim."""
    model: str
    """Name as recorded."""
    unit: Unit
    share: float
    counts: bool
    """Whether the policy takes what is claimed as generation."""
    expected: Fraction
    """share × total."""
    known: Fraction
    """What that model is known to have generated, item by item."""
    unattributed: Fraction
    """What moves from unknown to generated; of which items is not said."""
    conflict: Fraction
    """What does not fit into unknown."""

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON values."""
        amounts = {
            name: plain(getattr(self, name))
            for name in ("expected", "known", "unattributed", "conflict")
        }
        return {
            "claim": self.claim,
            "model": self.model,
            "unit": str(self.unit),
            "share": self.share,
            "counts": self.counts,
            **amounts,
        }


def sum_exactly(amounts: Iterable[int | float]) -> int | float:
    """Add plain numbers up without the errors of their binary spelling.

    >>> sum_exactly([0.1, 0.7]), sum_exactly([2, 3])
    (0.8, 5)
    """
    numbers = list(amounts)
    total = sum(numbers)
    if isinstance(total, int):  # as most are, of many thousand groups
        return total
    return plain(sum(map(exact, numbers), Fraction(0)))


def exact(amount: float) -> Fraction:
    """Turn a plain number into the amount that it spells, without its binary error.

    >>> float(exact(0.1) + exact(0.7))
    0.8
    """
    return Fraction(repr(amount))


def plain(amount: Fraction | float) -> int | float:
    """Turn an exact amount into a plain number, whole where it is."""
    return int(amount) if amount == int(amount) else float(amount)


def attribute(
    shares: Iterable[Any], amounts: Sequence[Any], by_model: Sequence[Any]
) -> tuple[ShareFigures, ...]:
    """Hold the shares of a dataset version against its sums, in the order of the log.

    unattributed = min(unknown, max(0, share × total − known of that generator)); what
    an earlier share of the same model moved is known of it, too.

    Args:
        shares: Rows of ``select_shares``.
        amounts: Rows of ``select_amounts``.
        by_model: The same by model.
    """
    found: list[ShareFigures] = []
    for row in sorted(shares, key=lambda share: int(share["position"])):
        unit, counts = Unit(row["unit"]), row["tier"] == Tier.GENERATED
        earlier = [one for one in found if one.unit is unit]
        of_model = [one for one in earlier if one.model == row["model"]]
        total = _sum(amounts, unit)
        unknown = _sum(amounts, unit, tier=Tier.UNKNOWN)
        known = _sum(by_model, unit, tier=Tier.GENERATED, value=row["model"])
        expected = total * Fraction(Decimal(repr(row["share"])))
        left = unknown - sum(one.unattributed for one in earlier)
        more = expected - known - sum(one.unattributed for one in of_model)
        more = max(more, Fraction(0)) if counts else Fraction(0)
        found.append(
            ShareFigures(
                claim=row["position"],
                model=row["model"],
                unit=unit,
                share=row["share"],
                counts=counts,
                expected=expected,
                known=known,
                unattributed=min(left, more),
                conflict=more - min(left, more),
            )
        )
    return tuple(found)


def _sum(rows: Sequence[Mapping[str, Any]], unit: Unit, **like: object) -> Fraction:
    amount = sum(
        int(row[str(unit)])
        for row in rows
        if all(row[name] == value for name, value in like.items())
    )
    return Fraction(amount, _THOUSANDTHS if unit in ASSESSED else 1)
