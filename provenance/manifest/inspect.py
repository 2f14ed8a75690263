"""Look at a manifest without a ledger: what would be read, mapped and lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from provenance.domain import Field, format_digest, refuse_no_utf8
from provenance.manifest.mapping import map_reader
from provenance.manifest.normalise import Normaliser
from provenance.manifest.open import open_manifest

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from provenance.batch import Fault
    from provenance.manifest.media.trust import TrustList

__all__ = ["Inspection", "inspect_manifest"]

_MOST_FAULTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What the beginning of a manifest is, and what would be made of it."""

    file: str
    format: str
    mapping: Mapping[str, str]
    """Field → column that would feed it, or the constant."""
    unused: tuple[str, ...]
    """Columns that nothing would be made of: what is lost."""
    spellings: Mapping[str, str]
    """How digests are spelled: field → spelling."""
    records: tuple[Mapping[str, Any], ...]
    """The first records, what they do not say left out."""
    faults: tuple[Fault, ...]
    """The first rows that would be set aside, among those looked at."""
    noted: Mapping[str, int]
    """What else was told of the rows looked at → how often."""
    facts: tuple[Mapping[str, Any], ...] = ()
    """What a document states of datasets and models."""

    def to_dict(self) -> dict[str, Any]:
        """The inspection as JSON values; the format of ``inspect --json``."""
        return asdict(self)


def inspect_manifest(
    path: Path,
    *,
    format: str = "auto",  # noqa: A002  the word of --format
    columns: Mapping[Field, str],
    constants: Mapping[Field, str],
    records: int = 5,
    trust: TrustList | None = None,
) -> Inspection:
    """Read the beginning of a manifest as it would be recorded.

    Args:
        columns: Field → column, where the usual names do not say it.
        constants: Field → value, the same for every row.
        records: How many records to show.
        trust: Whose signatures under media files are trusted.

    Raises:
        ManifestError: As ``open_manifest`` and ``map_reader``; or the file is
            damaged before that many records were read.
        NameRefusedError: A column or value is in no UTF-8.
    """
    refuse_no_utf8(*columns.values(), *constants.values())
    named = {field: column for field, column in columns.items() if column}
    reader = open_manifest(path, format=format, named=named, trust=trust)
    column_map = map_reader(reader, columns, constants)
    document = reader.document
    normaliser = Normaliser(column_map, file=reader.file)
    found: list[Mapping[str, Any]] = []
    faults: list[Fault] = []
    noted: dict[str, int] = {}
    for raw in reader.read(column_map.needed):
        batch, bad = normaliser.normalise(raw)
        found += _describe(batch.slice(0, records - len(found)))
        faults += bad[: _MOST_FAULTS - len(faults)]
        for what, rows in raw.notes.items():
            noted[what] = noted.get(what, 0) + len(rows)
        if len(found) >= records:
            break
    return Inspection(
        file=reader.file,
        format=reader.format,
        mapping=column_map.described(),
        unused=column_map.unused,
        spellings=normaliser.spellings,
        records=tuple(found),
        faults=tuple(faults),
        noted=noted,
        facts=tuple(fact.to_dict() for fact in document.facts) if document else (),
    )


def _describe(batch: pa.RecordBatch) -> list[Mapping[str, Any]]:
    """Return rows as JSON values, without what they do not say."""
    return [
        {name: _plain(value) for name, value in row.items() if value not in (None, [])}
        for row in batch.to_pylist()
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return format_digest(value)
    if isinstance(value, list):
        return [
            {name: _plain(inner) for name, inner in edge.items() if inner is not None}
            for edge in value
        ]
    return value if isinstance(value, int | float | str) else value.isoformat()
