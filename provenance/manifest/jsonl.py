"""JSON Lines: one JSON object per physical line.

https://jsonlines.org, also known as NDJSON. Blank lines mean nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from provenance.errors import ManifestError
from provenance.manifest.json_text import JsonText
from provenance.manifest.kernels import pc
from provenance.manifest.reader import RawBatch
from provenance.manifest.text_lines import TextLines, iter_text_lines, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


__all__ = ["JsonlReader", "explain_line"]


class JsonlReader:
    """Rows of a JSON Lines file; ``row`` is the physical line."""

    format = "jsonl"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._json = JsonText()
        self._paths = self._find_paths()
        self._late: dict[str, int] = {}

    @property
    def file(self) -> str:
        """The file as faults name it."""
        return str(self._path)

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys of the first lines; inner ones with dots."""
        return tuple(self._paths)

    @property
    def late(self) -> Mapping[str, int]:
        """Keys that only later lines have."""
        return self._late

    def _find_paths(self) -> dict[str, tuple[str, ...]]:
        """Look for keys in the first lines that are objects."""
        for text in iter_text_lines(self._path):
            if not len(text.lines) and not len(text.faults):
                continue
            _, good = self._json.extract(text.lines, [])
            paths: dict[str, tuple[str, ...]] = {}
            for path in self._json.list_paths(text.lines.filter(good)):
                paths.setdefault(".".join(path), path)
            return paths
        raise ManifestError(f"{self._path} holds no rows")

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the objects; a line that is none is a fault."""
        paths = [self._paths[column] for column in columns]
        for place, text in enumerate(iter_text_lines(self._path)):
            values, good = self._json.extract(text.lines, paths)
            faults = text.faults
            kept = text
            if good is not None:
                bad = text.filter(pc.invert(good))
                faults += refuse(self.file, bad, explain_line)
                kept = text.filter(good)
            if place:
                self._note_late(kept)
            yield RawBatch(
                rows=kept.rows,
                columns=dict(zip(columns, values, strict=True)),
                faults=faults,
            )

    def _note_late(self, text: TextLines) -> None:
        for key, place in self._json.list_keys(text.lines).items():
            if key not in self._paths:
                self._late.setdefault(key, text.rows[place].as_py())


def explain_line(line: str) -> str:
    """Say why a line is not a JSON object, with the place where that is known."""
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        return f"not valid JSON: {error.msg} (character {error.pos + 1})"
    except ValueError:
        return "not valid JSON: a number with thousands of digits"
    except RecursionError:
        return "not valid JSON: nested too deeply"
    if isinstance(value, dict):
        return "not valid JSON: half a surrogate pair, or a number too large"
    return "expected a JSON object"
