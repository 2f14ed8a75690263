"""Bounds that a dataset must keep: how much may be downstream, unknown, how deep."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from provenance.errors import BoundRefusedError

__all__ = ["Bounds", "End", "make_bounds", "parse_bound", "parse_end"]

_PERCENT = 100
_LONGEST = 32


class End(StrEnum):
    """Which end of an interval is held against a bound."""

    HIGH = "high"
    """The upper: what is unknown may be downstream, and counts as if it were."""
    LOW = "low"
    """The lower: only what is known to be downstream counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a dataset is held against; at least one bound, shares from 0 to 1."""

    max_downstream: Decimal | None = None
    max_unknown: Decimal | None = None
    max_depth: int | None = None
    end: End = End.HIGH
    """The end of the interval that ``max_downstream`` is held against."""
    allow_open: bool = False
    """A depth that may be greater than is known keeps ``max_depth`` all the same."""

    def to_dict(self) -> dict[str, object]:
        """The bounds as JSON values; shares as fractions."""
        return {
            "max_downstream": _plain(self.max_downstream),
            "max_unknown": _plain(self.max_unknown),
            "max_depth": self.max_depth,
            "end": str(self.end),
            "allow_open": self.allow_open,
        }


def _plain(share: Decimal | None) -> float | None:
    return None if share is None else float(share)


def make_bounds(
    *,
    max_downstream: str | float | Decimal | None = None,
    max_unknown: str | float | Decimal | None = None,
    max_depth: int | None = None,
    end: str = End.HIGH,
    allow_open: bool = False,
) -> Bounds:
    """Make bounds of the words of a caller; see ``Ledger.check`` for each.

    Raises:
        BoundRefusedError: None is given, or one is none.
    """
    if max_downstream is None and max_unknown is None and max_depth is None:
        raise BoundRefusedError(
            "there is nothing to check: no bound is given",
            hint="Give at least one of: max downstream, max unknown, max depth.",
        )
    if max_depth is not None and max_depth < 0:
        raise BoundRefusedError(f"a depth is 0 or more, not {max_depth}")
    return Bounds(
        max_downstream=None if max_downstream is None else parse_bound(max_downstream),
        max_unknown=None if max_unknown is None else parse_bound(max_unknown),
        max_depth=max_depth,
        end=parse_end(end),
        allow_open=allow_open,
    )


def parse_end(text: str) -> End:
    """Read which end of an interval is meant.

    Raises:
        BoundRefusedError: It is none.
    """
    try:
        return End(text)
    except ValueError as error:
        raise BoundRefusedError(
            f"{text!r} is no end of an interval",
            hint=f"Choose from: {', '.join(End)}.",
        ) from error


def parse_bound(text: str | float | Decimal) -> Decimal:
    """Read a share from 0 to 1: a fraction, or a percentage with its sign.

    >>> parse_bound("20%"), parse_bound(0.2), parse_bound("0")
    (Decimal('0.2'), Decimal('0.2'), Decimal('0'))

    Raises:
        BoundRefusedError: It is none.
    """
    written = str(text).strip()
    number = written.removesuffix("%").strip()
    share = None
    if len(number) <= _LONGEST:
        try:
            share = Decimal(number) / (_PERCENT if number != written else 1)
        except InvalidOperation:
            share = None
    if share is None or not (share.is_finite() and 0 <= share <= 1):
        raise BoundRefusedError(
            f"{str(text)[:_LONGEST]!r} is no share",
            hint="Write a fraction from 0 to 1, or a percentage: 0.2 or 20%.",
        )
    return share.normalize()
