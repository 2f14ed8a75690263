"""Triggers that keep facts and log append-only, whoever writes to the database.

Defence in depth: whoever owns the database can drop them, and only the log shows what
was changed then. Like views they are not versioned: each migration drops them, since
SQLite rebuilds tables, and they are created anew from here.

Derived tables are free. Tables with a row per record, edge, source or tile refuse
updates and deletes, which costs an insert nothing; the others also refuse to insert
over a row that is there, which SQLite's ``INSERT OR REPLACE`` does without firing a
delete trigger unless ``recursive_triggers`` is on. The head of the log only grows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from provenance.store import schema
from provenance.store.append_only import APPEND_ONLY, TRIGGER_PREFIX
from provenance.store.engine import allow_rewriting, is_sqlite

__all__ = [
    "foreign_triggers",
    "lift_triggers",
    "missing_triggers",
    "without_triggers",
]

_HEAD = schema.log_state
_BULK = {
    table.name
    for table in (
        schema.records,
        schema.record_salts,
        schema.generated_by,
        schema.derived_from,
        schema.sources,
        schema.batch_tiles,
    )
}
_NEXT = "coalesce(max(position), -1) + 1"
_FUNCTIONS = {
    f"{TRIGGER_PREFIX}refuse": "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;",
    f"{TRIGGER_PREFIX}grow": (
        "IF NEW.id <> OLD.id OR NEW.size <= OLD.size THEN "
        "RAISE EXCEPTION 'log_state only grows'; END IF; RETURN NEW;"
    ),
    f"{TRIGGER_PREFIX}next": (
        f"IF NEW.position <> (SELECT {_NEXT} FROM log_entries) THEN "  # noqa: S608 - our own names
        "RAISE EXCEPTION 'log_entries is dense'; END IF; RETURN NEW;"
    ),
}


@contextmanager
def without_triggers(connection: sa.Connection) -> Iterator[None]:
    """Migrate without triggers, and create them anew from here.

    Those of other versions of this package go, too. On an error the transaction must
    be undone.
    """
    with allow_rewriting(connection):
        for name, table in _list(connection):
            _drop(connection, name, table)
        yield
    if not is_sqlite(connection):
        for name in _FUNCTIONS:
            connection.exec_driver_sql(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
                f"AS $${_escape(_body(name))}$$"
            )
    _create(connection, (*APPEND_ONLY, _HEAD))


@contextmanager
def lift_triggers(connection: sa.Connection, *tables: sa.Table) -> Iterator[None]:
    """Let rows of some tables be changed; inside a transaction, for an erasure.

    Only the owner of the tables may do that. On an error the transaction must be
    undone, and with it the lifting.
    """
    names = {table.name for table in tables}
    with allow_rewriting(connection), _overwritten(connection):
        for name, table in _list(connection):
            if table in names:
                _drop(connection, name, table)
        yield
    _create(connection, tables)


@contextmanager
def _overwritten(connection: sa.Connection) -> Iterator[None]:
    """Have SQLite overwrite what is deleted; it would leave it in free pages."""
    if not is_sqlite(connection):
        yield
        return
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.exec_driver_sql("PRAGMA secure_delete = OFF")


def missing_triggers(connection: sa.Connection) -> list[str]:
    """Return a sentence for each trigger that was dropped or disabled."""
    there = _list(connection)
    return [
        f"{table}: the trigger {name} is missing; run: provenance db upgrade"
        for name, table, _ in _wanted(connection, (*APPEND_ONLY, _HEAD))
        if not there.get((name, table))
    ]


def foreign_triggers(connection: sa.Connection) -> list[str]:
    """Return a sentence for each trigger on a table of ours that we did not write.

    It can change what is written, a rebuild too, so that no comparison is worth
    anything. One of ours that says something else now is told likewise.
    """
    wanted = {
        (name, table): statement
        for name, table, statement in _wanted(connection, (*APPEND_ONLY, _HEAD))
    }
    found = []
    for (name, table), statement in sorted(_list_all(connection).items()):
        ours = wanted.get((name, table))
        if ours is None:
            found.append(f"{table}: the trigger {name} is not of the ledger; drop it")
        elif statement and statement != ours:
            found.append(
                f"{table}: the trigger {name} was changed; run: provenance db upgrade"
            )
    return found + [
        f"the function {name} was changed; run: provenance db upgrade"
        for name in _changed_functions(connection)
    ]


def _changed_functions(connection: sa.Connection) -> list[str]:
    """Return the names of trigger functions of ours that do something else now."""
    if is_sqlite(connection):
        return []
    query = (
        "SELECT proname::text, prosrc FROM pg_proc "
        "WHERE pg_function_is_visible(oid) ORDER BY proname"
    )
    return [
        name
        for name, source in connection.exec_driver_sql(query)
        if name in _FUNCTIONS and source != _body(name)
    ]


def _list(connection: sa.Connection) -> dict[tuple[str, str], str]:
    """Return our triggers: name and table, and statement; none of a disabled one."""
    return {
        (name, table): statement
        for (name, table), statement in _list_all(connection).items()
        if name.startswith(TRIGGER_PREFIX)
    }


def _list_all(connection: sa.Connection) -> dict[tuple[str, str], str]:
    """Do the same for all triggers on our tables.

    SQLite keeps the name of a table as whoever made the trigger wrote it.
    """
    query = (
        "SELECT name, lower(tbl_name), sql FROM sqlite_master WHERE type = 'trigger'"
        if is_sqlite(connection)
        else "SELECT tgname::text, relname::text, CASE tgenabled WHEN 'A' "
        "THEN pg_get_triggerdef(pg_trigger.oid, true) ELSE '' END FROM pg_trigger "
        "JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND pg_table_is_visible(tgrelid)"
    )
    return {
        (name, table): statement
        for name, table, statement in connection.exec_driver_sql(query)
        if table in schema.METADATA.tables
    }


def _drop(connection: sa.Connection, name: str, table: str) -> None:
    of_table = "" if is_sqlite(connection) else f" ON {table}"
    connection.exec_driver_sql(f"DROP TRIGGER {name}{of_table}")


def _create(connection: sa.Connection, tables: Iterable[sa.Table]) -> None:
    for name, table, statement in _wanted(connection, tables):
        connection.exec_driver_sql(statement)
        if not is_sqlite(connection):
            # Else a superuser's session_replication_role = replica passes them by.
            connection.exec_driver_sql(
                f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
            )


def _wanted(
    connection: sa.Connection, tables: Iterable[sa.Table]
) -> Iterator[tuple[str, str, str]]:
    """Yield name, table and statement of each trigger."""
    write = _on_sqlite if is_sqlite(connection) else _on_postgresql
    for table in tables:
        for event, statement in write(table):
            name = f"{TRIGGER_PREFIX}{table.name}_{event}"
            yield name, table.name, f"CREATE TRIGGER {name} {statement}"


def _on_sqlite(table: sa.Table) -> Iterator[tuple[str, str]]:
    name = table.name

    def refuse(what: str, when: str, words: str) -> str:
        condition = f" WHEN {when}" if when else ""
        return (
            f"BEFORE {what} ON {name}{condition} BEGIN "
            f"SELECT RAISE(ABORT, '{name} {words}'); END"
        )

    if table is _HEAD:
        shrinks = "NEW.id <> OLD.id OR NEW.size <= OLD.size"
        yield "update", refuse("UPDATE", shrinks, "only grows")
        yield "delete", refuse("DELETE", "", "only grows")
        yield "insert", refuse("INSERT", f"EXISTS ({_find(name, '')})", "has one row")
        return
    yield "update", refuse("UPDATE", "", "is append-only")
    yield "delete", refuse("DELETE", "", "is append-only")
    if table is schema.log_entries:
        following = f"NEW.position IS NOT ({_find(name, '', _NEXT)})"
        yield "insert", refuse("INSERT", following, "is dense")
    elif name not in _BULK:
        there = (f"EXISTS ({_find(name, same)})" for same in _keys(table))
        yield "insert", refuse("INSERT", " OR ".join(there), "is append-only")


def _find(table: str, condition: str, what: str = "1") -> str:
    where = f" WHERE {condition}" if condition else ""
    return f"SELECT {what} FROM {table}{where}"  # noqa: S608 - our own names


def _keys(table: sa.Table) -> Iterator[str]:
    """Yield the condition that a row has the same key, for each key of a table."""
    unique = [c for c in table.constraints if isinstance(c, sa.UniqueConstraint)]
    for key in (table.primary_key, *sorted(unique, key=lambda one: str(one.name))):
        yield " AND ".join(f"{c.name} = NEW.{c.name}" for c in key.columns)


def _on_postgresql(table: sa.Table) -> Iterator[tuple[str, str]]:
    name, refuse = table.name, f"EXECUTE FUNCTION {TRIGGER_PREFIX}refuse()"
    if table is _HEAD:
        grow = f"EXECUTE FUNCTION {TRIGGER_PREFIX}grow()"
        yield "update", f"BEFORE UPDATE ON {name} FOR EACH ROW {grow}"
    else:
        yield "update", f"BEFORE UPDATE ON {name} FOR EACH ROW {refuse}"
    yield "delete", f"BEFORE DELETE ON {name} FOR EACH ROW {refuse}"
    yield "truncate", f"BEFORE TRUNCATE ON {name} FOR EACH STATEMENT {refuse}"
    if table is schema.log_entries:
        following = f"EXECUTE FUNCTION {TRIGGER_PREFIX}next()"
        yield "insert", f"BEFORE INSERT ON {name} FOR EACH ROW {following}"


def _body(function: str) -> str:
    return f" BEGIN {_FUNCTIONS[function]} END "


def _escape(sql: str) -> str:
    return sql.replace("%", "%%")
