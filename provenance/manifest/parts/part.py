"""What a row of several parts is taken apart into.

Origin and mode describe exactly the bytes that a digest covers, so the prompt, each
completion, each turn of a chat, an image and its caption are records of their own,
with the file and the row in common.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "OtherFormError",
    "Part",
    "PassedOverError",
    "Row",
    "Shape",
    "find_first",
    "read_nested",
    "read_text",
]

Row = Mapping[str, Any]
"""Column of the file → value; of nested columns the objects, not their JSON."""


class OtherFormError(Exception):
    """A row has not the form of its file's shape; the message says what is missing."""


class PassedOverError(Exception):
    """A row is no item, and that is no flaw; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part, as the fields of its record say it."""

    text: str | None = None
    digest: str | None = None
    media_type: str | None = None
    origin: str | None = None
    generated_by: str | None = None
    mode: str | None = None
    parents: Sequence[int] = ()
    """Places of the parts of the same row that it was made from."""
    seeds: Sequence[str] = ()
    """Texts that it was made from and that are no part of the row's content."""
    references: Sequence[str] = ()
    """Whatever else the row calls a parent."""
    derivation: str | None = None
    """How it came out of all of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A way in which rows hold several parts."""

    name: str
    reads: frozenset[str]
    """Columns that it understands; others belong to the row as a whole."""
    nested: frozenset[str]
    """Those of them that hold lists or objects."""
    says: tuple[str, ...] = (
        *("text", "origin", "generated_by", "mode", "name"),
        *("derived_from", "derivation"),
    )
    """Fields that its parts can have."""
    fits: Callable[[frozenset[str]], bool]
    """Whether a file with these columns has this shape."""
    split: Callable[[Row], list[Part]]
    """Take a row apart; a part without text and digest only holds its place.

    Raises OtherFormError, or PassedOverError for a row that is no item.
    """


def find_first(said: Row, names: Iterable[str]) -> Any:
    """Return the first value that is stated, of several names for one thing."""
    for name in names:
        value = said.get(name)
        if value is not None and value != "":
            return value
    return None


def read_text(value: object) -> str | None:
    """Return a value as the text that it is; None for what is empty."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        raise OtherFormError("expected text, found a list or an object")
    return str(value)


def read_nested(value: object) -> Any:
    """Return a nested value; one that is still JSON is read."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
