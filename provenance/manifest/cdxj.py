"""CDXJ: the crawl index whose lines end in a JSON object.

https://specs.webrecorder.net/cdxj/0.1.0/::

    <surt> <14-digit time> {"url": …, "mime": …, "digest": …, "length": …, …}

``length`` is that of the compressed record in its archive, never of the content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.errors import ManifestError
from provenance.manifest.cdx import without_meta
from provenance.manifest.json_text import JsonText
from provenance.manifest.jsonl import explain_some
from provenance.manifest.kernels import pc
from provenance.manifest.late_keys import LateKeys
from provenance.manifest.reader import RawBatch
from provenance.manifest.stream import Meter
from provenance.manifest.text_lines import TextLines, iter_text_lines, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["CdxjReader"]

_KEYS = ("surt", "timestamp")
_EXPECTED = "expected a key, a 14-digit time and a JSON object"


class CdxjReader:
    """Rows of a CDXJ file; ``row`` is the physical line."""

    format = "cdxj"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._json = JsonText()
        self._names = self._find_names()
        self._late = LateKeys(self._json, self.columns)

    @property
    def file(self) -> str:
        """The file as faults name it."""
        return str(self._path)

    @property
    def columns(self) -> tuple[str, ...]:
        """The two keys of a line, then those of the objects in the first lines."""
        return (*_KEYS, *self._names)

    @property
    def late(self) -> Mapping[str, int]:
        """Keys that only later lines have."""
        return self._late.first_rows

    def _find_names(self) -> list[str]:
        for unread in iter_text_lines(self._path):
            text = without_meta(unread)
            if not len(text.lines) and not len(text.faults):
                continue
            _, _, objects = _cut_lines(text)
            _, good = self._json.extract(objects, [])
            kept = objects if good is None else objects.filter(good)
            names = self._json.list_keys(kept)
            return [name for name in names if name not in _KEYS]
        raise ManifestError(
            f"{self._path} holds no rows", hint="Expected a capture on each line."
        )

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the captures; a line of another form is a fault."""
        names = [column for column in columns if column not in _KEYS]
        explain = explain_some()
        meter = Meter(self._path)
        for place, unread in enumerate(iter_text_lines(self._path, meter)):
            text = without_meta(unread)
            has_form, found, objects = _cut_lines(text, columns)
            odd = text.filter(pc.invert(has_form))
            faults = text.faults + refuse(self.file, odd, _EXPECTED)
            kept = TextLines(
                rows=text.rows.filter(has_form), lines=objects, faults=faults
            )
            values, good = self._json.extract(objects, [(name,) for name in names])
            if good is not None:
                bad = kept.filter(pc.invert(good))
                faults += refuse(self.file, bad, explain)
                kept = kept.filter(good)
                found = {name: keys.filter(good) for name, keys in found.items()}
            if place:
                self._late.note(kept)
            found |= dict(zip(names, values, strict=True))
            yield RawBatch(
                rows=kept.rows,
                columns={column: found[column] for column in columns},
                faults=faults,
                share=meter.share,
            )


def _cut_lines(
    text: TextLines, wanted: Sequence[str] = ()
) -> tuple[Any, dict[str, Any], Any]:
    """Tell which lines have three parts; return wanted keys of them, and objects."""
    parts = pc.split_pattern(text.lines, " ", max_splits=2)
    width = len(_KEYS) + 1
    good = pc.equal(pc.list_value_length(parts), width)
    flat = parts.filter(good).flatten()

    def take(place: int) -> Any:
        return flat.take(pa.arange(place, len(flat), width))

    keys = {name: take(place) for place, name in enumerate(_KEYS) if name in wanted}
    return good, keys, take(len(_KEYS))
