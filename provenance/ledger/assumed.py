"""Claims that are tried for one question, and taken back with its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from provenance.domain import Claim, read_names
from provenance.domain.assumptions import parse_assumption
from provenance.errors import ClaimRefusedError
from provenance.ledger.claims import add_claim
from provenance.ledger.view import AsOf
from provenance.log import load_frontier
from provenance.report import Report

__all__ = ["Assumed", "assume_claims", "mark_assumed", "read_assumptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What holds for the question, and the log as it is without."""

    words: tuple[str, ...]
    size: int
    root: str


def read_assumptions(texts: Sequence[str], as_of: AsOf) -> list[Claim]:
    """Read what is to be assumed.

    Raises:
        ClaimRefusedError: It is no claim, or it is asked as of an earlier position.
        NameRefusedError: The name of a dataset is none.
    """
    if as_of is not None:
        raise ClaimRefusedError(
            "nothing can be assumed as of an earlier position",
            hint="A claim that is tried comes last in the log: leave out --as-of.",
        )
    return [parse_assumption(text) for text in read_names("assume", texts)]


def assume_claims(
    connection: sa.Connection, claims: Sequence[Claim], now: int
) -> Assumed:
    """Record claims and follow them, in a transaction that is to be undone."""
    head = load_frontier(connection)
    for claim in claims:
        add_claim(connection, claim, now)
    words = tuple(f"{claim.about}: {claim.says}" for claim in claims)
    return Assumed(words=words, size=head.tree_size, root=head.root().hex())


def mark_assumed(report: Report, assumed: Assumed) -> Report:
    """Say of a report what it assumes; its log is the one that there is."""
    return replace(report, assumed=assumed.words, as_of=assumed.size, root=assumed.root)
