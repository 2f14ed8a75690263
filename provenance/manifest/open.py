"""Opening a manifest: recognise its format, and get the reader for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import ManifestError
from provenance.manifest.archives.arc import ArcReader
from provenance.manifest.archives.warc import WarcReader
from provenance.manifest.cdx import CdxReader
from provenance.manifest.cdxj import CdxjReader
from provenance.manifest.delimited import DelimitedReader
from provenance.manifest.documents.croissant_reader import CroissantReader
from provenance.manifest.documents.cyclonedx import read_cyclonedx
from provenance.manifest.documents.data_provenance import read_data_provenance
from provenance.manifest.documents.dataset_card import read_dataset_card
from provenance.manifest.documents.ecosystem_graphs import read_ecosystem_graphs
from provenance.manifest.documents.ledger_facts import read_ledger_facts
from provenance.manifest.documents.mixture_file import read_mixture
from provenance.manifest.documents.model_card import read_model_card
from provenance.manifest.documents.openlineage import read_openlineage
from provenance.manifest.documents.prov_json import read_prov_json
from provenance.manifest.documents.reader import DocumentReader
from provenance.manifest.documents.spdx import read_spdx
from provenance.manifest.jsonl import JsonlReader
from provenance.manifest.media.members import find_container
from provenance.manifest.media.reader import MediaReader
from provenance.manifest.offsets import OffsetsReader
from provenance.manifest.parquet import ParquetReader
from provenance.manifest.parts.reader import PartsReader
from provenance.manifest.parts.take_apart import take_apart
from provenance.manifest.recognise import first_line, recognise
from provenance.manifest.records_file import HOLDS, RecordsReader
from provenance.manifest.stream import find_packing
from provenance.manifest.watched import WatchedReader, take_stock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from provenance.domain import Field
    from provenance.manifest.documents.document import Parse
    from provenance.manifest.media.trust import TrustList
    from provenance.manifest.reader import Reader

__all__ = ["READERS", "open_manifest"]


def open_manifest(
    path: Path,
    *,
    format: str = "auto",  # noqa: A002  the word of --format
    named: Mapping[Field, str] | None = None,
    trust: TrustList | None = None,
) -> WatchedReader:
    """Open a manifest in any supported format, plain or packed.

    Args:
        named: Field → column, as the caller says it: these are read even if only
            later lines have them, and rows of several parts are only taken apart
            where the parts can have them.
        format: A key of ``READERS``; ``auto`` looks at the content first and at the
            suffix second, and takes rows of several parts apart.
        trust: Whose signatures under media files are trusted.

    Raises:
        ManifestError: The file is missing, empty, damaged or of another format.
    """
    if format not in _OF_SEVERAL_FILES or not find_container(path):
        find_packing(path)
    before = take_stock(path)
    reader = _find_reader(path, format, named or {}, trust)
    made = reader.made if isinstance(reader, PartsReader) else frozenset()
    return WatchedReader(path, before, reader, made)


def _find_reader(
    path: Path,
    format: str,  # noqa: A002  as above
    named: Mapping[Field, str],
    trust: TrustList | None,
) -> Reader:
    name = recognise(path) if format == "auto" else format
    if format == "auto" and name == "mixture" and named:
        name = "csv"  # the caller knows its columns
    if name not in READERS:
        raise ManifestError(
            f"{name!r} is no manifest format",
            hint=f"Known are {', '.join(READERS)}.",
        )
    if name == "jsonl":
        rows: Reader = JsonlReader(path, wanted=named.values())
    elif name == "media":
        rows = MediaReader(path, trust)
    elif name == "cdxj" and _has_legend(path):
        rows = CdxReader(path, first_line(path).decode(errors="replace"))
    else:
        rows = READERS[name](path)
    if format == "auto" and name == "parquet" and _is_ours(rows):
        return RecordsReader(path)
    if format == "auto" and name in _TAKEN_APART:
        return take_apart(rows, named)
    return rows


def _has_legend(path: Path) -> bool:
    return first_line(path).lstrip().startswith((b"CDX ", b"CDX\t"))


def _is_ours(rows: Reader) -> bool:
    return isinstance(rows, ParquetReader) and HOLDS in rows.metadata


def _document(name: str, parse: Parse) -> Callable[[Path], Reader]:
    return lambda path: DocumentReader(path, name, parse)


def _open_rows(path: Path, named: Mapping[Field, str]) -> Reader:
    return open_manifest(path, named=named)


_OF_SEVERAL_FILES = frozenset({"auto", "media"})
_TAKEN_APART = frozenset({"jsonl", "parquet"})
READERS: Mapping[str, Callable[[Path], Reader]] = {
    "jsonl": JsonlReader,
    "csv": DelimitedReader,
    "parquet": ParquetReader,
    "records": RecordsReader,
    "cdxj": CdxjReader,
    "warc": WarcReader,
    "arc": ArcReader,
    "offsets": OffsetsReader,
    "media": MediaReader,
    "dataset-card": _document("dataset-card", read_dataset_card),
    "mixture": _document("mixture", read_mixture),
    "model-card": _document("model-card", read_model_card),
    "croissant": lambda path: CroissantReader(path, _open_rows),
    "ecosystem-graphs": _document("ecosystem-graphs", read_ecosystem_graphs),
    "data-provenance": _document("data-provenance", read_data_provenance),
    "spdx": _document("spdx", read_spdx),
    "cyclonedx": _document("cyclonedx", read_cyclonedx),
    "openlineage": _document("openlineage", read_openlineage),
    "prov-json": _document("prov-json", read_prov_json),
    "ledger-facts": _document("ledger-facts", read_ledger_facts),
}
"""The formats of files, in the words of ``--format``."""
