"""Opening a manifest: recognise its format, and get the reader for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import ManifestError
from provenance.manifest.cdx import CdxReader
from provenance.manifest.cdxj import CdxjReader
from provenance.manifest.delimited import DelimitedReader
from provenance.manifest.jsonl import JsonlReader
from provenance.manifest.parquet import ParquetReader
from provenance.manifest.recognise import first_line, recognise
from provenance.manifest.stream import find_packing
from provenance.manifest.watched import WatchedReader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from provenance.manifest.reader import Reader

__all__ = ["open_manifest"]


def open_manifest(
    path: Path,
    *,
    format: str = "auto",  # noqa: A002  the word of --format
    wanted: Iterable[str] = (),
) -> Reader:
    """Open a manifest in any supported format, plain or packed.

    Args:
        format: ``jsonl``, ``csv``, ``parquet`` or ``cdxj``; ``auto`` looks at the
            content first and at the suffix second.
        wanted: Columns that are to be read even if only later lines have them.

    Raises:
        ManifestError: The file is missing, empty, damaged or of another format.
    """
    find_packing(path)
    before = path.stat()
    return WatchedReader(path, before, _find_reader(path, format, wanted))


def _find_reader(path: Path, format: str, wanted: Iterable[str]) -> Reader:  # noqa: A002  as above
    if format == "auto":
        format = recognise(path)  # noqa: A001  as above
    if format == "parquet":
        return ParquetReader(path)
    if format == "csv":
        return DelimitedReader(path)
    if format == "jsonl":
        return JsonlReader(path, wanted=wanted)
    if format == "cdxj":
        legend = first_line(path).decode(errors="replace")
        if legend.lstrip().startswith(("CDX ", "CDX\t")):
            return CdxReader(path, legend)
        return CdxjReader(path)
    raise ManifestError(
        f"{format!r} is no manifest format",
        hint="Known are jsonl, csv, parquet and cdxj.",
    )
