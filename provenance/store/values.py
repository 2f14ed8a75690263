"""Check that the values of tables are of the types of their columns.

PostgreSQL sees to it. SQLite keeps any value in any column that its affinity cannot
convert: text among numbers, text where bytes belong. A reader that expects otherwise
would fail, or read something else than another reader.
"""

from __future__ import annotations

from collections.abc import Iterable

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
        for column in table.c:
            allowed = [*_CLASSES[column.type.python_type]]
            if column.nullable:
                allowed.append("null")
            stored = sa.func.typeof(column)
            odd: sa.ColumnElement[bool] = stored.not_in(allowed)
            if column.type.python_type is bool:
                odd = sa.or_(odd, column.cast(sa.Integer).not_in([0, 1]))
            keys = table.primary_key.columns
            found = connection.execute(sa.select(stored, *keys).where(odd)).first()
            if found is not None:
                named = ", ".join(
                    f"{key.name} {value}"
                    for key, value in zip(keys, found[1:], strict=True)
                )
                raise VerificationError(
                    f"{table.name}, {named or 'a row'}, column {column.name}: a stored "
                    f"{found[0]} is no {column.type.python_type.__name__}",
                    hint="The database was changed by other means than this program.",
                )
