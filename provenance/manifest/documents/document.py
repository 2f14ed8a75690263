"""What is taken out of a document, whatever its format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provenance.errors import ManifestError
from provenance.manifest.stream import iter_chunks

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.domain import Fact

__all__ = [
    "LARGEST_DOCUMENT",
    "BadRow",
    "Document",
    "Notes",
    "Row",
    "read_text",
    "to_words",
]

LARGEST_DOCUMENT = 1 << 26
"""Bytes; a document is read whole, and none that people write is near this."""

_IMPROPER = re.compile("[\0\ud800-\udfff]")
_NOTHING = frozenset({"", "null", "~", "None", "none", "N/A", "n/a"})
_MOST_WORDS = 10_000
_DEEPEST = 4

Row = Mapping[str, Any]
"""Field → what the document has for it, as a reader would hand it on."""

BadRow = tuple[int, str, str]
"""Line, what stands there, and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The facts of a document, and rows of it that become records."""

    facts: Sequence[Fact]
    rows: Sequence[Row] = ()
    lines: Sequence[int] = ()
    """For each row where it stands: its line, or its number."""
    bad: Sequence[BadRow] = ()
    """Lines that are not what they must be; the rest of the document stands."""
    lost: Sequence[str] = ()
    """What of it nothing is made of."""
    notes: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """What else is to be told → lines that it is about."""
    called: str = ""
    """What the document itself calls what it describes; empty: it does not say."""
    has_lists: bool = False
    """Whether ``origins`` and ``parents`` of its rows are lists, as JSON."""
    has_more_rows: bool = False
    """Whether there are rows beside it, or in it, that are read one after another."""
    is_of_dataset: bool = True
    """Whether it is the manifest of a dataset version; else it tells of others."""


class Notes:
    """Gathers what is to be told of a document."""

    def __init__(self) -> None:
        self.found: dict[str, list[int]] = {}

    def add(self, what: str, line: int = 1) -> None:
        """Tell one more thing."""
        self.found.setdefault(what, []).append(line)


def read_text(path: Path) -> str:
    """Return a document as text.

    Raises:
        ManifestError: It is damaged, no UTF-8, or larger than any document.
    """
    parts: list[bytes] = []
    size = 0
    try:
        for chunk in iter_chunks(path):
            parts.append(chunk)
            size += len(chunk)
            if size > LARGEST_DOCUMENT:
                raise ManifestError(
                    f"{path} is larger than {LARGEST_DOCUMENT >> 20} MiB",
                    hint="Cards and metadata are not; is it in another format? Say "
                    "which with --format.",
                )
    except EOFError as error:
        raise ManifestError(f"{path} {error}", hint="Fetch the file again.") from error
    try:
        return b"".join(parts).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestError(
            f"{path} is no UTF-8 at byte {error.start}",
            hint="Convert it: iconv -t UTF-8 FILE",
        ) from error


def to_words(value: Any, name: str, notes: Notes) -> list[str]:
    """Return the texts of a value: of one, of a list, of a mapping of lists.

    Each once, in order; what stands for nothing is left out.

    Args:
        name: What the value is called, for the note on what is no text.
        notes: Are told of what is no text.

    Raises:
        ValueError: A text holds what no database takes, or there are too many.
    """
    found: dict[str, None] = {}
    for count, text in enumerate(_iter_words(value, name, notes, 0)):
        if _IMPROPER.search(text):
            raise ValueError(f"has a NUL or half a character in {name}")
        word = " ".join(text.split())
        if word not in _NOTHING:
            found[word] = None
        if count > _MOST_WORDS:
            raise ValueError(f"has over {_MOST_WORDS:,} values in {name}")
    return list(found)


def _iter_words(value: Any, name: str, notes: Notes, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool | int | float):
        yield str(value)
    elif isinstance(value, list | dict) and depth < _DEEPEST:
        inner = value.values() if isinstance(value, dict) else value
        for one in inner:
            yield from _iter_words(one, name, notes, depth + 1)
    elif value is not None:
        notes.add(f"{name} is nested too deeply, and was not read")


Parse = Callable[[str], Document]
"""Takes a document apart; raises ValueError saying what is wrong with it."""
