"""Compare the tables of facts with what the log says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.log.entries import BATCH_FIELDS, FactRow, expected_rows, parse_entry
from provenance.store import schema

__all__ = ["COLUMNS", "verify_facts"]

_DATASET, _MODEL = ("dataset", "version"), ("model",)
_ORIGIN = ("kind", "model", "mode", "evidence", "detector", "score", "asserted")

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "datasets": ("name", "version"),
    "dataset_facts": (*_DATASET, "license", "note", "stated"),
    "dataset_parents": (*_DATASET, "parent_name", "parent_version"),
    "models": ("name",),
    "model_facts": (
        *_MODEL,
        "provider",
        "released",
        "generative",
        "training_complete",
    ),
    "model_aliases": (*_MODEL, "alias"),
    "model_bases": (*_MODEL, "base"),
    "training_sets": (*_MODEL, "dataset_name", "dataset_version"),
    "policies": ("name", "version", "body"),
    "withdrawals": ("withdrawn", "why"),
    "reservations": ("batch", "leaf_index", "said"),
    "redactions": ("batch", "leaf_index", "item", "leaf", "remains"),
    "batches": BATCH_FIELDS,
    "claims": (
        "subject",
        "name",
        "version",
        "first_at",
        "last_at",
        *_ORIGIN,
        "unit",
        "share",
        "note",
        "who",
    ),
}
"""What is compared of each table: no ids, and the position besides.

Datasets and models stand by their names, the origin of a claim by what it says.
"""

_HINT = "The table was changed without the log. Restore the ledger from a backup."


def verify_facts(connection: sa.Connection) -> int:
    """Check that the tables of facts hold what the log says, and nothing else.

    Records and edges are checked against the roots in the batches instead.

    Returns:
        How many rows were compared.

    Raises:
        VerificationError: A row is missing, added or changed; names table and row, and
            the column where it is one.
    """
    expected = set(_expected(connection))
    stored: set[FactRow] = set()
    for found in _stored_rows(connection):
        if found not in expected:
            raise VerificationError(_explain(found, expected), hint=_HINT)
        if found in stored:
            raise VerificationError(f"{_show(found)} stands twice", hint=_HINT)
        stored.add(found)
    missing = expected - stored
    if missing:
        lost = min(missing, key=str)
        raise VerificationError(
            f"{_show(lost)} is in the log and not in the table", hint=_HINT
        )
    return len(stored)


def _expected(connection: sa.Connection) -> Iterator[FactRow]:
    """Read the log; of what is said more than once, the first time counts.

    What a withdrawal took back may be said anew.
    """
    entries = schema.log_entries
    said: set[FactRow] = set()
    anew: dict[int, list[FactRow]] = {}
    for row in connection.execute(sa.select(entries).order_by(entries.c.position)):
        kind, body = parse_entry(row.entry)
        for column, value in (("kind", kind), ("recorded_at", body.get("recorded_at"))):
            if getattr(row, column) != value:
                raise VerificationError(
                    f"log_entries, position {row.position}, column {column}: "
                    f"{getattr(row, column)!r}, the entry itself says {value!r}"
                )
        try:
            rows = list(expected_rows(row.position, kind, body))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise VerificationError(
                f"log_entries, position {row.position}, column entry: not a {kind} "
                f"entry of this version: {error!r}"
            ) from error
        for expected in rows:
            fact = expected[:-1]
            if fact not in said or expected[0] in _SAID_ONCE:
                said.add(fact)
                yield expected
                if expected[0] in _SAID_ANEW:
                    anew.setdefault(row.position, []).append(fact)
        if kind == "withdrawal":
            for position in body["withdrawn"]:
                said.difference_update(anew.pop(position, ()))


_NO_OWNER = "(points to nothing)"

_SAID_ONCE = frozenset(
    {
        "dataset_facts",
        "model_facts",
        "policies",
        "withdrawals",
        "redactions",
        "reservations",
        "batches",
        "claims",
    }
)
"""Tables in which every entry has a row of its own."""


_SAID_ANEW = frozenset(
    {"dataset_parents", "model_aliases", "model_bases", "training_sets"}
)
"""Tables in which a row that was withdrawn makes room for a later one."""


def _stored_rows(connection: sa.Connection) -> Iterator[FactRow]:
    """Yield what the tables hold, in the form of ``expected_rows``."""
    data, models, origins = schema.datasets, schema.models, schema.origins
    owners: dict[str, tuple[sa.Table, dict[str, Any]]] = {
        "dataset_id": (data, {"dataset": data.c.name, "version": data.c.version}),
        "model_id": (models, {"model": models.c.name}),
        "origin_id": (origins, {name: origins.c[name] for name in _ORIGIN}),
    }
    for name, columns in COLUMNS.items():
        table: sa.Table = schema.METADATA.tables[name]
        joined: sa.FromClause = table
        named: dict[str, Any] = {}
        for pointer, (owner, of_owner) in owners.items():
            if pointer in table.c:
                # A row that points to nothing must not escape: it has no name then,
                # and where no name is right, it has this one.
                joined = table.outerjoin(owner, owner.c.id == table.c[pointer])
                named = of_owner
                if table.c[pointer].nullable:
                    lost = sa.and_(table.c[pointer].is_not(None), owner.c.id.is_(None))
                    named = {
                        column: sa.case((lost, _NO_OWNER), else_=found)
                        for column, found in of_owner.items()
                    }
        wanted = [
            named[column] if column in named else table.c[column] for column in columns
        ]
        query = sa.select(*wanted, table.c.position).select_from(joined)
        for row in connection.execute(query):
            yield (name, *row)


def _explain(found: FactRow, expected: set[FactRow]) -> str:
    """Say what is wrong with a row: the one column that differs, if it is one."""
    names = (*COLUMNS[found[0]], "position")
    for like in expected:
        if like[0] != found[0]:
            continue
        pairs = zip(names, found[1:], like[1:], strict=True)
        differ = [(name, a, b) for name, a, b in pairs if a != b]
        if len(differ) == 1 and len(names) > len(differ) + 1:
            column, stored, said = differ[0]
            return (
                f"{_show(found)}, column {column}: {_value(stored)}, the log says "
                f"{_value(said)}"
            )
    return f"{_show(found)} is not what any log entry says"


def _show(row: FactRow) -> str:
    names = (*COLUMNS[row[0]], "position")
    said = ", ".join(
        f"{name} {_value(value)}" for name, value in zip(names, row[1:], strict=True)
    )
    return f"{row[0]}: the row ({said})"


def _value(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)
