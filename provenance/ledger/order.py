"""The order to record a manifest, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypedDict

from provenance.domain import DatasetName, Field
from provenance.ledger.limit import BadRowLimit
from provenance.manifest import TrustList

__all__ = [
    "EVIDENCE",
    "KINDS",
    "Ingest",
    "Ingested",
    "Noted",
    "Options",
    "PassedOver",
    "Refused",
    "Watcher",
]

EVIDENCE = "evidence"
KINDS = ("dataset", "crawl", EVIDENCE)
"""What a manifest can be a manifest of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """The order to record a manifest, as the caller gave it."""

    path: Path
    """Where its bytes are read: a copy, if it came from afar or standard input."""
    manifest: str
    """How the ledger names it."""
    shown: str
    """How messages and quarantined rows name it."""
    dataset: DatasetName | None
    """None: the rows are evidence, and belong to no dataset."""
    is_named: bool = False
    """Whether the caller named the dataset; else a document may name it itself."""
    format: str
    columns: Mapping[Field, str]
    constants: Mapping[Field, str]
    trust: TrustList | None
    """Whose signatures under media files are trusted."""
    kind: str
    of: str | None
    """Of evidence: the dataset whose names its rows use, as the caller gave it."""
    append: bool
    replace: bool
    stop_on_fault: bool
    max_bad: BadRowLimit | None
    dry_run: bool
    salt: bool
    """Whether each leaf gets random bytes of its own."""
    batch_rows: int
    """Records of a batch, at most."""
    memory: str
    """How much the set work may hold before it spills to disk."""
    quarantine: Path
    """Folder for the file of quarantined rows."""
    progress: Callable[[int, int, float | None], None] | None
    """Told of rows read, rows quarantined, and the share of the file, if known."""

    @property
    def is_atomic(self) -> bool:
        """Whether all of it is one transaction, and not each batch.

        So it is where the first bad row refuses the whole file, or nothing is kept.
        """
        return self.dry_run or self.stop_on_fault

    @property
    def target(self) -> str:
        """What the rows are recorded for, in words."""
        return str(self.dataset) if self.dataset else "evidence"


class Options(TypedDict, total=False):
    """How to record manifests; for their meaning see ``Ledger.ingest``."""

    dataset: str | None
    format: str
    columns: Mapping[str, str] | None
    constants: Mapping[str, str] | None
    trust: str | Path | None
    kind: str
    of: str | None
    append: bool
    replace: bool
    stop_on_fault: bool
    max_bad: str | int | None
    batch_rows: int
    memory: str
    dry_run: bool
    salt: bool


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
    """Name and version; ``evidence`` of what belongs to none."""
    format: str
    already: bool = False
    """Nothing was recorded: these bytes stand in the ledger already."""
    withdrawn: int = 0
    """Batches of what the file said before, taken back by ``replace``."""
    dry_run: bool = False
    """Nothing was kept: the caller only wanted to know."""
    rows_read: int = 0
    """The skipped ones among them where a run goes on that was broken off."""
    recorded: int = 0
    quarantined: int = 0
    skipped: int = 0
    """Rows recorded when the file was shorter, or by a run that was broken off."""
    new_contents: int = 0
    """Contents that the ledger had not seen in any dataset."""
    edges: int = 0
    generated_by: int = 0
    derived_from: int = 0
    facts: int = 0
    """What a document stated of datasets and models: entries of the log."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A manifest of which nothing was recorded, and why."""

    error: str
    hint: str = ""
    file: str | None = None
    """None where a pattern or a folder led to no file at all."""

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``ingest --json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A file of a folder that is no manifest, and why it is none."""

    file: str
    passed_over: str

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``ingest --json``."""
        return asdict(self)


class Watcher(Protocol):
    """Whoever wants to know how far a recording of several manifests is."""

    def begin(self, sizes: Sequence[int]) -> None:
        """Hear how many manifests there are, and of each the bytes; 0 is unknown."""

    def start(self, file: str) -> None:
        """Hear which manifest is next."""

    def rows(self, read: int, bad: int, share: float | None) -> None:
        """Hear how many rows of it were read and quarantined, and its share so far."""
