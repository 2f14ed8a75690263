"""Policies: what an auditor decides to count, apart from what is recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from provenance.domain.origins import GENERATING_MODES, Grade, Mode

__all__ = ["DEFAULT", "LOW_BACKGROUND", "Policy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which origins count when pedigrees are assessed.

    A policy never changes what is recorded, and never how passes were counted.
    """

    name: str
    version: int = 1
    least_grade: Grade = Grade.DECLARED
    """Anything known less well than this is taken as not stated."""
    generating: frozenset[Mode] = GENERATING_MODES
    """The modes that count as generation."""
    ignored_models: frozenset[str] = frozenset()
    """Models whose origins are taken as not stated."""
    cutoffs: Mapping[str, str] = field(default_factory=dict)
    """Medium → ``YYYY-MM``; captures before that month are taken as human."""

    def is_before_cutoff(self, month: str | None, medium: str | None) -> bool:
        """Whether a capture of that month and medium counts as human.

        A capture of no recorded medium must lie before every cut-off.

        >>> LOW_BACKGROUND.is_before_cutoff("2022-10", "text")
        True
        >>> LOW_BACKGROUND.is_before_cutoff("2022-10", None)
        False
        """
        if month is None or not self.cutoffs:
            return False
        if medium is None:
            return month < min(self.cutoffs.values())
        return medium in self.cutoffs and month < self.cutoffs[medium]

    def to_json(self) -> str:
        """Write the policy as canonical JSON, as it is stored and logged."""
        return json.dumps(
            {
                "cutoffs": dict(self.cutoffs),
                "generating": sorted(self.generating),
                "ignored_models": sorted(self.ignored_models),
                "least_grade": self.least_grade.name.lower(),
                "name": self.name,
                "version": self.version,
            },
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Policy:
        """Read what ``to_json`` wrote."""
        stored = json.loads(text)
        return cls(
            name=stored["name"],
            version=stored["version"],
            least_grade=Grade[stored["least_grade"].upper()],
            generating=frozenset(map(Mode, stored["generating"])),
            ignored_models=frozenset(stored["ignored_models"]),
            cutoffs=stored["cutoffs"],
        )


DEFAULT = Policy(name="default")
"""Grade declared or better, no cut-offs."""

LOW_BACKGROUND = Policy(
    name="low-background", cutoffs={"text": "2022-11", "image": "2022-08"}
)
"""As ``default``; captures from before the flood are taken as human."""
