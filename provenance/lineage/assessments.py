"""Keep what every stored policy makes of every pedigree, for plain SQL to join."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from provenance.domain import DatasetName, ModelBook, Origin, Policy, Tier
from provenance.lineage.assess import Assessor
from provenance.lineage.depth import Depths, measure_depths
from provenance.lineage.pedigree import Element, Pedigree
from provenance.store import schema
from provenance.store.arrow import insert_rows
from provenance.store.facts import (
    load_datasets,
    load_models,
    load_origins,
    load_policies,
)

__all__ = [
    "ASPECTS",
    "Assessment",
    "assess_all",
    "load_members",
    "load_pedigrees",
    "reassess",
]

ASPECTS = ("model", "mode", "evidence")
"""What a report can be broken down by inside a pedigree."""

Assessment = tuple[int, str, str | None, Tier, int | None, bool]
"""Pedigree id, aspect, value, tier, depth, open."""


def load_pedigrees(connection: sa.Connection) -> dict[int, Pedigree]:
    """Return every pedigree by its id."""
    found: dict[int, list[Element]] = {
        number: []
        for number in connection.execute(sa.select(schema.pedigrees.c.id)).scalars()
    }
    table = schema.pedigree_origins
    for row in connection.execute(sa.select(table)):
        found[row.pedigree_id].append(
            Element(
                row.origin_id,
                row.grade,
                bool(row.own),
                row.least_hops,
                row.greatest_hops,
            )
        )
    return {number: tuple(sorted(elements)) for number, elements in found.items()}


def load_members(
    connection: sa.Connection, pedigrees: Mapping[int, Pedigree]
) -> dict[DatasetName, list[Pedigree]]:
    """Return the distinct pedigrees of each dataset version that has records."""
    table = schema.tallies
    names = load_datasets(connection)
    query = (
        sa.select(table.c.dataset_id, table.c.pedigree_id)
        .where(table.c.dimension == "", table.c.records > 0)
        .distinct()
    )
    members: dict[DatasetName, list[Pedigree]] = {}
    for row in connection.execute(query):
        members.setdefault(names[row.dataset_id], []).append(pedigrees[row.pedigree_id])
    return members


def _measure(
    policy: Policy,
    book: ModelBook,
    origins: Mapping[int, Origin],
    pedigrees: Mapping[int, Pedigree],
    members: Mapping[DatasetName, list[Pedigree]],
) -> tuple[Assessor, Depths]:
    assessor = Assessor(policy, book, origins)
    return assessor, measure_depths(assessor, book, pedigrees.values(), members)


def assess_all(
    assessor: Assessor, depths: Depths, pedigrees: Mapping[int, Pedigree]
) -> Iterator[Assessment]:
    """Yield one assessment per pedigree, and one per value of each aspect."""
    for number, pedigree in pedigrees.items():
        yield number, "", None, assessor.tier(pedigree), *depths.of(pedigree)
        for aspect in ASPECTS:
            for value, tier in assessor.groups(pedigree, aspect).items():
                yield number, aspect, value, tier, None, False


def reassess(connection: sa.Connection) -> None:
    """Assess every pedigree anew under every stored policy.

    Enough after a change of models or policies that leaves the pedigrees alone.
    """
    connection.execute(schema.assessments.delete())
    connection.execute(schema.model_loops.delete())
    pedigrees = load_pedigrees(connection)
    origins = load_origins(connection)
    book = load_models(connection)
    members = load_members(connection, pedigrees)
    columns = ("policy_id", "pedigree_id", "aspect", "value", "tier", "depth", "open")
    ids = {name: number for number, name in load_datasets(connection).items()}
    for number, policy in load_policies(connection).items():
        assessor, depths = _measure(policy, book, origins, pedigrees, members)
        rows = [
            (number, *row[:3], str(row[3]), *row[4:])
            for row in assess_all(assessor, depths, pedigrees)
        ]
        insert_rows(connection, schema.assessments, columns, rows)
        members_of_loops = [
            (number, place, *member)
            for place, loop in enumerate(depths.loops)
            for member in (
                *((model, None) for model in loop.models),
                *((None, ids[dataset]) for dataset in loop.datasets),
            )
        ]
        insert_rows(
            connection,
            schema.model_loops,
            ("policy_id", "loop", "model", "dataset_id"),
            members_of_loops,
        )
