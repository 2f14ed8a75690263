"""The two-hop story, late facts, and the same answers from both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from provenance import Ledger
from provenance.domain import Tier
from provenance.errors import (
    BoundRefusedError,
    ClaimRefusedError,
    LedgerError,
    LedgerStateError,
    ManifestError,
    NameRefusedError,
    NotRecordedError,
)

DEMO = Path(__file__).parent.parent / "docs/demo"


def _tell(ledger: Ledger, files: tuple[str, ...]) -> None:
    for name in files:
        ledger.ingest(DEMO / f"{name}.jsonl")
    ledger.add_model("model-a", trained_on=["crawl"], training_complete=True)
    ledger.add_model("model-b", trained_on=["answers-a"], training_complete=True)


STORY = ("crawl", "answers-a", "answers-b")


def test_two_hop_story(ledger: Ledger) -> None:
    _tell(ledger, STORY)
    report = ledger.report("answers-b", unit="tokens", by=["depth"])
    tokens = report.units["tokens"]
    assert tokens.tiers == {
        Tier.GENERATED: 23,
        Tier.DERIVED: 23,
        Tier.HUMAN: 20,
        Tier.OTHER: 0,
        Tier.UNKNOWN: 24,
    }
    assert tokens.downstream_share == (46 / 90, 70 / 90)
    assert (report.depth.min, report.depth.max, report.depth.open) == (0, 2, False)
    (essay,) = ledger.explain("answers-b#essay-1-clean")
    assert (essay.tier, essay.depth) == ("derived", 2)
    (parent,) = essay.parents
    assert parent.records[0].origins[0].model == "model-b"
    assert parent.records[0].origins[0].trained_on == ("answers-a",)


def _plain(ledger: Ledger) -> list[Any]:
    found = []
    for name in STORY:
        report = ledger.report(name, by=["model", "depth", "month", "source"])
        found.append(report.to_dict() | {"as_of": None, "log": None})
    return found


def test_order_of_ingest_does_not_matter(tmp_path: Path) -> None:
    told = []
    for number, order in enumerate(permutations(STORY)):
        with Ledger.open(f"sqlite:///{tmp_path}/{number}.db") as ledger:
            _tell(ledger, order)
            told.append(json.dumps(_plain(ledger), sort_keys=True))
    assert len(set(told)) == 1


def test_a_late_word_on_a_model_changes_what_it_wrote(ledger: Ledger) -> None:
    _tell(ledger, STORY)
    ledger.add_model("model-b", generative=False)
    tiers = ledger.report("answers-b").units["items"].tiers
    assert tuple(tiers[t] for t in (Tier.GENERATED, Tier.DERIVED, Tier.OTHER)) == (
        0,
        0,
        2,
    )
    assert ledger.check_derived() == []


def test_model_trained_on_what_it_wrote_is_a_loop(ledger: Ledger) -> None:
    _tell(ledger, STORY)
    ledger.add_model("model-b", trained_on=["answers-b"])
    (loop,) = ledger.loops()
    assert (loop.models, loop.datasets) == (("model-b",), ("answers-b",))
    assert list(loop.shares) == [
        {"model": "model-b", "dataset": "answers-b", "share": 0.25}
    ]
    assert ledger.report("answers-b").depth.open


def test_names_that_mean_several_things_are_refused(ledger: Ledger) -> None:
    ledger.add_model("A", aliases=["a"])
    with pytest.raises(NameRefusedError, match="alias of 'A'"):
        ledger.add_model("a")
    ledger.add_model("B")
    with pytest.raises(NameRefusedError, match="already means"):
        ledger.add_model("B", aliases=["a"])
    ledger.ingest(DEMO / "crawl.jsonl", dataset="d@1")
    assert ledger.report("d").dataset == "d@1"
    ledger.ingest(DEMO / "crawl.jsonl", dataset="d@2")
    with pytest.raises(NameRefusedError, match="2 versions"):
        ledger.report("d")
    with pytest.raises(NotRecordedError):
        ledger.report("nothing")


@pytest.mark.parametrize(
    ("ask", "error", "allowed"),
    [
        (lambda one: one.report("d", unit="zz"), NameRefusedError, "tokens"),
        (lambda one: one.compare("d", "d", unit="zz"), NameRefusedError, "tokens"),
        (
            lambda one: one.check("d", max_unknown=1, unit="zz"),
            NameRefusedError,
            "tokens",
        ),
        (lambda one: one.explore("d", unit="zz"), NameRefusedError, "tokens"),
        (lambda one: one.select("d", unit="zz"), NameRefusedError, "tokens"),
        (lambda one: one.exclude("M", unit="zz"), NameRefusedError, "tokens"),
        (
            lambda one: one.export_dataset("croissant", "d", "no.json", unit="zz"),
            NameRefusedError,
            "tokens",
        ),
        (
            lambda one: one.select("d", end="zz", max_downstream=0.1),
            BoundRefusedError,
            "high",
        ),
        (lambda one: one.select("d", memory="abc"), LedgerStateError, "500MB"),
        (
            lambda one: one.ingest(DEMO / "crawl.jsonl", memory="abc"),
            LedgerStateError,
            "500MB",
        ),
        (
            lambda one: one.ingest(DEMO / "crawl.jsonl", columns={"foo": "name"}),
            NameRefusedError,
            "derived_from",
        ),
        (
            lambda one: list(one.ingest_all([DEMO], constants={"foo": "x"})),
            NameRefusedError,
            "derived_from",
        ),
        (
            lambda one: one.add_dataset("d@4", derived_from="crawl"),
            NameRefusedError,
            "['crawl']",
        ),
        (lambda one: one.add_model("M", aliases="abc"), NameRefusedError, "['abc']"),
        (lambda one: one.add_model("M", based_on="abc"), NameRefusedError, "['abc']"),
        (lambda one: one.add_model("M", trained_on="abc"), NameRefusedError, "['abc']"),
        (lambda one: one.redact("abc", "x"), NameRefusedError, "['abc']"),
        (lambda one: one.ingest_all("abc"), NameRefusedError, "['abc']"),
        (lambda one: one.report(None), NameRefusedError, "NAME@VERSION"),
        (lambda one: one.ingest(DEMO, dataset=5), NameRefusedError, "NAME@VERSION"),
        (lambda one: one.add_model("M", generative="no"), ClaimRefusedError, "Leave"),
        (
            lambda one: one.add_model("M", training_complete=1),
            ClaimRefusedError,
            "Leave it out",
        ),
        (lambda one: one.withdraw_batch(why="x"), NotRecordedError, "position"),
        (
            lambda one: one.add_model("M", released=datetime(2024, 1, 1, tzinfo=UTC)),
            ClaimRefusedError,
            "without a time",
        ),
        (lambda one: one.datasets(as_of=1.0), NameRefusedError, "YYYY-MM-DD"),
        (lambda one: one.datasets(as_of=True), NameRefusedError, "YYYY-MM-DD"),
        (
            lambda one: one.ingest(DEMO / "crawl.jsonl", batch_rows=0),
            ManifestError,
            "1 or more",
        ),
        (
            lambda one: one.ingest(DEMO / "crawl.jsonl", append=True, replace=True),
            ManifestError,
            "replace what it said",
        ),
        (
            lambda one: one.claim(dataset="d", origin="human", since="2024-01-01"),
            ClaimRefusedError,
            "datetime.date",
        ),
        (
            lambda one: one.add_model("M", released="2024-01-01"),
            ClaimRefusedError,
            "without a time",
        ),
    ],
)
def test_what_is_none_of_its_kind_is_refused_with_what_is_allowed(
    ledger: Ledger,
    ask: Callable[[Ledger], object],
    error: type[LedgerError],
    allowed: str,
) -> None:
    with pytest.raises(error) as caught:
        ask(ledger)
    assert allowed in caught.value.hint
    assert not ledger.datasets()
    assert not ledger.models()


def test_reader_sees_old_or_new_and_never_half(ledger: Ledger) -> None:
    ledger.ingest(DEMO / "crawl.jsonl")
    with ledger._reading() as connection:
        query = "SELECT total FROM report_dataset WHERE unit = 'records'"
        assert list(connection.exec_driver_sql(query)) == [(3,)]
        ledger.ingest(DEMO / "answers-a.jsonl")
        assert list(connection.exec_driver_sql(query)) == [(3,)]
    with ledger._reading() as connection:
        assert len(list(connection.exec_driver_sql(query))) == 2


def test_files_may_be_named_by_texts(url: str, tmp_path: Path) -> None:
    key, other, log, kept = (str(tmp_path / n) for n in ("a", "b", "log", "d.csv"))
    with Ledger.open(url) as ledger:
        ledger.make_key(key, "example.org/ledger")
    with Ledger.open(url, key=key) as ledger:
        ledger.ingest(str(DEMO / "crawl.jsonl"), dataset="d")
        ledger.select("d", keep=kept)
        ledger.export(log)
        assert ledger.sign_report("d", key)
        ledger.rotate_key(other)
    assert {path.name for path in tmp_path.iterdir()} >= {"a", "b", "log", "d.csv"}
