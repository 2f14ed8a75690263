"""Keep claims, and tell which stand."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from provenance.domain import Claim, DatasetName, Subject, Unit
from provenance.store.facts import load_origins
from provenance.store.intern import intern_origins, last_id
from provenance.store.schema import claims, sources, withdrawals
from provenance.store.standing import standing_fact

__all__ = [
    "LoggedClaim",
    "insert_claim",
    "is_of_source",
    "load_claims",
    "load_shares_of",
    "select_subjects",
    "stands",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedClaim:
    """A claim, and its place in the log."""

    id: int
    position: int
    """Log position: what people name it by."""
    origin_id: int
    claim: Claim
    withdrawn: int | None = None
    """Log position at which it was taken back."""
    why: str | None = None
    """Why it was."""


def stands(size: int | None = None) -> ColumnElement[bool]:
    """The condition that a claim was made and not withdrawn.

    Args:
        size: Entries of the log that count; all of them by default.
    """
    return standing_fact(claims.c.position, size)


def is_of_source(name: str) -> ColumnElement[bool]:
    """The condition that a source is the host of that name, or lies in that domain."""
    return sa.or_(sources.c.host == name, sources.c.domain == name)


def select_subjects(subject: Subject) -> sa.Select[tuple[str]]:
    """The names of all datasets, sources or models that claims were made about."""
    return sa.select(claims.c.name).where(claims.c.subject == str(subject))


def insert_claim(connection: sa.Connection, claim: Claim, position: int) -> LoggedClaim:
    """Write a claim that was logged at a position, and return it."""
    ids = intern_origins(connection, [claim.origin])
    logged = LoggedClaim(
        id=last_id(connection, claims) + 1,
        position=position,
        origin_id=ids[claim.origin],
        claim=claim,
    )
    connection.execute(
        claims.insert().values(
            id=logged.id,
            subject=str(claim.subject),
            name=claim.name,
            version=claim.version,
            first_at=claim.first_at,
            last_at=claim.last_at,
            origin_id=logged.origin_id,
            unit=None if claim.unit is None else str(claim.unit),
            share=None if claim.share is None else float(claim.share),
            note=claim.note,
            who=claim.who,
            position=position,
        )
    )
    return logged


def load_claims(
    connection: sa.Connection, *, withdrawn: bool = False, size: int | None = None
) -> list[LoggedClaim]:
    """Return the claims in the order of the log.

    Args:
        connection: An open transaction.
        withdrawn: Whether those that were taken back are wanted, too.
        size: Entries of the log that count for what stands; all by default.
    """
    gone = withdrawals.c.withdrawn == claims.c.position
    query = (
        sa.select(claims, withdrawals.c.position.label("gone"), withdrawals.c.why)
        .outerjoin(withdrawals, gone)
        .order_by(claims.c.position)
    )
    if not withdrawn:
        query = query.where(stands(size))
    return _read_all(connection, query)


def load_shares_of(
    connection: sa.Connection, dataset: DatasetName, size: int | None = None
) -> list[LoggedClaim]:
    """Return the standing claims of a share of a dataset version.

    Args:
        connection: An open transaction.
        dataset: The dataset version.
        size: Entries of the log that count; all of them by default.
    """
    query = (
        sa.select(claims, sa.null().label("gone"), sa.null().label("why"))
        .where(
            claims.c.share.is_not(None),
            claims.c.name == dataset.name,
            sa.or_(claims.c.version.is_(None), claims.c.version == dataset.version),
            stands(size),
        )
        .order_by(claims.c.position)
    )
    return _read_all(connection, query)


def _read_all(connection: sa.Connection, query: sa.Select[Any]) -> list[LoggedClaim]:
    rows = connection.execute(query).all()
    if not rows:
        return []
    origins = load_origins(connection, {row.origin_id for row in rows})
    return [_read(row, origins) for row in rows]


def _read(row: Any, origins: Any) -> LoggedClaim:
    return LoggedClaim(
        id=row.id,
        position=row.position,
        origin_id=row.origin_id,
        claim=Claim(
            subject=Subject(row.subject),
            name=row.name,
            version=row.version,
            first_at=row.first_at,
            last_at=row.last_at,
            origin=origins[row.origin_id],
            unit=None if row.unit is None else Unit(row.unit),
            share=None if row.share is None else Decimal(repr(row.share)),
            note=row.note,
            who=row.who,
        ),
        withdrawn=row.gone,
        why=row.why,
    )
