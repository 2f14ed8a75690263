"""Give the database rows to join with, as one parameter of a query.

A reader may not make a temporary table: its transaction is read-only, and on
PostgreSQL it may lack the right. Both databases read rows out of a JSON array.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import CTE
from sqlalchemy.types import TypeEngine

from provenance.store.engine import is_sqlite

__all__ = ["give_rows", "give_values"]


def give_rows(
    connection: sa.Connection,
    name: str,
    columns: Mapping[str, TypeEngine[Any]],
    rows: Iterable[Sequence[object]],
) -> CTE:
    """Return rows as something a query can select from.

    Args:
        connection: Says which database it is for.
        name: What it is called in the query.
        columns: Name → type: integers, texts.
        rows: Values in the order of the columns; thousands of rows, not millions.
    """
    if is_sqlite(connection):
        form, source = "json_extract(value, '$[{}]')", f"json_each(:{name}_rows)"
    else:
        form, source = (
            "value ->> {}",
            f"jsonb_array_elements(CAST(:{name}_rows AS jsonb))",
        )
    # Without a type of its own SQLite could not index a column for the join.
    selected = ", ".join(
        f"CAST({form.format(place)} AS {kind.compile(connection.dialect)}) AS {column}"
        for place, (column, kind) in enumerate(columns.items())
    )
    text = sa.text(f"SELECT {selected} FROM {source}").bindparams(  # noqa: S608 - names of ours
        **{f"{name}_rows": json.dumps([*rows], ensure_ascii=False)}
    )
    return text.columns(**columns).cte(name).prefix_with("MATERIALIZED")


def give_values(
    connection: sa.Connection,
    name: str,
    kind: TypeEngine[Any],
    values: Iterable[object],
) -> sa.Select[Any]:
    """Return values as something a column can be ``IN``, however many they are.

    Args:
        connection: Says which database it is for.
        name: What they are called in the query.
        kind: Their type.
        values: Integers or texts.
    """
    rows = give_rows(connection, name, {"value": kind}, ((one,) for one in values))
    return sa.select(rows.c.value)
