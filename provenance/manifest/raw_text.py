"""Any raw column as text: the one shape that the rules of the fields are about."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import types

from provenance.manifest.kernels import pc
from provenance.manifest.parsed import Flaws, Parsed, blank, parse_distinct

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.domain import Field

__all__ = [
    "contiguous",
    "is_binary",
    "parse_coded",
    "read_list",
    "show_improper",
    "to_text",
]

_NOT_TEXT = "expected text in valid UTF-8"
_IMPROPER = re.compile("[\0\ud800-\udfff]")
_HAS_NUL = "expected text without NUL characters"


def to_text(of: Field, column: Any, *, strip: bool = True) -> Parsed:
    """Return a column as text: numbers as decimals, lists and structs as JSON.

    Args:
        strip: Take white space off both ends, and make what is empty null.
    """
    found = _decode(of, _to_string(column))
    text, flaws = found.values, found.flaws
    if b"\0" in contiguous(text):
        mask = pc.fill_null(pc.match_substring(text, "\0"), False)
        flaws += Flaws.where(of, mask, text, _HAS_NUL)
        text = blank(text, mask)
    if strip:
        text = pc.utf8_trim_whitespace(text)
        if pc.min(pc.binary_length(text)).as_py() == 0:
            text = blank(text, pc.equal(text, ""))
    return Parsed(values=text, flaws=flaws)


def parse_coded(
    of: Field, column: Any, parse: Callable[[str], object], into: pa.DataType
) -> Parsed:
    """Parse each distinct value of a column once, in Python; see ``parse_distinct``.

    The column becomes text after its distinct values are found, not before: a
    column of few words costs no more than finding them.
    """
    if not (types.is_string(column.type) or types.is_dictionary(column.type)):
        text = to_text(of, column)
        found = parse_distinct(of, text.values, parse, into)
        return Parsed(values=found.values, flaws=text.flaws + found.flaws)
    coded = column.dictionary_encode()
    text = to_text(of, coded.dictionary)
    found = parse_distinct(of, text.values, parse, into)
    return Parsed(
        values=found.values.take(coded.indices),
        flaws=tuple(f.spread(coded.indices) for f in text.flaws + found.flaws),
    )


def is_binary(column: Any) -> bool:
    """Whether a column holds bytes that are not declared to be text."""
    kind = column.type
    return bool(
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_binary_view(kind)
    )


def contiguous(column: Any) -> bytes:
    """Return the bytes of all values of a text or binary column, one after another."""
    _, offsets, data = column.buffers()
    if data is None or not len(column):
        return b""
    ends = memoryview(offsets).cast("i")
    start, end = ends[column.offset], ends[column.offset + len(column)]
    return bytes(memoryview(data)[start:end])


def read_list(text: str) -> list[str] | None:
    """Read a JSON array as the texts of its elements; None when it is none.

    Raises:
        ValueError: An element is an array, an object, or no proper text.
    """
    if not text.startswith("["):
        return None
    try:
        values = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    if any(isinstance(value, dict | list) for value in values):
        raise ValueError(
            "expected a list of plain values; of objects, map the column to origins "
            "or parents"
        )
    texts = [str(value) for value in values if value is not None]
    if any(_IMPROPER.search(text) for text in texts):
        raise ValueError("expected a list of texts without NUL or half surrogates")
    return texts


def _to_string(column: Any) -> Any:
    kind = column.type
    if types.is_dictionary(kind):
        return _to_string(column.dictionary_decode())
    if types.is_string(kind) or types.is_binary(kind):
        return column
    if is_binary(column) or types.is_large_string(kind) or types.is_string_view(kind):
        return column.cast(pa.binary())
    if types.is_integer(kind) or types.is_boolean(kind) or types.is_temporal(kind):
        return column.cast(pa.string())
    if types.is_float32(kind):
        # What was written as 0.1 is 0.10000000149 once it has more digits.
        column = column.cast(pa.string()).cast(pa.float64())
    return pa.array([_write(value) for value in column.to_pylist()], pa.string())


def _write(value: object) -> str | None:
    """Write one value of the less common types: a float, a decimal, a nested one."""
    if value is None or value != value:  # noqa: PLR0124  only NaN differs from itself
        return None
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=_plain)
    if isinstance(value, float):
        is_whole = value.is_integer()
        return f"{value:.0f}" if is_whole else f"{Decimal(repr(value)):f}"
    return str(value)


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _decode(of: Field, column: Any) -> Parsed:
    """Check UTF-8, which neither Parquet nor pyarrow does by itself."""
    try:
        if types.is_binary(column.type):
            return Parsed(values=column.cast(pa.string()))
        column.validate(full=True)
    except pa.ArrowInvalid:
        pass
    else:
        return Parsed(values=column)
    raw = column.cast(pa.binary())
    shown = show_improper(raw)
    bad = pc.is_valid(shown)
    flaws = Flaws.where(of, bad, shown, _NOT_TEXT)
    return Parsed(values=blank(raw, bad).cast(pa.string()), flaws=flaws)


def show_improper(values: Any) -> Any:
    """Return what can be shown of the values that are no UTF-8; null for all others.

    Args:
        values: An array of binary values.
    """
    unchecked = pa.Array.from_buffers(
        pa.string(), len(values), values.buffers(), offset=values.offset
    )
    suspect = pc.fill_null(pc.invert(pc.string_is_ascii(unchecked)), False)
    shown = [_show(value) for value in values.filter(suspect).to_pylist()]
    nothing = pa.nulls(len(values), pa.string())
    return pc.replace_with_mask(nothing, suspect, pa.array(shown, pa.string()))


def _show(value: bytes) -> str | None:
    try:
        value.decode()
    except UnicodeDecodeError:
        return value.decode(errors="replace")
    return None
