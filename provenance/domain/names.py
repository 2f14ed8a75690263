"""Lists of names as callers give them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from provenance.errors import NameRefusedError

__all__ = ["read_names"]

Name = TypeVar("Name")


def read_names(what: str, names: Iterable[Name]) -> tuple[Name, ...]:
    """Read a list of names; a text is one name, and its letters are none.

    Args:
        what: What the caller calls the list.
        names: The list.

    Raises:
        NameRefusedError: It is a text.

    >>> read_names("aliases", ["gpt-4-0613"])
    ('gpt-4-0613',)
    """
    if isinstance(names, str):
        raise NameRefusedError(
            f"{what} is a list of names, not the text {names!r}",
            hint=f"Write a list, even of one name: [{names!r}].",
        )
    return tuple(names)
