"""Names and other words as callers give them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from provenance.errors import NameRefusedError

__all__ = ["read_names", "refuse_no_utf8", "say_no_utf8"]

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


def refuse_no_utf8(*texts: str) -> None:
    """Refuse text that the shell was given as other bytes than UTF-8.

    Raises:
        NameRefusedError: One has half a surrogate pair, as Python writes such a byte.
    """
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise say_no_utf8(error) from error


def say_no_utf8(error: UnicodeEncodeError) -> NameRefusedError:
    """Turn the error of who was to write such text into one that says what to do."""
    return NameRefusedError(
        f"{error.object[error.start : error.end]!r} cannot be written in UTF-8",
        hint="Give names, and whatever else is to be found or recorded, in UTF-8.",
    )
