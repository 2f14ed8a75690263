"""Who may do what in a PostgreSQL ledger: owner, writer and reader.

========  ===========================================================================
owner     owns tables, views and triggers; nobody logs in as it: an administrator takes
          the role to upgrade the schema or to erase
writer    records: inserts into facts and log, moves the head, keeps derived tables
reader    reads everything, changes nothing; may make temporary tables
========  ===========================================================================

A writer cannot update, delete or truncate facts, nor disable a trigger: that takes the
owner, whom the triggers stop, and who would have to drop them first.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import sqlalchemy as sa

from provenance.errors import LedgerStateError
from provenance.store import schema
from provenance.store.append_only import APPEND_ONLY, TRIGGER_PREFIX
from provenance.store.engine import is_sqlite

__all__ = ["Roles", "grant_roles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Names of the three roles; they are the server's, not the database's."""

    owner: str = "provenance_owner"
    writer: str = "provenance_writer"
    reader: str = "provenance_reader"


def grant_roles(connection: sa.Connection, roles: Roles) -> None:
    """Create the roles that are not there, and give each what it may do.

    Args:
        connection: An open writing transaction, of a superuser or of a user who may
            create roles and owns the tables.
        roles: Their names.

    Raises:
        LedgerStateError: The database is SQLite, which has no roles.
    """
    if is_sqlite(connection):
        raise LedgerStateError(
            "SQLite has no roles: whoever can write the file can write all of it",
            hint="Use the rights of the file, or a ledger on PostgreSQL.",
        )
    quote = connection.dialect.identifier_preparer.quote
    names = {one.name: quote(getattr(roles, one.name)) for one in fields(roles)}
    _create(connection, roles, names)
    where = str(connection.scalar(sa.select(sa.func.current_schema())))
    database = str(connection.scalar(sa.select(sa.func.current_database())))
    place = quote(where)

    def run(statement: str) -> None:
        connection.exec_driver_sql(statement)

    run(f"GRANT USAGE, CREATE ON SCHEMA {place} TO {names['owner']}")
    _hand_over(connection, names["owner"])
    everyone = f"PUBLIC, {names['writer']}, {names['reader']}"
    run(f"REVOKE ALL ON ALL TABLES IN SCHEMA {place} FROM {everyone}")
    both = f"{names['writer']}, {names['reader']}"
    run(f"GRANT USAGE ON SCHEMA {place} TO {both}")
    run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {place} TO {both}")
    run(f"GRANT TEMPORARY ON DATABASE {quote(database)} TO {both}")
    for tables, rights in (
        (APPEND_ONLY, "INSERT"),
        ((schema.log_state,), "INSERT, UPDATE"),
        (schema.DERIVED, "INSERT, UPDATE, DELETE, TRUNCATE"),
    ):
        listed = ", ".join(table.name for table in tables)
        run(f"GRANT {rights} ON {listed} TO {names['writer']}")


def _create(connection: sa.Connection, roles: Roles, names: dict[str, str]) -> None:
    there = sa.text("SELECT 1 FROM pg_roles WHERE rolname = :name")
    for kind, quoted in names.items():
        if connection.scalar(there, {"name": getattr(roles, kind)}) is None:
            connection.exec_driver_sql(f"CREATE ROLE {quoted} NOLOGIN")
    connection.exec_driver_sql(f"GRANT {names['owner']} TO CURRENT_USER")


def _hand_over(connection: sa.Connection, owner: str) -> None:
    """Make the owner own every table, view and trigger function."""
    inspected = sa.inspect(connection)
    for table in inspected.get_table_names():
        if table in schema.METADATA.tables or table == "alembic_version":
            connection.exec_driver_sql(f"ALTER TABLE {table} OWNER TO {owner}")
    for view in inspected.get_view_names():
        if view.startswith("report_"):
            connection.exec_driver_sql(f"ALTER VIEW {view} OWNER TO {owner}")
    functions = sa.text(
        "SELECT proname::text FROM pg_proc WHERE proname LIKE :prefix "
        "AND pg_function_is_visible(oid)"
    )
    prefix = TRIGGER_PREFIX.replace("_", r"\_") + "%"
    for (name,) in connection.execute(functions, {"prefix": prefix}).all():
        connection.exec_driver_sql(f"ALTER FUNCTION {name}() OWNER TO {owner}")
