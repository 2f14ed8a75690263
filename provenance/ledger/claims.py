"""Record claims, and take them back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from provenance.domain import Claim, Subject
from provenance.errors import LedgerStateError, NotRecordedError
from provenance.ledger.facts import record_withdrawal
from provenance.ledger.impact import Done
from provenance.lineage import assess_claims, open_lineage
from provenance.log import append_entry
from provenance.store.claims import LoggedClaim, insert_claim, load_claims
from provenance.store.facts import load_policies

__all__ = ["add_claim", "describe_claim", "record_claim", "take_back_claim"]


def record_claim(connection: sa.Connection, claim: Claim, now: int) -> int:
    """Record a claim, without following it; return the log position."""
    position = append_entry(connection, "claim", claim.to_entry(), now)
    logged = insert_claim(connection, claim, position)
    assess_claims(connection, [logged], load_policies(connection))
    return position


def add_claim(connection: sa.Connection, claim: Claim, now: int) -> Done:
    """Record a claim and follow it."""
    position = record_claim(connection, claim, now)
    return _follow(connection, claim, position)


def take_back_claim(connection: sa.Connection, number: int, why: str, now: int) -> Done:
    """Withdraw a claim and follow that.

    Args:
        connection: A writing transaction.
        number: Its log position.
        why: Said in the log.
        now: Microseconds since 1970 UTC.

    Raises:
        NotRecordedError: No claim was logged there.
        LedgerStateError: It was withdrawn before.
    """
    logged = _find(connection, number)
    position = record_withdrawal(connection, [number], why, now)
    return _follow(connection, logged.claim, position)


def _find(connection: sa.Connection, number: int) -> LoggedClaim:
    for logged in load_claims(connection, withdrawn=True):
        if logged.position != number:
            continue
        if logged.withdrawn is not None:
            raise LedgerStateError(
                f"the claim at log position {number} was withdrawn at "
                f"{logged.withdrawn}: {logged.why}"
            )
        return logged
    raise NotRecordedError(
        f"no claim was logged at position {number}", hint="See: provenance claim list"
    )


def _follow(connection: sa.Connection, claim: Claim, position: int) -> Done:
    subject = f"{claim.about}: {claim.says}"
    if not claim.reaches_items:
        return Done(subject=subject, position=position, note=_say_why_none(claim))
    with open_lineage() as lineage:
        reached = lineage.restate(connection, claim, position)
    return Done(subject=subject, position=position, reached=reached)


def _say_why_none(claim: Claim) -> str | None:
    if claim.subject is Subject.MODEL:
        return "a claim about a model reaches no item and changes no number"
    if claim.share is None:
        return f"{claim.origin.mode} is no origin of content: it changes no number"
    return None


def _say_effect(claim: Claim) -> str:
    if claim.reaches_items:
        return "reaches every item"
    return "counts in its unit" if claim.share is not None else "changes no number"


def describe_claim(logged: LoggedClaim) -> dict[str, Any]:
    """Return a claim as JSON values; the format of ``claim list --json``."""
    claim = logged.claim
    return {
        "position": logged.position,
        **claim.to_entry(),
        "about": claim.about,
        "says": claim.says,
        "effect": _say_effect(claim),
        "withdrawn": logged.withdrawn,
        "why": logged.why,
    }
