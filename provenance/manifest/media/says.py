"""What a media file says of its origin, whichever way it says it."""

from __future__ import annotations

from dataclasses import dataclass

from provenance.domain import Derivation, Evidence, Kind, Mode

__all__ = ["Says"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """One statement, in the words of the ledger's fields."""

    evidence: Evidence
    kind: Kind | None = None
    """Model, other, or None: it does not say."""
    mode: Mode | None = None
    generators: tuple[str, ...] = ()
    verified: str | None = None
    """By what the statement was verified, and how that ended."""
    parents: tuple[str, ...] = ()
    derivation: Derivation | None = None
    reservation: str | None = None
    """What of training and mining is not allowed."""
