"""Times of capture, in every spelling that crawlers use, as UTC microseconds.

Digits alone mean the same in every format, whether the file calls them a number
or a text: 14 of them are a CDX time; 8, 10 or 12 that begin with 19 or 20 and can
be read as the beginning of one, too; all others count seconds, milliseconds or
microseconds since 1970, by their size. Four digits are a year, and no time.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyarrow import types

from provenance.domain import Field
from provenance.manifest.kernels import has_all, has_any, pc
from provenance.manifest.parsed import Flaws, Parsed, blank, parse_rest
from provenance.manifest.raw_text import contiguous, to_text

__all__ = ["TIME", "parse_times"]

TIME = pa.timestamp("us", tz="UTC")

_OF = Field.FETCHED_AT
_NAIVE = pa.timestamp("us")
_NANOSECONDS = pa.timestamp("ns", tz="UTC")
_MICROSECOND = pa.scalar(1, pa.duration("us"))
_TO_MICROSECONDS = pc.CastOptions(target_type=TIME, allow_time_truncate=True)
_FIRST = pa.scalar(datetime(1000, 1, 1, tzinfo=UTC), TIME)
_LAST = pa.scalar(datetime.max.replace(tzinfo=UTC), TIME)
_EXPECTED = (
    "expected a time: ISO 8601, a 14-digit CDX time, or seconds since 1970, "
    "in the years 1000 to 9999"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = b"0000-00-00T00:00:00"
_CDX_LENGTH = 14
_PROBE = 16
_CDX_PREFIXES = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_EPOCH_UNITS = {10: 1_000_000, 13: 1_000, 16: 1}
_RECENT = "^(19|20)"
_DAY = (
    r"\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|"
    r"02-(0[1-9]|1\d|2[0-8]))"
)
_CLOCK = r"[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
_ZONED = rf"^{_DAY}{_CLOCK}(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)$"
_LOCAL = rf"^{_DAY}({_CLOCK})?$"
_PLAUSIBLE = r"^\d{4}(-\d\d-\d\d|\d{4}|-?W\d\d)|^-?\d{1,17}(\.\d+)?$"
"""How all begins that Python reads as a time: ISO 8601 without year and month alone."""

_SHAPE = bytes.maketrans(b"123456789", b"000000000")
"""Makes each digit a zero."""

_SAMPLE = 1000
_NUMBER = re.compile(r"-?\d{1,17}(\.\d+)?", re.ASCII)
_MILLISECONDS_FROM = 10**11
_MICROSECONDS_FROM = 10**14


def parse_times(column: Any) -> Parsed:
    """Read times as UTC; one without an offset is UTC already."""
    if types.is_timestamp(column.type) or types.is_date(column.type):
        found = _read_times(column)
    else:
        text = to_text(_OF, column)
        done = _read_bulk(text.values)
        rest = parse_rest(
            _OF, text.values, done, _read_time, plausible=_PLAUSIBLE, reason=_EXPECTED
        )
        found = Parsed(values=rest.values, flaws=text.flaws + rest.flaws)
    return _refuse_outside(found)


def _read_times(column: Any) -> Parsed:
    """Take Arrow's own times; a naive one is UTC."""
    try:
        naive = column.cast(_NAIVE) if types.is_date(column.type) else column
        times = pc.cast(naive, options=_TO_MICROSECONDS)
    except pa.ArrowInvalid:
        text = column.cast(pa.string())  # One is beyond what microseconds can hold.
        return parse_rest(_OF, text, pa.nulls(len(column), TIME), _read_time)
    if naive.type.unit == "ns":
        # Arrow cuts towards 1970; written times are cut towards the past.
        late = pc.greater(times.cast(_NANOSECONDS), column.cast(_NANOSECONDS))
        times = pc.if_else(late, pc.subtract(times, _MICROSECOND), times)
    return Parsed(values=times)


def _read_bulk(text: Any) -> Any:
    """Read the common spellings; null where Python must look."""
    shapes = _find_shapes(text)
    common = shapes.drop_null().slice(0, _SAMPLE).value_counts()
    if not len(common):
        return pa.nulls(len(text), TIME)
    place = pc.index(common.field("counts"), pc.max(common.field("counts"))).as_py()
    fits = pc.equal(shapes, common.field("values")[place])
    done = _read_alike(blank(text, pc.invert(fits)))
    rest = pc.and_(pc.is_null(done), pc.is_valid(text))
    if has_any(rest):
        done = pc.replace_with_mask(done, rest, _read_mixed(text.filter(rest)))
    return done


def _find_shapes(text: Any) -> Any:
    """Return the texts with a zero for each digit."""
    buffers = text.buffers()
    if buffers[2] is None:
        return text
    buffers[2] = pa.py_buffer(bytes(buffers[2]).translate(_SHAPE))
    return pa.Array.from_buffers(pa.string(), len(text), buffers, offset=text.offset)


def _read_alike(text: Any) -> Any:
    """Read texts of one shape; all null when they are in no common spelling."""
    known = pc.indices_nonzero(pc.is_valid(text)).slice(0, _PROBE)
    for read in (_read_zoned, _read_local, _read_cdx, _read_epoch):
        try:
            read(text.take(known))  # Failing is slow: a message for each value.
            return read(text)
        except pa.ArrowInvalid:
            continue
    return pa.nulls(len(text), TIME)


def _read_mixed(text: Any) -> Any:
    """Read the texts that are surely times in ISO 8601."""
    done = pa.nulls(len(text), TIME)
    for pattern, read in ((_ZONED, _read_zoned), (_LOCAL, _read_local)):
        fits = pc.fill_null(pc.match_substring_regex(text, pattern), False)
        if has_any(fits):
            done = pc.replace_with_mask(done, fits, read(text.filter(fits)))
    return done


def _read_zoned(text: Any) -> Any:
    return text.cast(TIME)


def _read_local(text: Any) -> Any:
    return text.cast(_NAIVE).cast(TIME)


def _read_cdx(text: Any) -> Any:
    lengths = pc.binary_length(text)
    if (
        pc.min(lengths).as_py() != _CDX_LENGTH
        or pc.max(lengths).as_py() != _CDX_LENGTH
        or not has_all(pc.ascii_is_decimal(text))
    ):
        raise pa.ArrowInvalid("not CDX times")
    digits = contiguous(pc.fill_null(text, "1" * _CDX_LENGTH))
    written = bytearray(_ISO * len(text))
    places = [place for place, sign in enumerate(_ISO) if sign == _ISO[0]]
    for digit, place in enumerate(places):
        written[place :: len(_ISO)] = digits[digit::_CDX_LENGTH]
    kind = pa.binary(len(_ISO))
    fixed = pa.Array.from_buffers(kind, len(text), [None, pa.py_buffer(written)])
    times = _read_local(fixed.cast(pa.binary()).cast(pa.string()))
    return blank(times, pc.is_null(text))


def _read_epoch(text: Any) -> Any:
    """Count from 1970 where the number of digits alone tells the unit."""
    lengths = pc.binary_length(text)
    length = pc.max(lengths).as_py()
    if (
        length not in _EPOCH_UNITS
        or pc.min(lengths).as_py() != length
        or not has_all(pc.ascii_is_decimal(text))
        or (
            length in _CDX_PREFIXES and has_any(pc.match_substring_regex(text, _RECENT))
        )
    ):
        raise pa.ArrowInvalid("not all are counts in one unit")
    return pc.multiply(text.cast(pa.int64()), _EPOCH_UNITS[length]).cast(TIME)


def _refuse_outside(found: Parsed) -> Parsed:
    """Refuse years that ISO 8601 cannot write with four digits, or people misread."""
    values = found.values
    outside = pc.or_(pc.less(values, _FIRST), pc.greater(values, _LAST))
    if not has_any(outside):
        return found
    outside = pc.fill_null(outside, False)
    flaws = Flaws.where(_OF, outside, values.cast(_NAIVE), _EXPECTED)
    return Parsed(values=blank(values, outside), flaws=found.flaws + flaws)


def _read_time(text: str) -> datetime:
    try:
        time = _read_number(text) if _NUMBER.fullmatch(text) else _read_iso(text)
    except (ValueError, OverflowError):
        raise ValueError(_EXPECTED) from None
    return time


def _read_iso(text: str) -> datetime:
    time = datetime.fromisoformat(text.removesuffix(" UTC"))  # as BigQuery ends them
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _read_number(text: str) -> datetime:
    length = len(text) if text.isdigit() else 0  # no date has a point or a sign
    pattern = _CDX_PREFIXES.get(length)
    if pattern and (length == _CDX_LENGTH or text.startswith(("19", "20"))):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            if length == _CDX_LENGTH:
                raise
    if length == len("2023"):
        raise ValueError(_EXPECTED)
    number = Decimal(text)
    if abs(number) < _MILLISECONDS_FROM:
        number *= 1_000_000
    elif abs(number) < _MICROSECONDS_FROM:
        number *= 1_000
    return _EPOCH + timedelta(microseconds=math.floor(number))
