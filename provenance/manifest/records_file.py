"""Parquet that a ledger exported: rows in full, and of which dataset they are.

The metadata of the schema say what the file holds::

    provenance.holds    records, evidence or derived
    provenance.dataset  NAME or NAME@VERSION; empty of evidence

*Derived* files (pedigrees, tallies …) are for notebooks: whoever records the rows has
them anew. The columns are fields by their names; ``origins`` and ``parents`` are lists
of structs, see ``structs_column``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provenance.domain import FIELDS
from provenance.errors import ManifestError
from provenance.manifest.parquet import ParquetReader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "DATASET",
    "DERIVED",
    "EVIDENCE",
    "HOLDS",
    "RECORDS",
    "RecordsReader",
    "is_derived",
]

HOLDS, DATASET = "provenance.holds", "provenance.dataset"
"""Keys of the metadata."""

RECORDS, EVIDENCE, DERIVED = "records", "evidence", "derived"
"""What a file can hold."""


def is_derived(path: Path) -> bool:
    """Whether a Parquet file holds what a ledger derived from its records."""
    try:
        return ParquetReader(path).metadata.get(HOLDS) == DERIVED
    except ManifestError:
        return False


class RecordsReader(ParquetReader):
    """Rows of a file that a ledger exported."""

    format = "records"

    def __init__(self, path: Path) -> None:
        """Look at what the file says of itself.

        Raises:
            ManifestError: It is no Parquet, or holds what is no record.
        """
        super().__init__(path)
        holds = self.metadata.get(HOLDS)
        if holds not in (RECORDS, EVIDENCE):
            raise ManifestError(
                f"{path} holds no records that a ledger exported",
                hint="Pedigrees and tallies follow from the records: ingest those."
                if holds == DERIVED
                else "Say --format parquet.",
            )

    @property
    def called(self) -> str:
        """The dataset version of its rows; empty of evidence."""
        return self.metadata.get(DATASET, "")

    @property
    def is_evidence(self) -> bool:
        """Whether its rows are about digests, and of no dataset."""
        return self.metadata.get(HOLDS) == EVIDENCE

    @property
    def usual(self) -> Mapping[Any, str]:
        """The fields that its columns are, by their names."""
        return {field: str(field) for field in FIELDS if str(field) in self.columns}
