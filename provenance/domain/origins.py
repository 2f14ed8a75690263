"""Where content comes from, who says so, and how far that is believed.

Two small vocabularies meet here: *modes* (what a model did to the bytes, or how
one work came out of another) and *evidence* (how the statement is known).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

__all__ = [
    "CONVERTING_MODES",
    "GENERATING_MODES",
    "NEW_WORK",
    "NOT_OF_CONTENT",
    "SCORE_STEP",
    "Derivation",
    "Evidence",
    "Grade",
    "Kind",
    "Mode",
    "Origin",
    "grade_derivation",
]

SCORE_STEP = 0.05
"""Detector scores are kept exactly on the edge, and to this step in the origin."""


class Kind(StrEnum):
    """What stands at the beginning of a piece of content."""

    HUMAN = "human"
    MODEL = "model"
    OTHER = "other"
    CAPTURE = "capture"
    """Seen at some time; its author is not known."""
    UNKNOWN = "unknown"


class Mode(StrEnum):
    """What the model did to produce exactly the bytes of the item."""

    WRITTEN = "written"
    ANSWERED = "answered"
    COMPLETED = "completed"
    REPHRASED = "rephrased"
    TRANSLATED = "translated"
    SUMMARISED = "summarised"
    CAPTIONED = "captioned"
    EDITED = "edited"
    UNSPECIFIED = "unspecified"
    TRANSCRIBED = "transcribed"
    LABELLED = "labelled"
    JUDGED = "judged"
    SELECTED = "selected"


NOT_OF_CONTENT = frozenset({Mode.LABELLED, Mode.JUDGED, Mode.SELECTED})
"""The model looked at the item and wrote none of it: never an origin."""

CONVERTING_MODES = frozenset({Mode.TRANSCRIBED})
"""Recognition of speech or print: of the content, and no authorship."""

GENERATING_MODES = frozenset(Mode) - NOT_OF_CONTENT - CONVERTING_MODES
"""The modes that make content; a policy may count fewer or more of them."""


class Derivation(StrEnum):
    """How an item came out of its parent (PROV ``wasDerivedFrom``)."""

    COPIED = "copied"
    EXTRACTED = "extracted"
    CLEANED = "cleaned"
    QUOTED = "quoted"
    SEEDED = "seeded"
    TRANSLATED = "translated"
    MERGED = "merged"
    NEAR_DUPLICATE = "near_duplicate"
    UNSPECIFIED = "unspecified"


NEW_WORK = frozenset(
    {
        Derivation.SEEDED,
        Derivation.TRANSLATED,
        Derivation.MERGED,
        Derivation.QUOTED,
    }
)
"""Somebody made a new work of the parent; unsaid who, it stays unknown."""


class Grade(IntEnum):
    """How strong a statement is; a path is as strong as its weakest link."""

    INFERRED = 0
    DETECTED = 1
    DECLARED = 2
    PROVEN = 3


class Evidence(StrEnum):
    """How a statement about an item is known."""

    CAPTURED = "captured"
    ATTESTED = "attested"
    MANIFEST = "manifest"
    DECLARED = "declared"
    REVIEWED = "reviewed"
    WATERMARK = "watermark"
    DETECTOR = "detector"
    MATCHED = "matched"
    INFERRED = "inferred"

    @property
    def grade(self) -> Grade:
        """The grade that this kind of evidence carries.

        >>> Evidence.CAPTURED.grade > Evidence.DETECTOR.grade
        True
        """
        return _GRADES[self]


_GRADES = {
    Evidence.CAPTURED: Grade.PROVEN,
    Evidence.ATTESTED: Grade.PROVEN,
    Evidence.MANIFEST: Grade.PROVEN,
    Evidence.DECLARED: Grade.DECLARED,
    Evidence.REVIEWED: Grade.DECLARED,
    Evidence.WATERMARK: Grade.DETECTED,
    Evidence.DETECTOR: Grade.DETECTED,
    Evidence.MATCHED: Grade.DETECTED,
    Evidence.INFERRED: Grade.INFERRED,
}


def grade_derivation(mode: Derivation, evidence: Evidence) -> Grade:
    """How strong an edge to a parent is: a near duplicate is detected at most.

    >>> grade_derivation(Derivation.NEAR_DUPLICATE, Evidence.ATTESTED).name
    'DETECTED'
    """
    if mode is Derivation.NEAR_DUPLICATE:
        return min(evidence.grade, Grade.DETECTED)
    return evidence.grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One distinct beginning of content; records point to it.

    Origins are few: a ledger of 10⁹ items has hundreds of them.
    """

    kind: Kind
    model: str | None = None
    """The name exactly as stated; aliases are resolved when read."""
    mode: Mode = Mode.UNSPECIFIED
    evidence: Evidence = Evidence.DECLARED
    detector: str | None = None
    """Name and version of the detector, where the evidence is one."""
    score: float | None = None
    """The detector's score, rounded to ``SCORE_STEP``."""
    asserted: bool = True
    """False for a score below its threshold: stored, and no origin."""
    month: str | None = None
    """``YYYY-MM`` of the capture; only of kind ``capture``."""
    medium: str | None = None
    """text, image, audio, video or other; only of kind ``capture``."""

    @property
    def grade(self) -> Grade:
        """How strong the statement is before any derivation weakens it."""
        if self.kind in (Kind.CAPTURE, Kind.UNKNOWN):
            return Grade.PROVEN
        return self.evidence.grade

    @property
    def is_content(self) -> bool:
        """Whether the origin says where the bytes themselves come from."""
        looked_on = self.kind is Kind.MODEL and self.mode in NOT_OF_CONTENT
        return self.asserted and not looked_on

    @property
    def is_author(self) -> bool:
        """Whether the origin names who made the content, and is declared at least.

        Conversion is no authorship: a transcribed speech still has a speaker.
        """
        converted = self.kind is Kind.MODEL and self.mode in CONVERTING_MODES
        return (
            self.is_content
            and not converted
            and self.kind not in (Kind.CAPTURE, Kind.UNKNOWN)
            and self.grade >= Grade.DECLARED
        )
