"""The outcome of parsing one column: values, and what is wrong with which row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.manifest.kernels import has_any, pc

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.domain import Field

__all__ = ["Flaw", "Parsed", "parse_distinct", "parse_rest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """Why a value was refused."""

    field: Field
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A column of parsed values; where there is a flaw the value is null."""

    values: Any
    """An Arrow array."""
    flaws: dict[int, Flaw] = field(default_factory=dict)
    """Place in the batch → what is wrong."""


def parse_distinct(
    of: Field,
    text: pa.StringArray,
    parse: Callable[[str], object],
    into: pa.DataType,
) -> Parsed:
    """Parse each distinct text once, in Python.

    Args:
        parse: Raises ValueError with what is expected; it never sees a null.
        into: Arrow type of what it returns.
    """
    encoded: Any = text.dictionary_encode()
    values: list[object] = []
    refused: dict[int, Flaw] = {}
    for code, value in enumerate(encoded.dictionary.to_pylist()):
        try:
            values.append(parse(value))
        except ValueError as error:
            values.append(None)
            refused[code] = Flaw(field=of, value=value, reason=str(error))
    flaws: dict[int, Flaw] = {}
    if refused:
        hit = pc.is_in(
            encoded.indices, value_set=pa.array(list(refused), encoded.indices.type)
        )
        for place in pc.indices_nonzero(hit).to_pylist():
            flaws[place] = refused[encoded.indices[place].as_py()]
    return Parsed(values=pa.array(values, into).take(encoded.indices), flaws=flaws)


def parse_rest(
    of: Field,
    text: pa.StringArray,
    done: Any,
    parse: Callable[[str], object],
) -> Parsed:
    """Parse what the bulk path left null, and keep what it did.

    Args:
        done: The values so far, null where there is no text or no success.
    """
    rest = pc.and_(pc.is_null(done), pc.is_valid(text))
    if not has_any(rest):
        return Parsed(values=done)
    found = parse_distinct(of, text.filter(rest), parse, done.type)
    places = pc.indices_nonzero(rest).to_pylist()
    return Parsed(
        values=pc.replace_with_mask(done, rest, found.values),
        flaws={places[place]: flaw for place, flaw in found.flaws.items()},
    )
