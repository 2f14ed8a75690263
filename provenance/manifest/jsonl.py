"""JSON Lines: one JSON object per physical line.

https://jsonlines.org, also known as NDJSON. Blank lines mean nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.errors import ManifestError
from provenance.manifest.json_text import JsonText
from provenance.manifest.kernels import pc
from provenance.manifest.late_keys import LateKeys, find_late
from provenance.manifest.reader import RawBatch
from provenance.manifest.stream import Meter
from provenance.manifest.text_lines import iter_text_lines, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


__all__ = ["JsonlReader", "explain_line", "explain_some"]

_EXPLAINED = 1_000
_UNEXPLAINED = "expected a JSON object"


class JsonlReader:
    """Rows of a JSON Lines file; ``row`` is the physical line."""

    format = "jsonl"

    def __init__(self, path: Path, *, wanted: Iterable[str] = ()) -> None:
        """Look at the first lines for keys, and further for those that are wanted.

        Args:
            wanted: Columns to read even if only later lines have them.
        """
        self._path = path
        self._json = JsonText()
        self._paths = self._find_paths()
        missing = {name for name in wanted if name and name not in self._paths}
        if missing:
            self._paths |= find_late(path, missing)
        self._late = LateKeys(self._json, self._paths)

    @property
    def file(self) -> str:
        """The file as faults name it."""
        return str(self._path)

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys of the first lines, inner ones with dots, and wanted later ones."""
        return tuple(self._paths)

    @property
    def late(self) -> Mapping[str, int]:
        """Keys that only later lines have."""
        return self._late.first_rows

    def _find_paths(self) -> dict[str, tuple[str, ...]]:
        """Look for keys in the first lines that are objects."""
        for text in iter_text_lines(self._path):
            if not len(text.lines) and not len(text.faults):
                continue
            _, good = self._json.extract(text.lines, [])
            lines = text.lines if good is None else text.lines.filter(good)
            paths: dict[str, tuple[str, ...]] = {}
            for path in self._json.list_paths(lines):
                paths.setdefault(".".join(path), path)
            return paths
        raise ManifestError(
            f"{self._path} holds no rows", hint="Expected a JSON object on each line."
        )

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the objects; a line that is none is a fault."""
        paths = [self._paths[column] for column in columns]
        explain = explain_some()
        meter = Meter(self._path)
        for place, text in enumerate(iter_text_lines(self._path, meter)):
            values, good = self._json.extract(text.lines, paths)
            faults = text.faults
            kept = text
            if good is not None:
                bad = text.filter(pc.invert(good))
                faults += refuse(self.file, bad, explain)
                kept = text.filter(good)
            if place:
                self._late.note(kept)
            yield RawBatch(
                rows=kept.rows,
                columns=dict(zip(columns, values, strict=True)),
                faults=faults,
                share=meter.share,
            )


def explain_some() -> Callable[[Any], Any]:
    """Return what explains the first 1,000 lines, and says little of all others.

    Finding the place of the mistake takes as long as reading ten good lines.
    """
    left = _EXPLAINED

    def explain(lines: Any) -> Any:
        nonlocal left
        found = [explain_line(line) for line in lines.slice(0, left).to_pylist()]
        left -= len(found)
        rest = pa.repeat(pa.scalar(_UNEXPLAINED, pa.string()), len(lines) - len(found))
        return pa.concat_arrays([pa.array(found, pa.string()), rest])

    return explain


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
