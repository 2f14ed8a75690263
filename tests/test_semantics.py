"""The engine and the brute-force reference agree on random worlds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from fractions import Fraction
from typing import Any

import pytest
import reference as ref
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from worlds import digest_of, policies, record_world, to_what_if, worlds

from provenance import Ledger
from provenance.domain import Unit, WhatIf, format_digest, parse_dataset
from provenance.ledger.loops import list_loops
from provenance.ledger.past import open_past
from provenance.ledger.reports import make_report
from provenance.ledger.view import open_view
from provenance.lineage import load_pedigrees, rebuild
from provenance.log import log_size
from provenance.query import explain_items
from provenance.report import GROUPINGS, Report
from provenance.store import schema
from provenance.store.facts import load_models, load_origins

Fresh = Callable[[], AbstractContextManager[sa.Connection]]

_EASY = settings(
    deadline=None,
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def fresh(url: str) -> Iterator[Fresh]:
    """Open a writing transaction on an empty ledger, and undo it afterwards."""
    with Ledger.open(url, clock=lambda: 0) as ledger:

        @contextmanager
        def opened() -> Iterator[sa.Connection]:
            with ledger._writing(keep=False) as connection:
                yield connection

        yield opened


def _pedigrees(connection: sa.Connection) -> dict[bytes, ref.Pedigree]:
    """Pedigrees as kept, for the items whose pedigree is written out."""
    book, origins = load_models(connection), load_origins(connection)
    stored = load_pedigrees(connection)
    found = {}
    for row in connection.execute(sa.select(schema.item_pedigrees)):
        elements = []
        for element in stored[row.pedigree_id]:
            origin = origins[element.origin]
            spoken = origin.kind in ("human", "model", "other")
            key = ref.OriginKey(
                kind=str(origin.kind),
                model=book.find(origin.model).name if origin.model else None,
                mode=str(origin.mode) if spoken else None,
                evidence=str(origin.evidence) if spoken else None,
                detector=origin.detector,
                score=origin.score,
                month=origin.month,
                medium=origin.medium,
            )
            hops = element.least_hops, element.greatest_hops
            elements.append(ref.Element(key, element.grade, element.own, *hops))
        found[row.item] = ref.united(elements)
    return found


def _assert_reports_agree(
    connection: sa.Connection,
    world: ref.World,
    policy: ref.Policy,
    name: str,
    units: Collection[Unit] = tuple(Unit),
    what_if: WhatIf | None = None,
) -> list[Report]:
    reports = []
    for dataset in {r.dataset for r in world.records if r.dataset is not None}:
        for unit in units:
            report = make_report(
                connection,
                parse_dataset(dataset),
                by=list(GROUPINGS),
                unit=unit,
                policy=name,
                what_if=what_if,
            )
            reports.append(report)
            expected = ref.report(world, dataset, policy)[str(unit)]
            assert _plain(expected) == report.units[unit].to_dict()
            depth = ref.depth(world, dataset, policy, str(unit))
            assert _plain(depth) == report.depth.to_dict()
            for grouping in GROUPINGS:
                groups = ref.by(world, dataset, policy, grouping, str(unit))
                tiers = ("total", *ref.TIERS)
                assert {
                    group: {tier: _plain(amounts[tier]) for tier in tiers}
                    for group, amounts in groups.items()
                } == {group: found.to_dict() for group, found in report.by[grouping]}
    return reports


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, bool | str) else _number(value)


def _number(value: Any) -> Any:
    return pytest.approx(float(Fraction(value)), rel=1e-12)


@pytest.mark.slow(seconds=70)
@given(world=worlds(), policy=policies(), small_rest=st.sampled_from((0, 10**6)))
@_EASY
def test_engine_agrees_with_brute_force(
    fresh: Fresh, world: ref.World, policy: ref.Policy, small_rest: int
) -> None:
    # Level by level in sets as far as it goes, or item by item from the start.
    with fresh() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr("provenance.lineage.propagate._SMALL_REST", small_rest)
        record_world(connection, world)
        rebuild(connection, 0)
        kept = _pedigrees(connection)
        brute = {digest_of(i): p for i, p in ref.pedigrees(world).items()}
        assert {item: brute[item] for item in kept} == kept
        _assert_reports_agree(connection, world, ref.Policy(), "default")
        drawn = to_what_if(policy, world)
        _assert_reports_agree(
            connection, world, policy, "default", {Unit.CONTENTS}, drawn
        )
        background = ref.Policy(cutoffs={"text": "2022-11", "image": "2022-08"})
        _assert_reports_agree(
            connection, world, background, "low-background", {Unit.BYTES}
        )
        _assert_loops_agree(connection, world)
        _assert_past_agrees(connection, world)


def _assert_past_agrees(connection: sa.Connection, world: ref.World) -> None:
    """What is applied anew to a few items is what is kept of them."""
    recorded = {r.item for r in world.records if r.dataset is not None}
    items = sorted(format_digest(digest_of(item)) for item in recorded)[:3]
    past = open_past(connection, log_size(connection))
    kept, anew = (explain_items(connection, items, past=p) for p in (None, past))
    assert [one.to_dict() for one in kept] == [one.to_dict() for one in anew]


def _assert_loops_agree(connection: sa.Connection, world: ref.World) -> None:
    found = list_loops(open_view(connection))
    expected = ref.loops(world, ref.Policy())
    items = {
        frozenset(format_digest(digest_of(item)) for item in component)
        for component in expected["items"]
    }
    assert items == {frozenset(loop.items) for loop in found if loop.kind == "item"}
    lineages = {
        frozenset(name for kind, name in component if kind == "model")
        for component in expected["lineages"]
    }
    assert lineages == {
        frozenset(loop.models) for loop in found if loop.kind == "model"
    }
