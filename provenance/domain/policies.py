"""Policies: what an auditor decides to count, apart from what is recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from provenance.domain.names import read_names
from provenance.domain.origins import (
    GENERATING_MODES,
    NOT_OF_CONTENT,
    Grade,
    Mode,
)
from provenance.errors import NameRefusedError

__all__ = [
    "BUILT_IN",
    "COUNTABLE_MODES",
    "DEFAULT",
    "LOW_BACKGROUND",
    "MEDIA",
    "Policy",
    "WhatIf",
    "parse_cutoff",
]

COUNTABLE_MODES = tuple(mode for mode in Mode if mode not in NOT_OF_CONTENT)
"""The modes that a policy may count as generation."""

MEDIA = ("text", "image", "audio", "video", "other")

_NAME = re.compile(r"\w[\w.+-]{0,99}")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


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

    def check_name(self) -> None:
        """Refuse a name that a report could not tell.

        Raises:
            NameRefusedError: It is not one, or that of a built-in policy.
        """
        if not _NAME.fullmatch(self.name):
            raise NameRefusedError(
                f"{self.name!r} is not a name of a policy",
                hint="Write letters, digits and . _ + - only, at most 100; versions "
                "are numbered by themselves.",
            )
        if self.name in {policy.name for policy in BUILT_IN}:
            raise NameRefusedError(
                f"the policy {self.name!r} is built in, and stays as it is",
                hint="Record yours under another name, and ask with --policy.",
            )

    def words(self) -> list[str]:
        """Say in words what counts.

        >>> LOW_BACKGROUND.words()[-1]
        'human: image captured before 2022-08, text captured before 2022-11'
        """
        said = [f"believed: grade {self.least_grade.name.lower()} or better"]
        modes = f"generation: {', '.join(m for m in Mode if m in self.generating)}"
        if self.generating == GENERATING_MODES:
            modes = "generation: every mode but labelled, judged, selected, transcribed"
        said.append(modes if self.generating else "generation: no mode")
        if self.ignored_models:
            said.append(f"ignored: {', '.join(sorted(self.ignored_models))}")
        if self.cutoffs:
            months = sorted(self.cutoffs.items())
            early = (f"{medium} captured before {month}" for medium, month in months)
            said.append(f"human: {', '.join(early)}")
        return said

    def to_dict(self) -> dict[str, object]:
        """The policy as JSON values."""
        return {
            "cutoffs": dict(self.cutoffs),
            "generating": sorted(self.generating),
            "ignored_models": sorted(self.ignored_models),
            "least_grade": self.least_grade.name.lower(),
            "name": self.name,
            "version": self.version,
        }

    def to_json(self) -> str:
        """Write the policy as canonical JSON, as it is stored and logged."""
        return json.dumps(
            self.to_dict(),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Changes to a policy for one question; they are not stored.

    Raises:
        NameRefusedError: A cut-off or a mode is none, or a list is a text.
    """

    least_grade: Grade | None = None
    generating: frozenset[Mode] | None = None
    """Exactly these modes are generation."""
    count_modes: frozenset[Mode] = frozenset()
    """These are, too."""
    ignored_models: frozenset[str] = frozenset()
    """Ignored as well."""
    cutoffs: Mapping[str, str] = field(default_factory=dict)
    """Medium → ``YYYY-MM``; other media keep theirs."""

    def __post_init__(self) -> None:
        for name in ("generating", "count_modes", "ignored_models"):
            given = getattr(self, name)
            if given is not None:  # a list is as good as a set
                object.__setattr__(self, name, frozenset(read_names(name, given)))
        modes = (self.generating or frozenset()) | self.count_modes
        if odd := sorted(modes - set(Mode)):
            raise NameRefusedError(
                f"{odd[0]!r} is no mode", hint=f"Choose from: {', '.join(Mode)}."
            )
        for medium, month in self.cutoffs.items():
            parse_cutoff(f"{medium}={month}")

    def __bool__(self) -> bool:
        return self != WhatIf()

    def apply(self, policy: Policy) -> Policy:
        """Return the policy that is asked for.

        >>> WhatIf(least_grade=Grade.PROVEN).apply(DEFAULT).least_grade.name
        'PROVEN'
        """
        generating = policy.generating if self.generating is None else self.generating
        least = policy.least_grade if self.least_grade is None else self.least_grade
        return replace(
            policy,
            least_grade=least,
            generating=generating | self.count_modes,
            ignored_models=policy.ignored_models | self.ignored_models,
            cutoffs={**policy.cutoffs, **self.cutoffs},
        )

    def words(self) -> list[str]:
        """Say in words what is other than in the policy.

        >>> WhatIf(ignored_models=frozenset({"GPT-4"})).words()
        ['GPT-4 is ignored']
        """
        said = []
        if self.least_grade is not None:
            said.append(f"grade {self.least_grade.name.lower()} or better is believed")
        if self.generating is not None:
            modes = ", ".join(m for m in Mode if m in self.generating) or "nothing"
            said.append(f"only {modes} is generation")
        if self.count_modes:
            modes = ", ".join(m for m in Mode if m in self.count_modes)
            said.append(f"{modes} is generation, too")
        said += [f"{model} is ignored" for model in sorted(self.ignored_models)]
        said += [
            f"{medium} captured before {month} is human"
            for medium, month in sorted(self.cutoffs.items())
        ]
        return said


def parse_cutoff(text: str) -> tuple[str, str]:
    """Read ``MEDIUM=YYYY-MM``.

    Raises:
        NameRefusedError: It is none.

    >>> parse_cutoff("text=2022-11")
    ('text', '2022-11')
    """
    medium, _, month = text.partition("=")
    if medium not in MEDIA or not _MONTH.fullmatch(month):
        raise NameRefusedError(
            f"{text!r} is no cut-off",
            hint=f"Write MEDIUM=YYYY-MM; a medium is one of {', '.join(MEDIA)}.",
        )
    return medium, month


DEFAULT = Policy(name="default")
"""Grade declared or better, no cut-offs."""

LOW_BACKGROUND = Policy(
    name="low-background", cutoffs={"text": "2022-11", "image": "2022-08"}
)
"""As ``default``; captures from before the flood are taken as human."""

BUILT_IN = (DEFAULT, LOW_BACKGROUND)
"""Recorded in every ledger; their names mean the same everywhere."""
