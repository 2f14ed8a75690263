"""What stands n times, and is called m times, costs n + m and not n · m."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from provenance import Ledger
from provenance.domain import (
    BUILT_IN,
    DatasetName,
    Evidence,
    Kind,
    Mode,
    Model,
    ModelBook,
    Origin,
    WhatIf,
)
from provenance.lineage import Element, assess, measure_depths
from provenance.lineage.depth import ModelDepth
from provenance.store import arrow, schema

_MANY = 600


def _digest(content: object) -> str:
    return f"sha256:{hashlib.sha256(str(content).encode()).hexdigest()}"


_PROMPTS = [
    {"instruction": "Summarise.", "output": f"the answer no. {n} " * 10}
    for n in range(_MANY)
]
_CHILDREN = [
    {"digest": _digest(f"child {n}"), "derived_from": _digest("parent")}
    for n in range(_MANY)
]
_PARENTS = [{"digest": _digest("parent"), "generated_by": "M"}] * _MANY
_NAMESAKES = [{"digest": _digest(n), "name": "a"} for n in range(_MANY)]
_CALLING = [
    {"digest": _digest(f"child {n}"), "derived_from": "a"} for n in range(_MANY)
]


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows the lineage reads of the ledger, query by query."""
    counts: list[int] = []
    fetch = arrow._fetch

    def count(*given: Any) -> Iterator[Any]:
        for rows in fetch(*given):
            counts.append(len(rows))
            yield rows

    monkeypatch.setattr(arrow, "_fetch", count)
    return counts


def test_a_change_judges_the_origins_of_its_own_pedigrees(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many models as rows, as a wrong column gives, cost later changes nothing."""
    judged: list[object] = []
    judge = assess.Assessor._judge

    def count(assessor: assess.Assessor, element: Element) -> assess.Verdict:
        judged.append(element)
        return judge(assessor, element)

    monkeypatch.setattr(assess.Assessor, "_judge", count)
    for name, rows in (("many", _MANY), ("one", 1)):
        judged.clear()
        path = tmp_path / f"{name}.jsonl"
        with path.open("w") as file:
            for n in range(rows):
                row = {"digest": _digest((name, n)), "generated_by": f"{name}-{n}"}
                file.write(json.dumps(row) + "\n")
        ledger.ingest(path, dataset=name)
    assert 0 < len(judged) < _MANY / 10
    assert ledger.check_derived() == []


def test_a_model_fact_that_bears_on_no_number_assesses_nothing(
    ledger: Ledger, tmp_path: Path
) -> None:
    """Facts of many models do not each assess the pedigrees of all."""
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps({"digest": _digest("d"), "generated_by": "M"}) + "\n")
    ledger.ingest(path)
    assessed: list[str] = []

    def note(*given: Any) -> None:
        if "INSERT INTO assessments" in given[2]:
            assessed.append(given[2])

    sa.event.listen(ledger._engine, "before_cursor_execute", note)
    ledger.add_model("M", provider="P", generative=True)
    ledger.add_model("M", aliases=["nobody's name"])
    ledger.add_model("new", based_on=["M"], trained_on=["d"])
    assert assessed == []
    for bears in (
        {"aliases": ["M2"], "trained_on": ["d"]},
        {"based_on": ["new"]},
        {"training_complete": True},
        {"generative": False},
    ):
        assessed.clear()
        ledger.add_model("M", **bears)
        assert assessed, bears
        assert ledger.check_derived() == []


def test_a_media_type_has_the_medium_of_its_first_row(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "d.jsonl"
    rows = [
        {"digest": _digest(n), "media_type": f"{'image' if n % 2 else 'text'}/x-{n}"}
        for n in range(_MANY)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger.ingest(path)
    with ledger._reading() as connection:
        stored = connection.execute(sa.select(schema.media_types)).mappings().all()
    assert {row["media_type"]: row["medium"] for row in stored} == {
        row["media_type"]: str(row["media_type"]).split("/")[0] for row in rows
    }


@pytest.mark.parametrize(
    ("first", "then", "downstream"),
    [
        pytest.param(_PROMPTS, _PROMPTS, 0.0, id="a short prompt"),
        pytest.param(_CHILDREN, _PARENTS, 1.0, id="as many parents as children"),
        pytest.param(_CHILDREN[:20], _PARENTS, 1.0, id="few children"),
        pytest.param(_CALLING, _NAMESAKES, 0.0, id="a name of many"),
    ],
)
def test_rows_are_met_once_and_not_with_each_other(
    ledger: Ledger,
    tmp_path: Path,
    fetched: list[int],
    first: list[dict[str, Any]],
    then: list[dict[str, Any]],
    downstream: float,
) -> None:
    paths = [tmp_path / "first.jsonl", tmp_path / "then.jsonl"]
    for path, rows in zip(paths, (first, then), strict=True):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        ledger.ingest(path, dataset="d")
    assert sum(fetched) < 20 * _MANY
    share = ledger.report("d", unit="contents").units["contents"].downstream_share
    assert share is not None
    assert share[0] == downstream
    fetched.clear()
    (*_, last) = ledger.batches("d")
    ledger.withdraw_batch(last["position"], why="a test")
    assert sum(fetched) < 20 * _MANY
    assert ledger.check_derived() == []


def test_a_change_asks_once_about_all_claims(ledger: Ledger, tmp_path: Path) -> None:
    """Many claims take no question each, and one more assesses itself alone."""
    path = tmp_path / "d.jsonl"
    rows = [
        {"digest": _digest(n), "url": f"http://h{n}.example.org/"} for n in range(3)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger.ingest(path, dataset="d")
    statements: list[str] = []
    assessed: list[int] = []

    def note(*given: Any) -> None:
        statements.append(given[2])
        if given[2].startswith("INSERT INTO claim_assessments"):
            assessed.append(len(given[3]))

    sa.event.listen(ledger._engine, "before_cursor_execute", note)
    counts = []
    for n in range(8):
        statements.clear()
        ledger.claim(source=f"h{n % 3}.example.org", generated_by="M", dry_run=n == 7)
        counts.append(len(statements))
        ledger.claim(dataset="d", generated_by=f"M{n % 2}", note=str(n))
    assert max(counts[4:]) <= counts[3]
    if ledger._engine.dialect.name == "sqlite":  # PostgreSQL copies them
        assert set(assessed) == {len(ledger.policies())}
    assert ledger.check_derived() == []


def test_a_policy_assesses_nothing_under_others(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "d.jsonl"
    row = {"digest": _digest(1), "generated_by": "M"}
    path.write_text(json.dumps(row) + "\n")
    ledger.ingest(path, dataset="d")
    ledger.claim(dataset="d", generated_by="N")
    judged: list[str] = []
    verdicts = assess.Assessor.verdicts

    def note(assessor: assess.Assessor) -> Iterator[assess.Verdict]:
        judged.append(assessor._policy.name)
        return verdicts(assessor)

    monkeypatch.setattr(assess.Assessor, "verdicts", note)
    for name in ("a", "b", "a"):
        ignored = frozenset({f"M{len(judged)}"})
        ledger.add_policy(name, WhatIf(ignored_models=ignored))
    assert judged == ["a", "b", "a"]
    stored = _assessed(ledger)
    ledger.rebuild()
    assert _assessed(ledger) == stored
    with ledger._reading() as connection:
        claims = sa.select(schema.claim_assessments.c.policy_id)
        assert len(connection.execute(claims).all()) == len({row[0] for row in stored})


def _assessed(ledger: Ledger) -> list[tuple[Any, ...]]:
    with ledger._reading() as connection:
        table = schema.assessments
        columns = (table.c.policy_id, table.c.aspect, table.c.value, table.c.tier)
        return sorted(map(tuple, connection.execute(sa.select(*columns))), key=str)


def _count_calls(ask: Callable[[], object]) -> int:
    """How many calls of functions an answer takes."""
    calls = [0]

    def count(_: object, event: str, __: object) -> None:
        calls[0] += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        ask()
    finally:
        sys.setprofile(None)
    return calls[0]


def test_a_list_of_datasets_does_not_walk_up_from_each(ledger: Ledger) -> None:
    """As many generations of datasets as there are take no more than so many steps."""
    counts = []
    for many in (50, 200):
        for n in range(many):
            ledger.add_dataset(
                f"{many}-{n}", derived_from=[f"{many}-{n - 1}"] * (n > 0)
            )
        counts.append(_count_calls(ledger.datasets))
    assert counts[1] < 6 * counts[0]


def test_what_names_no_dataset_is_not_held_against_each(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses of parents with a ``#`` may be those of a record of a dataset."""
    many = 50
    for n in range(many):
        ledger.add_dataset(f"d{n}")
    path = tmp_path / "d.jsonl"
    rows = [
        {"digest": _digest(n), "derived_from": f"http://e.org/{n}#b"}
        for n in range(many)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    spelled: list[DatasetName] = []
    spell = DatasetName.__str__

    def note(name: DatasetName) -> str:
        spelled.append(name)
        return spell(name)

    monkeypatch.setattr(DatasetName, "__str__", note)
    ledger.ingest(path)
    assert len(spelled) < 10 * many


def test_what_models_were_trained_on_is_gone_through_once() -> None:
    """Models that all were trained on what all of them wrote, or some others read."""
    counts = []
    for many in (50, 200):
        names = [f"M{n}" for n in range(many)]
        book = ModelBook(
            Model(name=name, trained_on=("d",))
            for name in (*names, *(f"reader of {name}" for name in names))
        )
        origins = {
            n: Origin(
                kind=Kind.MODEL,
                model=name,
                mode=Mode.UNSPECIFIED,
                evidence=Evidence.DECLARED,
            )
            for n, name in enumerate(names)
        }
        grade = int(origins[0].grade)
        members = {
            DatasetName("d"): tuple(Element(n, grade, True, 1, 1) for n in origins)
        }
        assessor = assess.Assessor(BUILT_IN[0], book, origins)
        measure = partial(measure_depths, assessor, book, members)
        counts.append(_count_calls(measure))
        depths = measure()
        assert depths.models["M1"] == ModelDepth(0, open=True)
        assert depths.models["reader of M1"] == ModelDepth(1, open=True)
        assert [len(loop.models) for loop in depths.loops] == [many]
    assert counts[1] < 6 * counts[0]


def test_a_report_reads_no_names_of_other_datasets(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps({"digest": _digest("d"), "generated_by": "M"}) + "\n")
    ledger.ingest(path, dataset="d@1")
    ledger.add_dataset("d@1", derived_from=["parent"])
    ledger.add_dataset("parent@1")
    asked: list[str] = []

    def note(*given: Any) -> None:
        if "FROM datasets" in given[2]:
            asked.append(given[2])

    sa.event.listen(ledger._engine, "before_cursor_execute", note)
    ledger.report("d")
    assert asked
    every = [one for one in asked if "datasets.name = " not in one]
    assert [one for one in every if "datasets.id = " not in one] == []
