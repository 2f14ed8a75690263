"""Lines of a manifest as text; what is no text becomes a fault with its line number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.batch import Fault, Faults
from provenance.errors import ManifestError
from provenance.manifest.kernels import has_all, has_any, pc
from provenance.manifest.lines import LONGEST_LINE, LineBlock, iter_blocks
from provenance.manifest.raw_text import show_improper
from provenance.manifest.reader import cut, cut_all
from provenance.manifest.stream import Meter, iter_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["TextLines", "iter_text_lines", "refuse", "row_fault"]


_SPACES = pa.array([b"", b" ", b"\t", b"\n", b"\v", b"\f", b"\r"], pa.binary())


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLines:
    """Some lines that are valid UTF-8 and not blank, with their numbers."""

    rows: pa.Int64Array
    lines: Any
    """An Arrow array of strings."""
    faults: Faults

    def filter(self, mask: pa.BooleanArray) -> TextLines:
        """Keep the lines where the mask is true, and all faults."""
        if has_all(mask):
            return self
        return TextLines(
            rows=self.rows.filter(mask),
            lines=self.lines.filter(mask),
            faults=self.faults,
        )


def row_fault(file: str, row: int, value: str, reason: str) -> Fault:
    """Return the fault of a row that cannot be read at all."""
    return Fault(file=file, row=row, field="row", value=cut(value), reason=reason)


def refuse(file: str, text: TextLines, explain: str | Callable[[Any], Any]) -> Faults:
    """Return a fault for each line.

    Args:
        explain: What is wrong with them: one text for all, or what says it of an
            array of lines.
    """
    return Faults.of_columns(
        file,
        rows=text.rows,
        fields="row",
        values=cut_all(text.lines),
        reasons=explain if isinstance(explain, str) else explain(text.lines),
    )


def iter_text_lines(path: Path, meter: Meter | None = None) -> Iterator[TextLines]:
    """Yield the lines of a file, unpacked; blank ones are left out silently.

    Args:
        meter: Is told how far the file was read.

    Raises:
        ManifestError: The file cannot be read or unpacked to its end.
    """
    last = 0
    try:
        for block in iter_blocks(iter_chunks(path, meter)):
            yield _to_text(block, str(path))
            last = block.first + max(len(block.lines), 1) - 1
    except EOFError as error:
        raise ManifestError(
            f"{path} {error} after row {last}",
            hint="Fetch the file again.",
        ) from error


def _to_text(block: LineBlock, file: str) -> TextLines:
    if block.is_oversize:
        reason = f"a line has at most {LONGEST_LINE >> 20} MiB"
        return TextLines(
            rows=pa.array([], pa.int64()),
            lines=pa.array([], pa.string()),
            faults=Faults.of(file, [row_fault(file, block.first, "", reason)]),
        )
    rows = pa.arange(block.first, block.first + len(block.lines))
    binary = block.lines
    faults = Faults.of(file)
    try:
        lines = binary.cast(pa.string())
    except pa.ArrowInvalid:
        shown = show_improper(binary)
        bad = pc.is_valid(shown)
        faults = Faults.of_columns(
            file,
            rows=rows.filter(bad),
            fields="row",
            values=cut_all(shown.filter(bad)),
            reasons="not valid UTF-8",
        )
        good = pc.invert(bad)
        rows, lines = rows.filter(good), binary.filter(good).cast(pa.string())
    text = TextLines(rows=rows, lines=lines, faults=faults)
    return text.filter(_has_text(lines))


def _has_text(lines: Any) -> Any:
    """Tell which lines are not blank, and look only at those that begin so."""
    starts = pc.binary_slice(lines.cast(pa.binary()), 0, 1)
    doubtful = pc.is_in(starts, value_set=_SPACES)
    if not has_any(doubtful):
        return pc.is_valid(lines)
    trimmed = pc.ascii_trim_whitespace(lines.filter(doubtful))
    is_filled = pc.not_equal(trimmed, "")
    return pc.replace_with_mask(pc.is_valid(lines), doubtful, is_filled)
