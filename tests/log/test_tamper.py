"""Every column of every table: changed, emptied, of another type; rows come and go.

The cases are made from the schema, so that a column that is added is not forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from databases import drop_guard, new_database
from log.not_authenticated import NOT_AUTHENTICATED, NOT_EXCHANGED
from log.whole_ledger import record_whole
from sqlalchemy.exc import DBAPIError

from provenance import Ledger
from provenance.errors import VerificationError
from provenance.ledger.verify import verify_derived, verify_ledger
from provenance.log.anchor import Anchors
from provenance.store import schema
from provenance.store.engine import allow_rewriting, is_sqlite

TABLES = sorted(schema.METADATA.tables.values(), key=lambda table: table.name)

SAID_BY_OTHERS = {
    "datasets": ("batches", "dataset_facts", "dataset_parents", "tallies"),
    "models": ("model_facts", "model_aliases", "model_bases", "training_sets"),
    "tally_values": ("tallies",),
    "batches": ("records",),
    "claims": ("claim_assessments",),
    "origins": ("claims",),
    "checkpoints": ("cosignatures",),
    "log_entries": ("log_state", "batches", "checkpoints"),
}
"""Rows that are named instead where the id of a row they point to was changed."""


class Whole:
    """The ledger of all tables, to be changed in transactions that are undone."""

    def __init__(self, url: str, folder: Path) -> None:
        record_whole(url, folder)
        self.ledger = Ledger.open(url)
        drop_guard(self.ledger)

    def refusal_of(self, table: sa.Table, changes: Sequence[Any]) -> str | None:
        """Make changes, verify, undo; say how it was refused, if at all.

        Changes that the database itself refuses are refused by it.
        """
        with (
            self.ledger._writing(keep=False) as connection,
            allow_rewriting(connection),
        ):
            try:
                for change in changes:
                    if not connection.execute(change).rowcount:
                        return f"{table.name}: nothing to change"
            except DBAPIError as error:
                return f"{table.name}: the database refuses: {error.orig}"
            try:
                verify_ledger(connection, deep=True, anchors=Anchors())
                verify_derived(connection)
            except VerificationError as error:
                return error.message
        return None

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        with self.ledger._reading() as connection:
            return [
                dict(row) for row in connection.execute(sa.select(table)).mappings()
            ]


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("whole")
    whole = Whole(f"sqlite:///{folder}/ledger.db", folder)
    with whole.ledger:
        yield whole


@pytest.fixture(scope="module")
def on_postgresql(
    postgresql: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Whole]:
    with new_database(postgresql) as url:
        whole = Whole(url, tmp_path_factory.mktemp("whole"))
        with whole.ledger:
            yield whole


def other_value(column: sa.Column[Any], value: Any) -> Any:
    """A value of the column's type that is not the one there."""
    kind = column.type.python_type
    if kind is bool:
        return not value
    if kind is bytes:
        return b"\x12\x20" + b"\x07" * 32 if value is None else other_bytes(value)
    if kind is str:
        return f"{value or ''}x"
    return (value or 0) + (0.25 if kind is float else 1)


def other_bytes(value: bytes) -> bytes:
    return value[:-1] + bytes([value[-1] ^ 1])


def at(table: sa.Table, row: dict[str, Any]) -> sa.ColumnElement[bool]:
    """The condition that finds a row by all of its values."""
    return sa.and_(
        *(column.is_not_distinct_from(row[column.name]) for column in table.c)
    )


def cases(
    table: sa.Table, rows: list[dict[str, Any]], *, untyped: bool
) -> Iterator[tuple[str, list[Any]]]:
    """Yield what can be done to a table: name of the case, and statements."""
    for column in table.c:
        full = next((row for row in rows if row[column.name] is not None), None)
        empty = next((row for row in rows if row[column.name] is None), None)
        for row in (full, empty):
            if row is not None:
                there = at(table, row)
                value = other_value(column, row[column.name])
                yield column.name, [table.update().where(there).values({column: value})]
        if full is None:
            continue
        there = at(table, full)
        yield (
            f"{column.name} emptied",
            [table.update().where(there).values({column: sa.null()})],
        )
        if untyped:
            foreign = sa.text("'x'") if is_number(column) else as_blob(column)
            yield (
                f"{column.name} of another type",
                [table.update().where(there).values({column: foreign})],
            )
    yield from swapped(table, rows)
    for name, some in (("delete", rows[:1]), ("delete", rows[-1:]), ("empty", rows)):
        if some:
            yield name, [table.delete().where(at(table, row)) for row in some]
    yield from foreign_rows(table, rows)


def swapped(
    table: sa.Table, rows: list[dict[str, Any]]
) -> Iterator[tuple[str, list[Any]]]:
    """What two rows say, exchanged; each keeps its key.

    Rows that only differ in a key which is not authenticated say the same to verify:
    of two changes of one sum, it knows the sum.
    """
    keys = {column.name for column in table.primary_key.columns}
    said = [column.name for column in table.c if column.name not in keys]
    if not keys or not said:
        return
    for other in rows[1:]:
        values = [{name: row[name] for name in said} for row in (rows[0], other)]
        apart = {name for name in keys if rows[0][name] != other[name]}
        known = any((table.name, name) not in NOT_AUTHENTICATED for name in apart)
        if known and values[0] != values[1]:
            there = (at(table, row) for row in (rows[0], other))
            yield (
                "swap",
                [
                    table.update().where(row).values(**given)
                    for row, given in zip(there, reversed(values), strict=True)
                ],
            )
            return


def is_number(column: sa.Column[Any]) -> bool:
    return column.type.python_type in (int, float, bool)


def as_blob(column: sa.Column[Any]) -> Any:
    kind = "BLOB" if column.type.python_type is str else "TEXT"
    return sa.text(f'CAST("{column.name}" AS {kind})')


def foreign_rows(
    table: sa.Table, rows: list[dict[str, Any]]
) -> Iterator[tuple[str, list[Any]]]:
    """Rows that nobody recorded: like the last, with another value in each key."""
    if not rows:
        yield "insert", [table.insert().values(**made_up(table))]
        return
    if not table.primary_key.columns:
        yield "insert", [table.insert().values(**rows[-1])]
    for column in table.primary_key.columns:
        greatest = max(row[column.name] for row in rows)
        row = rows[-1] | {column.name: other_value(column, greatest)}
        yield "insert", [table.insert().values(**row)]


def made_up(table: sa.Table) -> dict[str, Any]:
    return {
        column.name: other_value(column, None)
        for column in table.c
        if not column.nullable
    }


def is_named(table: sa.Table, message: str) -> bool:
    names = (table.name, *SAID_BY_OTHERS.get(table.name, ()))
    return any(name in message for name in names)


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_whatever_is_done_to_a_table_is_refused(
    on_sqlite: Whole, table: sa.Table
) -> None:
    passed, unnamed = [], []
    for name, changes in cases(table, on_sqlite.rows(table), untyped=True):
        message = on_sqlite.refusal_of(table, changes)
        if message is None and (table.name, name) not in NOT_AUTHENTICATED:
            passed.append(name)
        elif message is not None and not is_named(table, message):
            unnamed.append(f"{name}: {message}")
    assert passed == []
    assert unnamed == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "table",
    [
        schema.records,
        schema.record_salts,
        schema.generated_by,
        schema.derived_from,
        schema.batches,
        schema.batch_tiles,
        schema.origins,
        schema.sources,
        schema.model_facts,
        schema.log_entries,
        schema.log_state,
        schema.checkpoints,
    ],
    ids=lambda table: table.name,
)
def test_whatever_is_done_on_postgresql_is_refused(
    on_postgresql: Whole, table: sa.Table
) -> None:
    for name, changes in cases(table, on_postgresql.rows(table), untyped=False):
        message = on_postgresql.refusal_of(table, changes)
        if (table.name, name) not in NOT_AUTHENTICATED:
            assert message is not None, name
            assert is_named(table, message), message


def test_what_is_not_authenticated_is_still_so(on_sqlite: Whole) -> None:
    for name, case in NOT_AUTHENTICATED:
        table = schema.METADATA.tables[name]
        found = [
            on_sqlite.refusal_of(table, changes)
            for made, changes in cases(table, on_sqlite.rows(table), untyped=True)
            if made == case
        ]
        assert None in found


def test_the_ledger_has_rows_in_every_table(on_sqlite: Whole) -> None:
    empty = [table.name for table in TABLES if not on_sqlite.rows(table)]
    assert empty == []
    alike = [
        table.name
        for table in TABLES
        if not list(swapped(table, on_sqlite.rows(table)))
    ]
    assert tuple(alike) == NOT_EXCHANGED
    with on_sqlite.ledger._reading() as connection:
        assert is_sqlite(connection)
        assert verify_ledger(connection, deep=True, anchors=Anchors()).records == 316
