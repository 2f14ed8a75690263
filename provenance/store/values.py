"""Check that the values of tables are of the types of their columns.

PostgreSQL sees to it. SQLite keeps any value in any column that its affinity cannot
convert: text among numbers, text where bytes belong. A reader that expects otherwise
would fail, or read something else than another reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.store.engine import is_sqlite

__all__ = ["verify_values"]

_CLASSES: dict[type[object], tuple[str, ...]] = {
    int: ("integer",),
    bool: ("integer",),
    float: ("real", "integer"),
    str: ("text",),
    bytes: ("blob",),
}


def verify_values(connection: sa.Connection, tables: Iterable[sa.Table]) -> None:
    """Refuse values of another storage class than their column has, and nulls.

    Args:
        connection: An open transaction.
        tables: Those that are not read by the bulk path, which checks for itself.

    Raises:
        VerificationError: There is one; names table, row and column.
    """
    if not is_sqlite(connection):
        return
    for table in tables:
        odd = {column: _is_odd(column) for column in table.c}
        any_odd = sa.select(sa.true()).select_from(table).where(sa.or_(*odd.values()))
        if connection.execute(any_odd.limit(1)).first() is not None:
            raise _name(connection, table, odd)


def _is_odd(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    kind = column.type.python_type
    allowed = [*_CLASSES[kind]]
    if column.nullable:
        allowed.append("null")
    odd: sa.ColumnElement[bool] = sa.func.typeof(column).not_in(allowed)
    if kind is bool:
        odd = sa.or_(odd, column.cast(sa.Integer).not_in([0, 1]))
    return odd


def _name(
    connection: sa.Connection,
    table: sa.Table,
    odd: Mapping[sa.Column[Any], sa.ColumnElement[bool]],
) -> VerificationError:
    keys, named, what = table.primary_key.columns, "a row", "a value"
    for column, is_odd in odd.items():
        query = sa.select(sa.func.typeof(column), *keys).where(is_odd)
        found = connection.execute(query.select_from(table)).first()
        if found is not None:
            pairs = zip(keys, found[1:], strict=True)
            named = ", ".join(f"{key.name} {value}" for key, value in pairs) or named
            kind = column.type.python_type.__name__
            what = f"column {column.name}: a stored {found[0]} is no {kind}"
            break
    return VerificationError(
        f"{table.name}, {named}, {what}",
        hint="The database was changed by other means than this program.",
    )
