"""Whatever happens to a ledger, in whatever order: three ways to one answer.

A state machine records rows (again, late, in cycles), models, claims and withdrawals
of rows and claims, and opens the ledger anew. After every step the derived tables,
brought up to date change by change, are what a rebuild makes of the facts, and the
reports are those of the brute-force reference. Every report is remembered, and asked
for again later, as of the position at which it was printed: it must be the same,
whatever was logged since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

import pytest
import reference as ref
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from test_semantics import _assert_loops_agree, _assert_reports_agree, _pedigrees
from worlds import (
    DATASETS,
    digest_of,
    record_rows,
    to_claim,
    world_claims,
    world_evidence,
    world_models,
    world_records,
)

from provenance import Ledger
from provenance.domain import Claim, Model, Unit
from provenance.ledger.claims import record_claim
from provenance.ledger.facts import record_model, record_withdrawal
from provenance.lineage import (
    Lineage,
    PedigreeBook,
    compare,
    open_workspace,
    reaches_items,
)
from provenance.report import GROUPINGS, Report
from provenance.store import schema

_STEPS = 50


class Interleavings(RuleBasedStateMachine):
    """Random changes of one ledger, each followed and then checked."""

    new_url: ClassVar[Sequence[Callable[[], str]]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.batches: dict[int, list[ref.Record]] = {}
        self.models: dict[str, ref.Model] = {}
        self.claims: dict[int, ref.Claim] = {}
        self.ledger: Ledger | None = None
        self.printed: list[Report] = []

    @initialize()
    def open(self) -> None:
        self.url = self.new_url[0]()
        self.ledger = Ledger.open(self.url, clock=lambda: 0)
        self.workspace = open_workspace("200MB")
        self.lineage = Lineage(duck=self.workspace.__enter__(), book=PedigreeBook())

    def teardown(self) -> None:
        if self.ledger:
            self.workspace.__exit__(None, None, None)
            self.ledger.close()

    @contextmanager
    def writing(self) -> Iterator[Any]:
        assert self.ledger
        with self.ledger._writing() as connection:
            yield connection

    @rule(
        dataset=st.sampled_from(DATASETS),
        rows=st.lists(world_records(), min_size=1, max_size=5),
    )
    def record(self, dataset: str, rows: list[ref.Record]) -> None:
        rows = [_moved(row, dataset) for row in rows]
        with self.writing() as connection:
            entering, position = record_rows(connection, dataset, rows)
            self.lineage.extend(connection, entering, position)
        self.batches[entering.records["batch_id"][0].as_py()] = rows
        self.check(dataset)

    @rule(rows=st.lists(world_evidence(), min_size=1, max_size=3))
    def observe(self, rows: list[ref.Record]) -> None:
        with self.writing() as connection:
            entering, position = record_rows(connection, None, rows)
            self.lineage.extend(connection, entering, position)
        self.batches[entering.records["batch_id"][0].as_py()] = rows
        self.check()

    @precondition(lambda self: self.batches)
    @rule(dataset=st.sampled_from(DATASETS), data=st.data())
    def record_again(self, dataset: str, data: st.DataObject) -> None:
        rows = self.batches[data.draw(st.sampled_from(sorted(self.batches)))]
        self.record(dataset, rows)

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.batches)))
        with self.writing() as connection:
            table = schema.batches
            (position,) = connection.execute(
                table.select()
                .with_only_columns(table.c.position)
                .where(table.c.id == number)
            ).scalars()
            taken = record_withdrawal(connection, [position], "wrong", 0)
            self.lineage.withdraw(connection, [number], taken)
        del self.batches[number]
        self.check()

    @rule(name=st.sampled_from(("M1", "M2", "M3")), data=st.data())
    def model(self, name: str, data: st.DataObject) -> None:
        drawn = data.draw(world_models(name))
        with self.writing() as connection:
            record_model(
                connection,
                Model(
                    name=name,
                    aliases=drawn.aliases,
                    based_on=drawn.based_on,
                    trained_on=drawn.trained_on,
                ),
                generative=drawn.generative,
                training_complete=drawn.training_complete,
                now=0,
            )
        self.models[name] = _joined(self.models.get(name), drawn)
        self.check()

    @rule(drawn=world_claims())
    def claim(self, drawn: ref.Claim) -> None:
        said = to_claim(drawn)
        with self.writing() as connection:
            position = record_claim(connection, said, 0)
            self.restate(connection, said, position)
        self.claims[position] = drawn
        self.check()

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def withdraw_claim(self, data: st.DataObject) -> None:
        position = data.draw(st.sampled_from(sorted(self.claims)))
        said = to_claim(self.claims.pop(position))
        with self.writing() as connection:
            taken = record_withdrawal(connection, [position], "wrong", 0)
            self.restate(connection, said, taken)
        self.check()

    def restate(self, connection: Any, said: Claim, position: int) -> None:
        if reaches_items(said):
            self.lineage.restate(connection, said, position)

    @rule()
    def reopen(self) -> None:
        assert self.ledger
        self.ledger.close()
        self.ledger = Ledger.open(self.url, clock=lambda: 0)
        self.lineage.book = PedigreeBook()

    @precondition(lambda self: self.batches)
    @rule()
    def rebuild(self) -> None:
        assert self.ledger
        self.ledger.rebuild()
        self.lineage.book = PedigreeBook()
        self.look_back(1)

    def look_back(self, reports: int) -> None:
        """Ask again for some of the reports that were printed, as of then."""
        assert self.ledger
        for number in range(min(reports, len(self.printed))):
            place = (len(self.printed) * 31 + number * 17) % len(self.printed)
            printed = self.printed[place]
            grouping = list(GROUPINGS)[place % len(GROUPINGS)]
            again = self.ledger.report(
                printed.dataset,
                by=[grouping],
                unit=printed.unit,
                policy=printed.policy,
                as_of=printed.as_of,
            )
            expected = replace(printed, by={grouping: printed.by[grouping]})
            assert expected.to_dict() == again.to_dict()

    def check(self, dataset: str | None = None) -> None:
        """Compare with a rebuild and with brute force."""
        assert self.ledger
        records = [row for rows in self.batches.values() for row in rows]
        models, claims = tuple(self.models.values()), tuple(self.claims.values())
        world = ref.World(tuple(records), models, claims)
        with self.ledger._writing(keep=False) as connection:
            assert compare(connection) == []
            brute = {digest_of(i): p for i, p in ref.pedigrees(world).items()}
            kept = _pedigrees(connection)
            assert {item: brute[item] for item in kept} == kept
            asked = [row for row in records if dataset in (None, row.dataset)]
            self.printed += _assert_reports_agree(
                connection,
                world,
                ref.Policy(),
                "default",
                {Unit.TOKENS, Unit.CONTENTS} if asked else set(),
            )
            if any(row.dataset for row in records):
                _assert_loops_agree(connection, world)
        self.look_back(1)


def _moved(row: ref.Record, dataset: str) -> ref.Record:
    return ref.Record(**{**vars(row), "dataset": dataset})


def _joined(before: ref.Model | None, after: ref.Model) -> ref.Model:
    """Lists grow, values are replaced."""
    if before is None:
        return after
    return ref.Model(
        name=after.name,
        aliases=tuple(dict.fromkeys((*before.aliases, *after.aliases))),
        generative=after.generative,
        based_on=tuple(dict.fromkeys((*before.based_on, *after.based_on))),
        trained_on=tuple(dict.fromkeys((*before.trained_on, *after.trained_on))),
        training_complete=after.training_complete,
    )


def test_every_order_of_changes_gives_one_answer(
    new_url: Callable[[], str], pytestconfig: pytest.Config
) -> None:
    machine = type("Machine", (Interleavings,), {"new_url": (new_url,)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=100 if pytestconfig.getoption("--long") else 6,
            stateful_step_count=_STEPS,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
