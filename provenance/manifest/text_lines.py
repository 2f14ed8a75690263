"""Lines of a manifest as text; what is no text becomes a fault with its line number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from provenance.batch import Fault
from provenance.errors import ManifestError
from provenance.manifest.lines import LONGEST_LINE, LineBlock, iter_blocks
from provenance.manifest.reader import cut
from provenance.manifest.stream import iter_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["TextLines", "iter_text_lines", "row_fault"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLines:
    """Some lines that are valid UTF-8 and not blank, with their numbers."""

    rows: pa.Int64Array
    lines: pa.StringArray
    faults: list[Fault]

    def filter(self, mask: pa.BooleanArray) -> TextLines:
        """Keep the lines where the mask is true, and all faults."""
        return TextLines(
            rows=self.rows.filter(mask),
            lines=self.lines.filter(mask),
            faults=self.faults,
        )


def row_fault(file: str, row: int, value: str, reason: str) -> Fault:
    """Return the fault of a row that cannot be read at all."""
    return Fault(file=file, row=row, field="row", value=cut(value), reason=reason)


def iter_text_lines(path: Path) -> Iterator[TextLines]:
    """Yield the lines of a file, unpacked; blank ones are left out silently.

    Raises:
        ManifestError: The file cannot be read or unpacked to its end.
    """
    last = 0
    try:
        for block in iter_blocks(iter_chunks(path)):
            yield _to_text(block, str(path))
            last = block.first + max(len(block.lines), 1) - 1
    except EOFError as error:
        raise ManifestError(
            f"{path} {error} after row {last}",
            hint="Fetch the file again; nothing of it was recorded.",
        ) from error


def _to_text(block: LineBlock, file: str) -> TextLines:
    if block.is_oversize:
        reason = f"a line has at most {LONGEST_LINE >> 20} MiB"
        return TextLines(
            rows=pa.array([], pa.int64()),
            lines=pa.array([], pa.string()),
            faults=[row_fault(file, block.first, "", reason)],
        )
    rows = pa.array(range(block.first, block.first + len(block.lines)), pa.int64())
    binary = block.lines
    faults: list[Fault] = []
    try:
        lines = binary.cast(pa.string())
    except pa.ArrowInvalid:
        wrong = [_is_wrong(line) for line in binary.to_pylist()]
        for row, line, is_wrong in zip(
            rows.to_pylist(), binary.to_pylist(), wrong, strict=True
        ):
            if is_wrong:
                value = line[:200].decode(errors="replace")
                faults.append(row_fault(file, row, value, "not valid UTF-8"))
        keep = pc.invert(pa.array(wrong))
        rows, lines = rows.filter(keep), binary.filter(keep).cast(pa.string())
    found = TextLines(rows=rows, lines=lines, faults=faults)
    return found.filter(pc.not_equal(pc.ascii_trim_whitespace(lines), ""))


def _is_wrong(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False
