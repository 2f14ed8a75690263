"""Opening a manifest: recognise its format, and get the reader for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import ManifestError
from provenance.manifest.archives.arc import ArcReader
from provenance.manifest.archives.warc import WarcReader
from provenance.manifest.cdx import CdxReader
from provenance.manifest.cdxj import CdxjReader
from provenance.manifest.delimited import DelimitedReader
from provenance.manifest.jsonl import JsonlReader
from provenance.manifest.offsets import OffsetsReader
from provenance.manifest.parquet import ParquetReader
from provenance.manifest.parts.take_apart import take_apart
from provenance.manifest.recognise import first_line, recognise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from provenance.domain import Field
    from provenance.manifest.reader import Reader

__all__ = ["READERS", "open_manifest"]


def open_manifest(
    path: Path,
    *,
    format: str = "auto",  # noqa: A002  the word of --format
    named: Mapping[Field, str] | None = None,
) -> Reader:
    """Open a manifest in any supported format, plain or packed.

    Args:
        named: Field → column, as the caller says it: rows of several parts are only
            taken apart where the parts can have these.
        format: ``jsonl``, ``csv``, ``parquet``, ``cdxj``, ``warc`` or ``arc``;
            ``auto`` looks at the content first and at the suffix second, and takes
            rows of several parts apart.

    Raises:
        ManifestError: The file is missing, empty, damaged or of another format.
    """
    if format == "auto":
        format = recognise(path)  # noqa: A001  as above
        if format in _TAKEN_APART:
            return take_apart(READERS[format](path), named or {})
    if format == "cdxj":
        legend = first_line(path).decode(errors="replace")
        if legend.lstrip().startswith(("CDX ", "CDX\t")):
            return CdxReader(path, legend)
    if format not in READERS:
        raise ManifestError(
            f"{format!r} is no manifest format",
            hint=f"Known are {', '.join(READERS)}.",
        )
    return READERS[format](path)


_TAKEN_APART = frozenset({"jsonl", "parquet"})
READERS: Mapping[str, Callable[[Path], Reader]] = {
    "jsonl": JsonlReader,
    "csv": DelimitedReader,
    "parquet": ParquetReader,
    "cdxj": CdxjReader,
    "warc": WarcReader,
    "arc": ArcReader,
    "offsets": OffsetsReader,
}
