"""Any raw column as text: the one shape that the rules of the fields are about."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import types

from provenance.manifest.kernels import has_any, pc
from provenance.manifest.parsed import Flaw, Parsed

if TYPE_CHECKING:
    from provenance.domain import Field

__all__ = ["contiguous", "is_binary", "read_list", "to_text"]

_NOT_TEXT = "expected text in valid UTF-8"
_IMPROPER = re.compile("[\0\ud800-\udfff]")
_HAS_NUL = "expected text without NUL characters"


def to_text(of: Field, column: Any, *, strip: bool = True) -> Parsed:
    """Return a column as text: numbers as decimals, lists and structs as JSON.

    Args:
        strip: Take white space off both ends, and make what is empty null.
    """
    text, flaws = _decode(of, _to_string(column))
    if b"\0" in contiguous(text):
        for place in pc.indices_nonzero(pc.match_substring(text, "\0")).to_pylist():
            flaws[place] = Flaw(field=of, value=text[place].as_py(), reason=_HAS_NUL)
        text = _blank(text, flaws)
    if strip:
        text = pc.utf8_trim_whitespace(text)
        empty = pc.equal(text, "")
        if has_any(empty):
            text = pc.if_else(empty, pa.scalar(None, pa.string()), text)
    return Parsed(values=text, flaws=flaws)


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
        raise ValueError("expected a list of plain values")
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
    if is_binary(column):
        return column.cast(pa.binary())
    if types.is_integer(kind) or types.is_boolean(kind) or types.is_temporal(kind):
        return column.cast(pa.string())
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


def _decode(of: Field, column: Any) -> tuple[Any, dict[int, Flaw]]:
    """Check UTF-8, which neither Parquet nor pyarrow does by itself."""
    try:
        if types.is_binary(column.type):
            return column.cast(pa.string()), {}
        column.validate(full=True)
    except pa.ArrowInvalid:
        pass
    else:
        return column, {}
    values: list[bytes | None] = column.cast(pa.binary()).to_pylist()
    flaws: dict[int, Flaw] = {}
    for place, value in enumerate(values):
        try:
            _ = value is None or value.decode()
        except UnicodeDecodeError:
            shown = value.decode(errors="replace") if value else ""
            flaws[place] = Flaw(field=of, value=shown, reason=_NOT_TEXT)
    kept = [None if place in flaws else value for place, value in enumerate(values)]
    return pa.array(kept, pa.binary()).cast(pa.string()), flaws


def _blank(text: Any, flaws: dict[int, Flaw]) -> Any:
    mask = pa.array([place in flaws for place in range(len(text))])
    return pc.if_else(mask, pa.scalar(None, pa.string()), text)
