"""CDX: the older crawl index, one line of cells per capture, legend in line one.

https://iipc.github.io/warc-specifications/specifications/cdx-format/::

     CDX N b a m s k r M S V g
    <surt> <14-digit time> <url> <mime> <status> <digest> …

The letters name the columns, and the character after ``CDX`` is the delimiter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import ManifestError
from provenance.manifest.kernels import pc
from provenance.manifest.reader import RawBatch
from provenance.manifest.stream import Meter
from provenance.manifest.text_lines import TextLines, iter_text_lines, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["CdxReader", "without_meta"]

_LETTERS = {
    "N": "surt",
    "b": "timestamp",
    "a": "url",
    "m": "mime",
    "s": "status",
    "k": "digest",
    "r": "redirect",
    "M": "metatags",
    "S": "length",
    "V": "offset",
    "g": "warc_filename",
}
_META = r"^(!|\s?CDX\s)"


def without_meta(text: TextLines) -> TextLines:
    """Leave out the lines that describe the index itself."""
    return text.filter(pc.invert(pc.match_substring_regex(text.lines, _META)))


class CdxReader:
    """Rows of a CDX file; ``row`` is the physical line."""

    format = "cdxj"

    def __init__(self, path: Path, legend: str) -> None:
        self._path = path
        self._delimiter = legend.lstrip()[len("CDX")]
        letters = legend.strip().split(self._delimiter)[1:]
        self._names = [_LETTERS.get(letter, letter) for letter in letters]
        if not any(len(without_meta(text).lines) for text in iter_text_lines(path)):
            raise ManifestError(
                f"{path} holds no rows", hint="Expected a capture on each line."
            )

    @property
    def file(self) -> str:
        """The file as faults name it."""
        return str(self._path)

    @property
    def columns(self) -> tuple[str, ...]:
        """What the letters of the legend stand for."""
        return tuple(dict.fromkeys(self._names))

    @property
    def late(self) -> Mapping[str, int]:
        """Nothing: the legend comes first."""
        return {}

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the captures; a line with more or fewer cells is a fault."""
        meter = Meter(self._path)
        width = len(self._names)
        reason = f"expected {width} cells, as the legend says"
        for unread in iter_text_lines(self._path, meter):
            text = without_meta(unread)
            trimmed = pc.utf8_trim(text.lines, "\r\n ")
            cells = pc.split_pattern(trimmed, self._delimiter)
            good = pc.equal(pc.list_value_length(cells), width)
            kept = cells.filter(good)
            yield RawBatch(
                rows=text.rows.filter(good),
                columns={
                    column: pc.list_element(kept, self._names.index(column))
                    for column in columns
                },
                faults=text.faults
                + refuse(self.file, text.filter(pc.invert(good)), reason),
                share=meter.share,
            )
