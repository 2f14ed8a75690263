"""Whatever happens to a ledger, in whatever order: three ways to one answer.

A state machine records rows (again, late, in cycles), models and withdrawals, and
opens the ledger anew. After every step the derived tables, brought up to date change
by change, are what a rebuild makes of the facts, and the reports are those of the
brute-force reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
    world_evidence,
    world_models,
    world_records,
)

from provenance import Ledger
from provenance.domain import Model, Unit
from provenance.ledger.facts import record_model, record_withdrawal
from provenance.lineage import Lineage, PedigreeBook, compare, open_workspace
from provenance.store import schema

_STEPS = 50


class Interleavings(RuleBasedStateMachine):
    """Random changes of one ledger, each followed and then checked."""

    new_url: ClassVar[Sequence[Callable[[], str]]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.batches: dict[int, list[ref.Record]] = {}
        self.models: dict[str, ref.Model] = {}
        self.ledger: Ledger | None = None

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

    @rule()
    def reopen(self) -> None:
        assert self.ledger
        self.ledger.close()
        self.ledger = Ledger.open(self.url, clock=lambda: 0)
        self.lineage.book = PedigreeBook()

    def check(self, dataset: str | None = None) -> None:
        """Compare with a rebuild and with brute force."""
        assert self.ledger
        records = [row for rows in self.batches.values() for row in rows]
        world = ref.World(tuple(records), tuple(self.models.values()))
        with self.ledger._writing(keep=False) as connection:
            assert compare(connection) == []
            brute = {digest_of(i): p for i, p in ref.pedigrees(world).items()}
            kept = _pedigrees(connection)
            assert {item: brute[item] for item in kept} == kept
            asked = [row for row in records if dataset in (None, row.dataset)]
            _assert_reports_agree(
                connection,
                ref.World(world.records, world.models),
                ref.Policy(),
                "default",
                {Unit.TOKENS, Unit.CONTENTS} if asked else set(),
            )
            if any(row.dataset for row in records):
                _assert_loops_agree(connection, world)


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
            max_examples=100 if pytestconfig.getoption("--long") else 10,
            stateful_step_count=_STEPS,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
