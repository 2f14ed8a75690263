"""Keys of JSON objects that are met after it was decided which ones to read."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa

from provenance.manifest.stream import iter_chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from provenance.manifest.json_text import JsonText
    from provenance.manifest.text_lines import TextLines

__all__ = ["LateKeys", "find_late"]

_MOST = 1_000


class LateKeys:
    """Notes each key that was not known, with the row it was first met in."""

    def __init__(self, json: JsonText, known: Iterable[str]) -> None:
        self._json = json
        self._known = pa.array(known, pa.string())
        self.first_rows: dict[str, int] = {}
        """Key → row, for the first 1,000 of them: of more, the keys are data."""

    def note(self, text: TextLines) -> None:
        """Look at the keys of lines that are objects."""
        if len(self.first_rows) >= _MOST:
            return
        found = self._json.list_new_keys(text.lines, self._known)
        for key, place in list(found.items())[:_MOST]:
            self.first_rows.setdefault(key, text.rows[place].as_py())


def find_late(path: Path, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Look in a whole file for keys, as bytes: that takes no parsing.

    A dotted name is a key as it stands, or else the path of an inner one.

    Returns:
        Name → path of keys, for the names of which every key stands in the file
        between quotes, as it is written without escapes.
    """
    paths = {name: ((name,), tuple(name.split("."))) for name in names}
    keys = {key for both in paths.values() for way in both for key in way}
    missing = {f'"{key}"'.encode() for key in keys}
    longest = max(map(len, missing))
    tail = b""
    for chunk in _iter_all(path):
        if not missing:
            break
        text = tail + chunk
        missing = {key for key in missing if key not in text}
        tail = text[-longest:]
    return {
        name: way
        for name, both in paths.items()
        for way in reversed(both)
        if not any(f'"{key}"'.encode() in missing for key in way)
    }


def _iter_all(path: Path) -> Iterator[bytes]:
    """Yield what can be unpacked; that the file is damaged is told when it is read."""
    with suppress(EOFError):
        yield from iter_chunks(path)
