"""Bring the schema of a ledger up to date; the only way users apply migrations."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sqlalchemy as sa

from provenance.errors import LedgerStateError, MigrationError
from provenance.store.engine import is_sqlite
from provenance.store.schema import METADATA
from provenance.store.triggers import without_triggers
from provenance.store.views import create_views, drop_views

__all__ = [
    "check_schema",
    "current_revision",
    "head_revision",
    "known_revisions",
    "upgrade_schema",
]

_VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))
"""Where alembic says which revision a database has."""


def _migrations() -> Path:
    package = Path(__file__).parent.parent
    for folder in (package / "_migrations", package.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise MigrationError(
        "the migrations of this installation are missing",
        hint="Install the package again.",
    )


@cache
def known_revisions() -> tuple[str, ...]:
    """Return the revisions this package knows, the oldest first.

    Each is what the name of its file begins with: so every command can ask without
    loading alembic, which takes a tenth of a second.
    """
    files = (_migrations() / "versions").glob("[0-9]*_*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))


def head_revision() -> str:
    """Return the newest revision this package knows."""
    return known_revisions()[-1]


def current_revision(connection: sa.Connection) -> str:
    """Return the revision of the ledger; empty when it has no schema yet.

    Raises:
        LedgerStateError: A view stands where a table of a ledger should.
        MigrationError: It names several.
    """
    look = sa.inspect(connection)
    if not look.has_table(_VERSION.name) or not look.has_table("log_entries"):
        return ""  # another program may use alembic as well
    _refuse_disguised(look)
    found = connection.execute(sa.select(_VERSION.c.version_num)).scalars().all()
    if len(found) > 1:
        raise MigrationError(
            f"the ledger has several schemas: {', '.join(sorted(found))}",
            hint="Only one row may stand in alembic_version; restore a backup.",
        )
    return found[0] if found else ""


def _refuse_disguised(look: sa.Inspector) -> None:
    """Refuse a view under the name of a table of ours, before it is read.

    A view is a program of whoever made the file: it may never end, and in the middle
    of one statement of SQLite no signal is heard.
    """
    ours = {_VERSION.name, *METADATA.tables}
    if disguised := ours.intersection(map(str.lower, look.get_view_names())):
        raise LedgerStateError(
            f"{min(disguised)} is a view where a ledger has a table",
            hint="Somebody changed this database: restore a backup, or name another "
            "ledger with --ledger.",
        )


def check_schema(connection: sa.Connection) -> None:
    """Refuse a ledger whose schema is not the newest this package knows.

    Raises:
        MigrationError: It is older, or newer, than this package.
    """
    found, head = current_revision(connection), head_revision()
    if found == head:
        return
    if found and found not in known_revisions():
        raise MigrationError(
            f"the ledger has schema {found}; this version knows up to {head}",
            hint="Install a newer training-provenance, or name another ledger.",
        )
    raise MigrationError(
        f"the ledger has schema {found or 'none'}; {head} is needed",
        hint="Run: provenance db upgrade",
    )


def upgrade_schema(connection: sa.Connection) -> str:
    """Migrate to the newest revision in one transaction, with views and triggers.

    Returns:
        The revision that it had before; empty when it had no schema yet.

    Raises:
        LedgerStateError: The database is not empty and holds no ledger.
        MigrationError: The schema is newer than this package, or rows would be left
            without what they point to.
    """
    from alembic import command  # noqa: PLC0415 - see known_revisions
    from alembic.config import Config  # noqa: PLC0415 - the same

    found = current_revision(connection)
    if not found:
        _refuse_others(connection)
    elif found not in known_revisions():
        check_schema(connection)
    drop_views(connection)
    config = Config()
    config.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
    config.attributes["connection"] = connection
    with without_triggers(connection):
        command.upgrade(config, "head")
    create_views(connection)
    if is_sqlite(connection):
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise MigrationError(
                f"after the migration a row of {broken[0]} points to nothing",
                hint="Nothing was changed. Report this with the output of: "
                "provenance db check",
            )
    return found


def _refuse_others(connection: sa.Connection) -> None:
    """Refuse to make a ledger among the tables of others."""
    look = sa.inspect(connection)
    tables = [*look.get_table_names(), *look.get_view_names()]
    if tables:
        place = connection.get_execution_options()["place"]
        raise LedgerStateError(
            f"{place} holds other tables; name an empty database",
            hint=f"One of them is {min(tables)}. Name a ledger with --ledger or "
            "$PROVENANCE_LEDGER.",
        )
