"""What a database says when it fails, and what to do then."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from provenance.errors import LedgerStateError

__all__ = ["BUSY_SECONDS", "say_database_error"]

BUSY_SECONDS = 60
"""How long a writer waits for another on SQLite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """How a failure is known, and told.

    A server speaks the language of its operator, and its words may hold names of any
    kind: it is known by its codes.
    """

    signs: tuple[str, ...] = ()
    """Words of SQLite."""
    codes: tuple[str, ...] = ()
    """SQLSTATE of PostgreSQL:
    https://www.postgresql.org/docs/current/errcodes-appendix.html"""
    told: str
    hint: str


_FAILURES = (
    _Failure(
        signs=("locked",),
        told=f"another process has been writing to {{place}} for {BUSY_SECONDS} s",
        hint="Wait for it to finish, or stop it, then run the command again.",
    ),
    _Failure(
        signs=("readonly", "unable to open"),
        told="{place} cannot be written here: {words}",
        hint="Check the rights of the file and its folder, or name another place with "
        "--ledger.",
    ),
    _Failure(
        codes=("25006",),
        told="{place} cannot be written: {words}",
        hint="Name a server that is no standby, and a user whose transactions may "
        "write, with --ledger.",
    ),
    _Failure(
        codes=("42501",),
        told="the user of {place} may not do this: {words}",
        hint="Name another user with --ledger, or have this one granted a role of: "
        "provenance db roles",
    ),
    _Failure(
        codes=("57014", "55P03", "25P03", "25P04"),
        told="the server of {place} allows less time than this takes: {words}",
        hint="Raise that timeout for the user, or end the URL of the ledger with, for "
        "example, ?options=-cstatement_timeout%3D0; nothing half-recorded was kept. "
        "Then run the command again.",
    ),
    _Failure(
        codes=("2BP01",),
        told="something of yours in {place} hangs on a view of the ledger: {words}",
        hint="Nothing was changed. Drop it, run the command again, and make it anew.",
    ),
    _Failure(
        signs=("not a database", "malformed"),
        told="{place} is not a ledger: {words}",
        hint="Name the right file with --ledger, or restore it from a backup.",
    ),
    _Failure(
        signs=("full", "No space left"),
        codes=("53100",),
        told="no room left for {place}, or for temporary tables: {words}",
        hint="Free some, or set $TMPDIR; nothing half-recorded was kept. Then try "
        "again.",
    ),
    _Failure(
        signs=("I/O error",),
        codes=("58030",),
        told="{place} cannot be read or written: {words}",
        hint="Check that its disk is sound and not full; nothing half-recorded was "
        "kept. Then run the command again.",
    ),
)


def say_database_error(error: Exception, engine: sa.Engine) -> LedgerStateError:
    """Turn a driver's error, wrapped or not, into one that says what to do."""
    driver = error.orig if isinstance(error, DBAPIError) else error
    words = (str(driver).strip() or repr(error)).splitlines()[0]
    place = engine.get_execution_options()["place"]
    is_server = engine.dialect.name != "sqlite"
    state = getattr(driver, "sqlstate", None)
    for known in _FAILURES:
        is_it = any(sign in words for sign in known.signs)
        if state in known.codes if is_server else is_it:
            told = known.told.format(place=place, words=words)
            return LedgerStateError(told, hint=known.hint)
    unreached = engine.dialect.loaded_dbapi.OperationalError
    if is_server and isinstance(driver, unreached):
        return LedgerStateError(
            f"the server of {place} cannot be reached, or went away: {words}",
            hint="See that it runs and lets you in; nothing half-recorded was kept. "
            "Then run the command again.",
        )
    return LedgerStateError(
        f"the database of {place} failed: {words}",
        hint="Nothing half-recorded was kept.",
    )
