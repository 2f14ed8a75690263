"""Parents by name, by URL, by a digest that is also a name, and of short contents.

What a row calls its parent may come to mean another item with every record that
enters or leaves. After each change the derived tables are what a rebuild makes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)
from worlds import record_batch

from provenance import Ledger
from provenance.domain import Tier, parse_digest
from provenance.ledger.facts import record_withdrawal
from provenance.lineage import Lineage, PedigreeBook, compare, open_workspace
from provenance.store import schema
from provenance.store.intern import last_id

_CONTENTS = ("a", "b", "c", "d")
_DATASETS = ("one", "two@1", "two@2")


def _hex(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


_CALLED = (
    "n1",
    "n2",
    _hex("a"),
    _hex("never seen"),
    "https://x.example/1",
    "https://x.example/2",
)
_REFERENCES = (*_CALLED, "one#n1", "two#n1", "two@2#n2", "two@1#https://x.example/1")


@st.composite
def _parents(draw: st.DrawFn) -> dict[str, Any]:
    way = {
        "mode": draw(st.sampled_from(("copied", "seeded", "translated"))),
        "evidence": "declared",
    }
    if draw(st.booleans()):
        content = draw(st.sampled_from((*_CONTENTS, "never seen")))
        return {"digest": parse_digest(_hex(content)), "reference": None, **way}
    return {"digest": None, "reference": draw(st.sampled_from(_REFERENCES)), **way}


@st.composite
def _rows(draw: st.DrawFn) -> dict[str, Any]:
    content = draw(st.sampled_from((*_CONTENTS, None)))
    model = draw(st.sampled_from((None, None, "M")))
    origin = {
        "kind": "model",
        "model": model,
        "mode": "written",
        "evidence": "declared",
        "detector": None,
        "score": None,
        "threshold": None,
    }
    month = draw(st.sampled_from((None, 1, 7)))
    return {
        "part": 0,
        "digest": parse_digest(_hex(content)) if content else None,
        "name": draw(st.sampled_from((None, *_CALLED[:4]))),
        "url": draw(st.sampled_from((None, *_CALLED[4:]))),
        "fetched_at": datetime(2020, month, 1, tzinfo=UTC) if month else None,
        "bytes": draw(st.sampled_from((None, 5, 5000))),
        "tokens": 3,
        "items": 1,
        "copies": 1000,
        "language": None,
        "medium": None,
        "media_type": None,
        "split": None,
        "origins": [origin] if model else [],
        "parents": draw(st.lists(_parents(), max_size=2)),
    }


class Callings(RuleBasedStateMachine):
    """Rows that call each other by everything a row can be called by."""

    new_url: ClassVar[Sequence[Callable[[], str]]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger.open(self.new_url[0](), clock=lambda: 0)
        self.workspace = open_workspace("200MB")
        self.lineage = Lineage(duck=self.workspace.__enter__(), book=PedigreeBook())
        self.standing: list[int] = []

    def teardown(self) -> None:
        self.workspace.__exit__(None, None, None)
        self.ledger.close()

    @rule(
        dataset=st.sampled_from(_DATASETS),
        manifest=st.sampled_from((b"\1" * 32, b"\2" * 32)),
        rows=st.lists(_rows(), min_size=1, max_size=4),
    )
    def record(
        self, dataset: str, manifest: bytes, rows: list[Mapping[str, Any]]
    ) -> None:
        numbered = [{"row": n, **row} for n, row in enumerate(rows, start=1)]
        with self.ledger._writing() as connection:
            entering, position = record_batch(connection, dataset, numbered, manifest)
            self.lineage.extend(connection, entering, position)
            assert compare(connection) == []
            self.standing.append(last_id(connection, schema.batches))

    @precondition(lambda self: self.standing)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.standing))
        table = schema.batches
        with self.ledger._writing() as connection:
            query = table.select().where(table.c.id == number)
            position = connection.execute(query).one().position
            taken = record_withdrawal(connection, [position], "wrong", 0)
            self.lineage.withdraw(connection, [number], taken)
            assert compare(connection) == []
        self.standing.remove(number)


@pytest.mark.slow(seconds=50)
def test_a_parent_is_whatever_it_is_called_by_now(new_url: Callable[[], str]) -> None:
    run_state_machine_as_test(
        type("Machine", (Callings,), {"new_url": (new_url,)}),
        settings=settings(
            max_examples=2,
            stateful_step_count=18,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def _ingest(ledger: Ledger, path: Path, *rows: Mapping[str, Any]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    ledger.ingest(path, dataset="pages")


def test_a_name_as_long_as_a_digest_is_as_a_rebuild_has_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    _ingest(
        ledger, tmp_path / "pages.jsonl", {"name": "pages-0001/document-000000000042"}
    )
    assert ledger.check_derived() == []


def test_a_name_of_upper_case_hexadecimal_is_found(
    ledger: Ledger, tmp_path: Path
) -> None:
    name = _hex("a").upper()
    child = {"text": "child " * 20, "derived_from": name, "derivation": "copied"}
    _ingest(ledger, tmp_path / "kids.jsonl", {"name": "child", **child})
    parent = {"text": "parent " * 20, "origin": "human"}
    _ingest(ledger, tmp_path / "pages.jsonl", {"name": name, **parent})
    now = ledger.report("pages")
    assert now.units["records"].tiers[Tier.HUMAN] == 2
    assert ledger.check_derived() == []
    (then,) = ledger.explain("pages#child", as_of=now.as_of)
    assert then.tier == "human"
