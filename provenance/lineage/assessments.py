"""Keep what every stored policy makes of every pedigree, for plain SQL to join."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import sqlalchemy as sa

from provenance.domain import (
    DatasetName,
    ModelBook,
    Origin,
    Policy,
    Tier,
    parse_dataset,
)
from provenance.lineage.assess import Assessor
from provenance.lineage.book import PedigreeBook
from provenance.lineage.depth import Depths, measure_depths
from provenance.lineage.pedigree import Element, Pedigree, own_part
from provenance.store import schema
from provenance.store.amounts import DIMENSIONS
from provenance.store.arrow import insert_rows
from provenance.store.claims import load_claims
from provenance.store.facts import (
    load_datasets,
    load_models,
    load_origins,
    load_policies,
)
from provenance.store.keys import split_asked

__all__ = [
    "ASPECTS",
    "Assessment",
    "assess_all",
    "assess_change",
    "assess_claims",
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
    names = load_datasets(connection)
    return {
        names[dataset]: [pedigrees[number] for number in numbers]
        for dataset, numbers in _read_members(connection, names).items()
    }


def _read_members(
    connection: sa.Connection, datasets: Iterable[int]
) -> dict[int, list[int]]:
    table = schema.tallies
    found: dict[int, list[int]] = {}
    for asked in split_asked(datasets):
        query = (
            sa.select(table.c.dataset_id, table.c.pedigree_id)
            .where(table.c.dimension == DIMENSIONS[""], table.c.dataset_id.in_(asked))
            .group_by(table.c.dataset_id, table.c.pedigree_id)
            .having(sa.func.sum(table.c.records) != 0)
        )
        for row in connection.execute(query):
            found.setdefault(row.dataset_id, []).append(row.pedigree_id)
    return found


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
    """Assess every pedigree and claim anew under every stored policy.

    Enough after a change of models or policies that leaves the pedigrees alone.
    """
    connection.execute(schema.assessments.delete())
    connection.execute(schema.model_loops.delete())
    pedigrees = load_pedigrees(connection)
    origins = load_origins(connection)
    book = load_models(connection)
    members = load_members(connection, pedigrees)
    ids = {name: number for number, name in load_datasets(connection).items()}
    for number, policy in load_policies(connection).items():
        assessor, depths = _measure(policy, book, origins, pedigrees, members)
        _insert(connection, number, assess_all(assessor, depths, pedigrees))
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
    assess_claims(connection)


def assess_claims(connection: sa.Connection) -> None:
    """Assess every claim anew under every stored policy, withdrawn ones too."""
    table = schema.claim_assessments
    connection.execute(table.delete())
    claims = load_claims(connection, withdrawn=True)
    if not claims:
        return
    origins, book = load_origins(connection), load_models(connection)
    rows: list[tuple[object, ...]] = []
    for number, policy in load_policies(connection).items():
        assessor = Assessor(policy, book, origins)
        for logged in claims:
            of_item = own_part({}, {logged.origin_id: logged.claim.origin}, book)
            name = logged.claim.origin.model
            model = None if name is None else book.find(name).name
            tier = str(assessor.tier(of_item.elements))
            rows.append((number, logged.id, model, tier))
    insert_rows(connection, table, ("policy_id", "claim_id", "model", "tier"), rows)


def assess_change(
    connection: sa.Connection,
    known: PedigreeBook,
    new: Iterable[int],
    touched: Collection[int],
) -> None:
    """Assess the pedigrees that a change brought.

    Where it touched what a model was trained on, the depth of everything that the
    model made may be another, and all are assessed anew.

    Args:
        connection: A writing transaction with the tallies as they are after it.
        known: Has the new pedigrees.
        new: Their ids.
        touched: Ids of the dataset versions whose tallies moved.
    """
    book = load_models(connection)
    datasets = load_datasets(connection)
    trained = {parse_dataset(text) for model in book for text in model.trained_on}

    def is_trained_on(name: DatasetName) -> bool:
        return name in trained or DatasetName(name.name, "") in trained

    if any(is_trained_on(datasets[number]) for number in touched):
        reassess(connection)
        return
    pedigrees = {number: known[number] for number in new}
    if not pedigrees:
        return
    origins = load_origins(connection)
    sets = {n: name for n, name in datasets.items() if is_trained_on(name)}
    inside = _read_members(connection, sets)
    known.load(connection, {p for numbers in inside.values() for p in numbers})
    members = {
        sets[number]: [known[p] for p in numbers] for number, numbers in inside.items()
    }
    for number, policy in load_policies(connection).items():
        assessor, depths = _measure(policy, book, origins, pedigrees, members)
        _insert(connection, number, assess_all(assessor, depths, pedigrees))


def _insert(
    connection: sa.Connection, policy: int, assessments: Iterable[Assessment]
) -> None:
    columns = ("policy_id", "pedigree_id", "aspect", "value", "tier", "depth", "open")
    rows = [(policy, *row[:3], str(row[3]), *row[4:]) for row in assessments]
    insert_rows(connection, schema.assessments, columns, rows)
