"""Load the small facts as values: origins, models, policies, datasets.

Each as they were recorded by a position of the log, where one is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa

from provenance.domain import (
    DatasetName,
    Derivation,
    Evidence,
    Grade,
    Kind,
    Mode,
    Model,
    ModelBook,
    Origin,
    Policy,
)
from provenance.errors import VerificationError
from provenance.store import schema
from provenance.store.keys import split_asked
from provenance.store.standing import logged_by, standing_fact

__all__ = [
    "load_datasets",
    "load_derivations",
    "load_models",
    "load_origins",
    "load_parents",
    "load_policies",
    "load_policy_versions",
]


def load_origins(
    connection: sa.Connection, only: Iterable[int] | None = None
) -> dict[int, Origin]:
    """Return origins by their ids.

    Args:
        connection: An open transaction.
        only: The ids of those that are wanted; all by default: there may be as many as
            a crawl has spellings of models.
    """
    table = schema.origins
    queries = [sa.select(table)]
    if only is not None:
        queries = [
            sa.select(table).where(table.c.id.in_(ids)) for ids in split_asked(only)
        ]
    return {
        row.id: Origin(
            kind=Kind(row.kind),
            model=row.model,
            mode=Mode(row.mode),
            evidence=Evidence(row.evidence),
            detector=row.detector,
            score=row.score,
            asserted=row.asserted,
            month=row.month,
            medium=row.medium,
        )
        for query in queries
        for row in connection.execute(query)
    }


def load_derivations(connection: sa.Connection) -> dict[int, tuple[Derivation, Grade]]:
    """Return mode and grade of every way of deriving, by its id."""
    return {
        row.id: (Derivation(row.mode), Grade(row.grade))
        for row in connection.execute(sa.select(schema.derivations))
    }


def load_datasets(
    connection: sa.Connection, size: int | None = None, name: str | None = None
) -> dict[int, DatasetName]:
    """Return dataset versions by their ids.

    Args:
        connection: An open transaction.
        size: Entries of the log that count; all of them by default.
        name: The name of those that are wanted; all by default.
    """
    table = schema.datasets
    query = sa.select(table.c.id, table.c.name, table.c.version).where(
        logged_by(table.c.position, size)
    )
    if name is not None:
        query = query.where(table.c.name == name)
    return {
        row.id: DatasetName(row.name, row.version) for row in connection.execute(query)
    }


def load_parents(
    connection: sa.Connection, size: int | None = None
) -> dict[int, list[DatasetName]]:
    """Return the declared parents of dataset versions, as declared, by their ids."""
    table = schema.dataset_parents
    query = sa.select(table).where(standing_fact(table.c.position, size))
    found: dict[int, list[DatasetName]] = {}
    order = (table.c.position, table.c.parent_name, table.c.parent_version)
    for row in connection.execute(query.order_by(*order)):
        parent = DatasetName(row.parent_name, row.parent_version)
        found.setdefault(row.dataset_id, []).append(parent)
    return found


def load_policies(
    connection: sa.Connection, size: int | None = None
) -> dict[int, Policy]:
    """Return the newest version of every stored policy by its id."""
    versions = load_policy_versions(connection, size).items()
    newest = {policy.name: (number, policy) for number, policy in versions}
    return dict(newest.values())


def load_policy_versions(
    connection: sa.Connection, size: int | None = None
) -> dict[int, Policy]:
    """Return every version of every stored policy by its id, the newest last.

    Raises:
        VerificationError: One cannot be read.
    """
    table = schema.policies
    query = (
        sa.select(table)
        .where(logged_by(table.c.position, size))
        .order_by(table.c.name, table.c.version)
    )
    return {row.id: _read_policy(row) for row in connection.execute(query)}


def _read_policy(row: sa.Row[Any]) -> Policy:
    try:
        return Policy.from_json(row.body)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise VerificationError(
            f"policies: {row.name}@{row.version} cannot be read",
            hint="Run: provenance verify",
        ) from error


def load_models(connection: sa.Connection, size: int | None = None) -> ModelBook:
    """Return the models as recorded; of each attribute the latest value stands.

    A model of which everything was withdrawn is not recorded any more.
    """
    stated: dict[int, dict[str, object]] = {}
    facts = schema.model_facts
    said = sa.select(facts).where(standing_fact(facts.c.position, size))
    for row in connection.execute(said.order_by(facts.c.position)):
        known = stated.setdefault(row.model_id, {})
        for name in ("provider", "released", "generative", "training_complete"):
            value = getattr(row, name)
            if value is not None:
                known[name] = value

    def listed(table: sa.Table, *columns: str) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        order = [table.c.position, *(table.c[name] for name in columns)]
        query = sa.select(table).where(standing_fact(table.c.position, size))
        for row in connection.execute(query.order_by(*order)):
            parts = [getattr(row, name) for name in columns]
            found.setdefault(row.model_id, []).append("@".join(filter(None, parts)))
        return found

    aliases = listed(schema.model_aliases, "alias")
    bases = listed(schema.model_bases, "base")
    training = listed(schema.training_sets, "dataset_name", "dataset_version")
    models = []
    for row in connection.execute(sa.select(schema.models)):
        if row.id not in stated:
            continue
        known = stated[row.id]
        released = known.get("released")
        models.append(
            Model(
                name=row.name,
                aliases=tuple(aliases.get(row.id, ())),
                provider=str(known["provider"]) if "provider" in known else None,
                released=date.fromisoformat(str(released)) if released else None,
                generative=bool(known.get("generative", True)),
                based_on=tuple(bases.get(row.id, ())),
                trained_on=tuple(training.get(row.id, ())),
                training_complete=bool(known.get("training_complete", False)),
            )
        )
    return ModelBook(models)
