"""Whatever happens to a ledger, in whatever order: three ways to one answer.

A state machine records rows (again, late, in cycles), models, claims, policies and
withdrawals of rows and claims, and opens the ledger anew. After every step the derived
tables, brought up to date change by change, are what a rebuild makes of the facts, and
the reports are those of the brute-force reference, under the default policy and under
one that was recorded on the way (in turn; in long runs always under both). Reports are
remembered, and after every other step some are asked for again as of an earlier
position at which they were printed: they must be the same, whatever was logged since.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import count
from typing import Any, ClassVar

import pytest
import reference as ref
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from test_semantics import _assert_loops_agree, _assert_reports_agree, _pedigrees
from worlds import (
    DATASETS,
    digest_of,
    policies,
    record_rows,
    to_claim,
    to_what_if,
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
)
from provenance.report import GROUPINGS, Report
from provenance.store import schema
from provenance.store.intern import last_id

_STEPS = 50
_PARTS = 5
"""Tests they are split into on each of two databases, to be run side by side."""
_STEPS_TAKEN, _STEPS_OF_LONG_RUNS = 200, 1_000
"""By each part: 2,000 steps in all, and 10,000."""
_LOOKS_BACK, _LOOKS_BACK_IN_LONG_RUNS = 1, 2


class Interleavings(RuleBasedStateMachine):
    """Random changes of one ledger, each followed and then checked."""

    new_url: ClassVar[Sequence[Callable[[], str]]] = ()
    looks_back: ClassVar[int] = 0
    """At how many earlier positions, after each step or every other."""
    often: ClassVar[bool] = False
    """Whether all is asked after each step, or one half and the other in turn."""
    steps: ClassVar[int] = 0
    """Of all examples in which anything was recorded or said."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: dict[int, list[ref.Record]] = {}
        self.models: dict[str, ref.Model] = {}
        self.claims: dict[int, ref.Claim] = {}
        self.policies: dict[str, ref.Policy] = {}
        self.ledger: Ledger | None = None
        self.printed: list[list[Report]] = []
        """Those of one position after those of the other."""
        self.asked = 0
        """How many of them were asked for again."""
        self.checked = 0
        self.taken = 0

    @invariant()
    def count(self) -> None:
        self.taken += 1

    @initialize()
    def open(self) -> None:
        self.url = self.new_url[0]()
        self.ledger = Ledger.open(self.url, clock=lambda: 0)
        self.workspace = open_workspace("200MB")
        self.lineage = Lineage(duck=self.workspace.__enter__(), book=PedigreeBook())

    def teardown(self) -> None:
        if self.ledger:
            self.look_back(10 * self.looks_back)
            self.workspace.__exit__(None, None, None)
            self.ledger.close()
        if self.checked:
            type(self).steps += self.taken - 1  # to open it was one

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
            number = last_id(connection, schema.batches)
            self.lineage.extend(connection, entering, position)
        self.batches[number] = rows
        self.check(dataset)

    @rule(rows=st.lists(world_evidence(), min_size=1, max_size=3))
    def observe(self, rows: list[ref.Record]) -> None:
        with self.writing() as connection:
            entering, position = record_rows(connection, None, rows)
            number = last_id(connection, schema.batches)
            self.lineage.extend(connection, entering, position)
        self.batches[number] = rows
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

    @rule(name=st.sampled_from(("strict", "lenient")), drawn=policies())
    def policy(self, name: str, drawn: ref.Policy) -> None:
        assert self.ledger
        said = to_what_if(drawn, self.world)
        self.ledger.add_policy(name, said)
        self.policies.pop(name, None)
        self.policies[name] = replace(drawn, ignored_models=said.ignored_models)
        self.check()

    @property
    def world(self) -> ref.World:
        return ref.World(
            tuple(row for rows in self.batches.values() for row in rows),
            tuple(self.models.values()),
            tuple(self.claims.values()),
        )

    def restate(self, connection: Any, said: Claim, position: int) -> None:
        if said.reaches_items:
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
        self.look_back(self.looks_back)

    def look_back(self, positions: int) -> None:
        """Ask again for a report of earlier positions, always another one."""
        assert self.ledger
        count = len(self.printed)
        for _ in range(min(positions, count)):
            self.asked += 1
            reports = self.printed[self.asked % count]
            printed = reports[self.asked % len(reports)]
            grouping = list(GROUPINGS)[self.asked % len(GROUPINGS)]
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
        world = self.world
        with self.ledger._writing(keep=False) as connection:
            assert compare(connection) == []
            brute = {digest_of(i): p for i, p in ref.pedigrees(world).items()}
            kept = _pedigrees(connection)
            assert {item: brute[item] for item in kept} == kept
            believed = [("default", ref.Policy()), *self.policies.items()]
            asked = [(Unit.TOKENS, *believed[0]), (Unit.CONTENTS, *believed[-1])]
            self.checked += 1
            if not self.often:
                asked = [asked[self.checked % 2]]
            if not any(dataset in (None, row.dataset) for row in world.records):
                asked = []
            reports = [
                report
                for unit, name, policy in asked
                for report in _assert_reports_agree(
                    connection, world, policy, name, {unit}
                )
            ]
            if reports:
                self.printed.append(reports)
            if any(row.dataset for row in world.records):
                _assert_loops_agree(connection, world)
        if self.often or self.checked % 2:
            self.look_back(self.looks_back)


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


@pytest.fixture
def one_workspace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rebuilds begin in an emptied workspace: to open one takes as long as to solve."""
    with open_workspace("200MB") as duck:
        rebuilding = sys.modules[compare.__module__]
        monkeypatch.setattr(rebuilding, "open_workspace", lambda *_: nullcontext(duck))
        yield


@pytest.mark.slow(seconds=110)
@pytest.mark.usefixtures("one_workspace")
@pytest.mark.parametrize("part", range(_PARTS))
def test_every_order_of_changes_gives_one_answer(
    new_url: Callable[[], str], part: int, pytestconfig: pytest.Config
) -> None:
    often = pytestconfig.getoption("--long")
    looks_back = _LOOKS_BACK_IN_LONG_RUNS if often else _LOOKS_BACK
    of_this = {"new_url": (new_url,), "looks_back": looks_back, "often": often}
    machine: Any = type("Machine", (Interleavings,), of_this)
    seeds = count(part, _PARTS)
    wanted = _STEPS_OF_LONG_RUNS if often else _STEPS_TAKEN
    while machine.steps < wanted:
        chosen = settings(
            max_examples=3,  # one only opens the ledger again and again, one breaks off
            # To open it is one.
            stateful_step_count=min(_STEPS, wanted - machine.steps) + 1,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        if chosen.derandomize:  # else every part would draw the same examples
            machine = seed(next(seeds))(machine)
        run_state_machine_as_test(machine, settings=chosen)
