"""Names and other words as callers give them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeVar

from provenance.errors import NameRefusedError

__all__ = [
    "CONTROLS",
    "read_names",
    "refuse_no_utf8",
    "say_no_utf8",
    "spell_controls",
    "spell_lines",
]

CONTROLS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""What a terminal may obey where it should show it: controls, line ends, and marks
that turn the order of what follows."""

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


def spell_controls(text: str) -> str:
    r"""Write control characters as escapes, so that they are seen and not obeyed.

    Names, URLs and whatever else a manifest says come from anywhere; a terminal told
    to set its title, to clear its screen or to write backwards would do so.

    >>> print(spell_controls("gpt-4\x1b[2J\nError: \u202e"))
    gpt-4\x1b[2J\nError: \u202e
    """
    return CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


def spell_lines(text: str) -> str:
    """Write all of these as escapes but the ends of lines."""
    return "\n".join(map(spell_controls, text.split("\n")))
