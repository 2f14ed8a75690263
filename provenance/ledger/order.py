"""The order to record a manifest, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from provenance.domain import DatasetName, Field
from provenance.ledger.limit import BadRowLimit

__all__ = ["KINDS", "Ingest", "Ingested", "Noted"]

KINDS = ("dataset", "crawl")
"""What a manifest can be a manifest of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """The order to record a manifest, as the caller gave it."""

    path: Path
    dataset: DatasetName
    format: str
    columns: Mapping[Field, str]
    constants: Mapping[Field, str]
    kind: str
    append: bool
    replace: bool
    stop_on_fault: bool
    max_bad: BadRowLimit | None
    dry_run: bool
    quarantine: Path
    """Folder for the file of quarantined rows."""
    progress: Callable[[int, int], None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Where a reader saw something that it told, and that stops no row."""

    rows: int
    """How many rows it was."""
    first_row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What recording a manifest came to."""

    file: str
    dataset: str
    format: str
    already: bool = False
    """Nothing was recorded: these bytes stand in the ledger already."""
    dry_run: bool = False
    """Nothing was kept: the caller only wanted to know."""
    rows_read: int = 0
    recorded: int = 0
    quarantined: int = 0
    skipped: int = 0
    """Rows that were recorded when the file was shorter."""
    new_contents: int = 0
    """Contents that the ledger had not seen in any dataset."""
    edges: int = 0
    generated_by: int = 0
    derived_from: int = 0
    batch: int | None = None
    """Number of the (last) batch."""
    position: int | None = None
    """Log position of that batch."""
    seconds: float = 0.0
    quarantine_file: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Field → column that fed it, or the constant."""
    unused: tuple[str, ...] = ()
    """Columns that were not read."""
    late: Mapping[str, int] = field(default_factory=dict)
    """Columns first met after the mapping was made, and not read → their first row."""
    noted: Mapping[str, Noted] = field(default_factory=dict)
    """What else the reader told: rows that are no item, digests that are not true …"""

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``ingest --json``."""
        return asdict(self) | {"unused": list(self.unused)}
