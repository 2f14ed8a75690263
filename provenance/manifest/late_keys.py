"""Keys of JSON objects that are met after it was decided which ones to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.manifest.json_text import JsonText
    from provenance.manifest.text_lines import TextLines

__all__ = ["LateKeys"]

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
