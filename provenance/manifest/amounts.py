"""Numbers of a row: sizes, counts, repetitions, scores."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyarrow import types

from provenance.domain import Field
from provenance.manifest.kernels import has_all, pc
from provenance.manifest.parsed import Flaws, Parsed, blank, parse_distinct, parse_rest
from provenance.manifest.raw_text import to_text

__all__ = ["ONCE", "parse_copies", "parse_count", "parse_fraction"]

ONCE = 1000
"""Copies are counted in thousandths."""

_TOO_MANY = 1 << 53
"""Where floats stop being exact, and JSON readers with them."""

_DIGITS = 16
_WHOLE = r"^\d{1,16}(\.0*)?$"
_DECIMAL = re.compile(
    r"(\d{1,40}(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE
)
_NOISE = Decimal("1e-9")
_NO_COUNT = "expected a whole number from 0 to 2^53 - 1"
_NO_COPIES = "expected a number from 0 to 9 · 10^12, with at most three decimals"
_NO_FRACTION = "expected a number from 0 to 1"


def parse_count(of: Field, column: Any) -> Parsed:
    """Read non-negative whole numbers, ``12``, ``"12"`` or ``12.0``, as int64."""
    if types.is_signed_integer(column.type):
        values = column.cast(pa.int64())
        wrong = pc.or_(pc.less(values, 0), pc.greater_equal(values, _TOO_MANY))
        flaws = Flaws.where(of, pc.fill_null(wrong, False), values, _NO_COUNT)
        return Parsed(values=blank(values, wrong), flaws=flaws)
    text = to_text(of, column)
    done = _read_digits(text.values)
    found = parse_rest(
        of, text.values, done, _read_count, plausible=_WHOLE, reason=_NO_COUNT
    )
    return Parsed(values=found.values, flaws=text.flaws + found.flaws)


def _read_digits(text: pa.StringArray) -> Any:
    """Read the texts that are few digits; null for all others."""
    short = pc.and_(pc.ascii_is_decimal(text), pc.less(pc.binary_length(text), _DIGITS))
    if not has_all(short):
        text = pc.if_else(short, text, pa.scalar(None, pa.string()))
    return text.cast(pa.int64())


def _read_count(text: str) -> int:
    whole = int(text.partition(".")[0])
    if whole >= _TOO_MANY:
        raise ValueError(_NO_COUNT)
    return whole


def parse_copies(column: Any) -> Parsed:
    """Read repetitions as int64 thousandths; an empty cell is once."""
    of = Field.COPIES
    text = to_text(of, column)
    found = parse_distinct(of, text.values, _read_copies, pa.int64())
    values = pc.if_else(pc.is_valid(text.values), found.values, ONCE)
    return Parsed(values=values, flaws=text.flaws + found.flaws)


def _read_copies(text: str) -> int:
    copies = Decimal(text if _DECIMAL.fullmatch(text) else "NaN")
    if copies.is_nan() or copies >= _TOO_MANY // ONCE:
        raise ValueError(_NO_COPIES)
    thousandths = round(copies * ONCE)
    if abs(copies - Decimal(thousandths) / ONCE) > _NOISE:
        raise ValueError(_NO_COPIES)
    return thousandths


def parse_fraction(of: Field, column: Any) -> Parsed:
    """Read numbers from 0 to 1 as float64."""
    if types.is_float64(column.type):
        values = blank(column, pc.is_nan(column))
        wrong = pc.or_(pc.less(values, 0.0), pc.greater(values, 1.0))
        wrong = pc.fill_null(wrong, False)
        flaws = Flaws.where(of, wrong, values, _NO_FRACTION)
        return Parsed(values=blank(values, wrong), flaws=flaws)
    text = to_text(of, column)
    try:
        values = text.values.cast(pa.float64())
    except pa.ArrowInvalid:
        values = pa.nulls(len(text.values), pa.float64())
    if not _is_fraction(values):
        values = pa.nulls(len(text.values), pa.float64())
    found = parse_rest(of, text.values, values, _read_fraction)
    return Parsed(values=found.values, flaws=text.flaws + found.flaws)


def _is_fraction(values: Any) -> bool:
    inside = pc.and_(pc.greater_equal(values, 0.0), pc.less_equal(values, 1.0))
    return has_all(inside)


def _read_fraction(text: str) -> float:
    value = float(text) if _DECIMAL.fullmatch(text) else -1.0
    if not 0 <= value <= 1:
        raise ValueError(_NO_FRACTION)
    return value
