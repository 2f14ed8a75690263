"""OLMo's token offsets: where in a file of tokens each document lies.

Written by Dolma beside every file of tokens, as CSV without a header::

    <first token>,<token after the last>,<document id>,<source path>,<line>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.manifest.delimited import DelimitedReader
from provenance.manifest.kernels import has_all, pc
from provenance.manifest.reader import RawBatch
from provenance.manifest.text_lines import row_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["OffsetsReader"]

_PLACES = ("start", "end")
_OTHERS = ("name", "source path", "source line")
_NUMBER = r"^\d{1,18}$"


class OffsetsReader:
    """Documents of a token file; ``row`` counts them from 1."""

    format = "offsets"

    def __init__(self, path: Path) -> None:
        self._rows = DelimitedReader(path, (*_PLACES, *_OTHERS))

    @property
    def file(self) -> str:
        """The file as faults name it."""
        return self._rows.file

    @property
    def columns(self) -> tuple[str, ...]:
        """The number of tokens, and what the other three cells are."""
        return ("tokens", *_OTHERS)

    @property
    def late(self) -> Mapping[str, int]:
        """Nothing: the columns are fixed."""
        return {}

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the documents; a line of another form is a fault."""
        others = [column for column in columns if column in _OTHERS]
        for raw in self._rows.read((*_PLACES, *others)):
            start, end = (raw.columns[place] for place in _PLACES)
            tokens = _count_tokens(start, end)
            good = pc.is_valid(tokens)
            found = {"tokens": tokens} | {name: raw.columns[name] for name in others}
            faults = list(raw.faults)
            if not has_all(good):
                bad = pc.invert(good)
                faults += [
                    row_fault(self.file, row, f"{first},{last}", _EXPECTED)
                    for row, first, last in zip(
                        raw.rows.filter(bad).to_pylist(),
                        start.filter(bad).to_pylist(),
                        end.filter(bad).to_pylist(),
                        strict=True,
                    )
                ]
            yield RawBatch(
                rows=raw.rows.filter(good),
                columns={column: found[column].filter(good) for column in columns},
                faults=faults,
            )


_EXPECTED = "expected the places of the first token and of that after the last"


def _count_tokens(start: Any, end: Any) -> Any:
    """Return end − start; null where they are no places in this order."""
    are_numbers = pc.and_(
        pc.match_substring_regex(start, _NUMBER), pc.match_substring_regex(end, _NUMBER)
    )
    nothing = pa.scalar(None, pa.string())
    first, last = (
        pc.if_else(are_numbers, place, nothing).cast(pa.int64())
        for place in (start, end)
    )
    count = pc.subtract(last, first)
    in_order = pc.greater_equal(count, 0)
    return pc.if_else(in_order, count, pa.scalar(None, pa.int64()))
