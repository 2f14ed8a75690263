"""What an explanation says: values, as people and machines read them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

__all__ = [
    "Claimed",
    "Explanation",
    "Occurrence",
    "Parent",
    "Path",
    "Statement",
    "Step",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Who made the content, and who says so."""

    kind: str
    model: str | None
    mode: str
    evidence: str
    grade: str
    detector: str | None
    score: float | None
    threshold: float | None
    counts: bool
    """False for a detector's score below its threshold."""
    trained_on: tuple[str, ...]
    """What that model was trained on, as recorded."""
    based_on: tuple[str, ...]
    training_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What an occurrence says it was derived from."""

    reference: str
    mode: str
    evidence: str
    grade: str
    item: str | None
    """Identity of the parent item; None: not recorded, or not resolved."""
    repeated: bool = False
    """The parent is itself, or is explained elsewhere in the tree: see there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One record of the item, or a row of evidence of it, and what it says."""

    dataset: str
    """Name and version; empty of evidence, which belongs to none."""
    file: str
    row: int
    part: int
    """Part of the row, from 0."""
    name: str | None
    url: str | None
    fetched_at: str | None
    batch: int
    position: int
    """Log position of the batch."""
    index: int
    """Place of its leaf in the batch, from 0: ``log prove POSITION:INDEX``."""
    origins: tuple[Statement, ...]
    parents: tuple[Parent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A claim on a dataset or a source that reaches the item."""

    position: int
    """Log position."""
    about: str
    """What it speaks of, in words."""
    origin: Statement
    who: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One edge of a path: an item, and the record that says what it came from."""

    item: str
    record: str
    """``POSITION:INDEX`` of the record in the log."""
    mode: str
    evidence: str
    grade: str
    parent: str
    """Identity of the parent item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A shortest way from an item up to where a generative origin flows in."""

    origin: Statement
    item: str
    """The item that the origin made."""
    record: str
    """``POSITION:INDEX`` of the record, or the claim, that says so."""
    steps: tuple[Step, ...]
    grade: str
    """That of the weakest link."""


@dataclass(slots=True, kw_only=True)
class Explanation:
    """An item, its tier under the default policy, and the facts behind it."""

    item: str
    tier: str
    depth: int | None
    open: bool
    loop: bool
    """Whether the item is derived from itself, directly or around a cycle."""
    records: list[Occurrence] = field(default_factory=list)
    evidence: list[Occurrence] = field(default_factory=list)
    """What was observed of the content, apart from any dataset."""
    claims: list[Claimed] = field(default_factory=list)
    """Claims that say who made it, where no record says as well or better."""
    records_left_out: int = 0
    """Further records, and rows of evidence, that are not shown."""
    parents: list[Explanation] = field(default_factory=list)
    """The parent items that are recorded, each explained in turn, once."""
    paths: list[Path] = field(default_factory=list)
    """Of the item asked about: a shortest path to each inherited generative origin."""
    beyond: list[str] = field(default_factory=list)
    """Of the item asked about: models that flow in from further up than was walked."""
    left_out: int = 0
    """Of the item asked about: known items further up that were not walked."""

    def iter_ancestors(self) -> Iterator[Explanation]:
        """Yield the explanations of all items further up, the nearest first."""
        waiting = deque(self.parents)
        while waiting:
            nearest = waiting.popleft()
            yield nearest
            waiting.extend(nearest.parents)

    def to_dict(self) -> dict[str, Any]:
        """The explanation as JSON values; ancestors in one list, however deep."""
        ancestors = [_say(one) for one in self.iter_ancestors()]
        return _say(self) | {"ancestors": ancestors}


def _say(explanation: Explanation) -> dict[str, Any]:
    """Write an explanation, with its parents by name."""
    alone = replace(explanation, parents=[])
    return asdict(alone) | {"parents": [one.item for one in explanation.parents]}
