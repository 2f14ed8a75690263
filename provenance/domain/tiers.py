"""The five tiers that partition every total, and the units of a total."""

from __future__ import annotations

from enum import StrEnum

from provenance.errors import NameRefusedError

__all__ = ["Tier", "Unit", "parse_unit"]


class Tier(StrEnum):
    """What a policy makes of a pedigree; exactly one for every item."""

    GENERATED = "generated"
    """An own generating origin counts."""
    DERIVED = "derived"
    """None of its own, but an inherited one counts."""
    HUMAN = "human"
    """A human origin counts, and nothing else flows in."""
    OTHER = "other"
    """Origins are known, none generating, not all human."""
    UNKNOWN = "unknown"
    """The rest; never counted as human, and never as synthetic."""


class Unit(StrEnum):
    """What a total adds up."""

    RECORDS = "records"
    """Occurrences in manifests, one per row."""
    ITEMS = "items"
    """Items an occurrence stands for × copies."""
    BYTES = "bytes"
    """Content bytes × copies."""
    TOKENS = "tokens"
    """Tokens × copies."""
    CONTENTS = "contents"
    """Distinct items of the dataset version, each counted once."""


def parse_unit(text: str) -> Unit:
    """Read the name of a unit.

    Raises:
        NameRefusedError: It is none.

    >>> parse_unit("tokens").name
    'TOKENS'
    """
    try:
        return Unit(text)
    except ValueError as error:
        raise NameRefusedError(
            f"{text!r} is no unit", hint=f"Choose from: {', '.join(Unit)}."
        ) from error
