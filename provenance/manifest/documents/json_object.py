"""JSON documents: read strictly, and walked without trusting their shape."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = [
    "as_list",
    "as_mapping",
    "as_text",
    "iter_mappings",
    "read_object",
    "top_keys",
]

_TOKEN = re.compile(
    r'"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)|([{}\[\],:])|([^\s"{}\[\],:]+)', re.DOTALL
)
"""A text that is not closed goes on to the end, or it would be sought again from each
quote in it."""
_LOOKED_AT = 1 << 16
_IMPROPER = re.compile("[\0\ud800-\udfff]")


def read_object(text: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        ValueError: It is none, says a key twice, or nests too deeply.
    """
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"is no JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from error
    except RecursionError as error:
        raise ValueError("is JSON nested too deeply") from error
    if not isinstance(found, dict):
        # A fault of the text, not of the caller.
        raise ValueError("is no JSON object")  # noqa: TRY004
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise ValueError(f"has the key {twice[:80]!r} twice in one object")
    return found


def top_keys(start: str) -> dict[str, str]:
    """Return the keys of the outermost object at the beginning of a text.

    With each the text it maps to, or the bracket that begins the value. Only the
    first 65,536 characters are looked at.

    >>> top_keys('{"a": {"b": 1}, "c": "d"')
    {'a': '{', 'c': 'd'}
    """
    found: dict[str, str] = {}
    depth, key, has_colon = 0, "", False
    for token in _TOKEN.finditer(start[:_LOOKED_AT]):
        text, mark, _ = token.groups()
        if depth == 1 and has_colon:
            found.setdefault(key, text if text is not None else token[0])
            has_colon = False
        elif depth == 1 and text is not None:
            key = text
        if mark in ("{", "["):
            depth += 1
        elif mark in ("}", "]"):
            depth -= 1
            if not depth:
                break
        elif mark == ":" and depth == 1:
            has_colon = True
    return found


def as_mapping(value: object) -> Mapping[str, Any]:
    """Return an object, or an empty one for whatever else it is."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """Return the elements of a list; of a single value that one; of null none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def as_text(value: object) -> str:
    """Return a text without white space around it, a number as text, else nothing.

    Raises:
        ValueError: It holds what no database takes.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value).strip()
    if _IMPROPER.search(text):
        raise ValueError("has a NUL or half a character in a text")
    return text


def iter_mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list."""
    return (one for one in as_list(value) if isinstance(one, Mapping))
