"""Bounds are read exactly, and what is none is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from provenance.domain import End, make_bounds, parse_bound
from provenance.errors import BoundRefusedError


@pytest.mark.parametrize(
    ("written", "share"),
    [
        (0, "0"),
        (1, "1"),
        (0.1, "0.1"),
        ("0 %", "0"),
        ("100%", "1"),
        ("0.001%", "0.00001"),
    ],
)
def test_a_share_is_a_fraction_or_a_percentage(written: object, share: str) -> None:
    assert parse_bound(written) == Decimal(share)  # type: ignore[arg-type] # as typed


@pytest.mark.parametrize(
    "written", ["", "%", "nan", "inf", "-0.1", "1.01", "101%", "20", "0,2", "1" * 99]
)
def test_what_is_no_share_is_refused(written: str) -> None:
    with pytest.raises(BoundRefusedError, match="is no share"):
        parse_bound(written)


def test_bounds_are_at_least_one() -> None:
    with pytest.raises(BoundRefusedError, match="nothing to check"):
        make_bounds()
    assert make_bounds(max_downstream=0).end is End.HIGH


@pytest.mark.parametrize("asked", [{"max_depth": -1}, {"max_depth": 1, "end": "mid"}])
def test_odd_bounds_are_refused(asked: dict[str, object]) -> None:
    with pytest.raises(BoundRefusedError):
        make_bounds(**asked)  # type: ignore[arg-type] # wrong on purpose
