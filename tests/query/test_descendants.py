"""What came of an item, a dataset, a model's output; counted in the database."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import reference as ref
import sqlalchemy as sa
from click.testing import Result
from hypothesis import given, settings
from worlds import digest_of, record_world, worlds

from provenance import Ledger
from provenance.domain import format_digest
from provenance.errors import NameRefusedError, NotRecordedError
from provenance.lineage import rebuild
from provenance.query import Descendants


def tell(ledger: Ledger, folder: Path) -> None:
    """A crawl, what a model wrote of it, and what came of that: by name, in a loop."""
    datasets: dict[str, list[dict[str, Any]]] = {
        "crawl": [{"digest": "a"}, {"digest": "b"}],
        "answers": [
            {"digest": "c", "name": "c", "generated_by": "m", "derived_from": "a"},
            {"digest": "d", "generated_by": "m", "mode": "labelled"},
        ],
        "mix@1": [
            {"digest": "e", "derived_from": "answers#c"},
            {"digest": "c"},
            {"digest": "f", "derived_from": "e"},
            {"digest": "g", "derived_from": "f"},
            {"digest": "f", "derived_from": "g"},
        ],
    }
    for dataset, rows in datasets.items():
        path = folder / f"{dataset}.jsonl"
        for row in rows:
            row["digest"] = digest(row["digest"])
            if len(row.get("derived_from", "")) == 1:
                row["derived_from"] = digest(row["derived_from"])
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        ledger.ingest(path, dataset=dataset)


def digest(item: str) -> str:
    return format_digest(digest_of(item))


def counted(found: Descendants) -> list[tuple[int, str, int, int]]:
    return [(one.hops, one.dataset, one.contents, one.records) for one in found.counts]


def test_descendants_of_an_item_a_dataset_and_a_model(
    ledger: Ledger, tmp_path: Path
) -> None:
    tell(ledger, tmp_path)
    ledger.add_model("M", aliases=["m"])
    of_item = ledger.descendants(digest("a"))
    assert (of_item.kind, of_item.contents, of_item.greatest_hops) == ("item", 4, 4)
    assert counted(of_item) == [
        (0, "crawl", 1, 1),
        (1, "answers", 1, 1),
        (1, "mix@1", 1, 1),
        (2, "mix@1", 1, 1),
        (3, "mix@1", 1, 2),
        (4, "mix@1", 1, 1),
    ]
    of_dataset = ledger.descendants("crawl")
    assert (of_dataset.kind, of_dataset.contents) == ("dataset", 4)
    assert counted(of_dataset)[0] == (0, "crawl", 2, 2)
    for name in ("M", "m"):
        of_model = ledger.descendants(name)
        assert (of_model.kind, of_model.subject) == ("model", "M")
        assert counted(of_model)[:2] == [(0, "answers", 1, 1), (0, "mix@1", 1, 1)]
        assert (of_model.contents, of_model.greatest_hops) == (3, 3)
    assert counted(ledger.descendants("mix")) == [
        (0, "answers", 1, 1),
        (0, "mix@1", 4, 5),
    ]


def test_what_a_claim_says_a_model_wrote_is_its_output(
    ledger: Ledger, tmp_path: Path
) -> None:
    tell(ledger, tmp_path)
    done = ledger.claim(dataset="crawl", generated_by="N", mode="written")
    ledger.claim(dataset="crawl", generated_by="N", share="10%", unit="items")
    of_model = ledger.descendants("N")
    assert counted(of_model) == counted(ledger.descendants("crawl"))
    assert (of_model.kind, of_model.contents) == ("model", 4)
    ledger.withdraw_claim(done.position, why="wrong")
    assert ledger.descendants("N", kind="model").counts == ()


def test_what_a_row_says_better_than_a_claim_is_no_output_of_its_model(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows = [{"name": "h", "origin": "human"}, {"name": "u"}]
    path = tmp_path / "pages.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger.ingest(path)
    path = tmp_path / "copies.jsonl"
    path.write_text('{"name": "c", "derived_from": "pages#h"}\n')
    ledger.ingest(path)
    ledger.claim(dataset="pages", generated_by="N", mode="written")
    assert counted(ledger.descendants("N")) == [(0, "pages", 1, 1)]


def test_a_name_of_several_things_is_asked_about(
    ledger: Ledger, tmp_path: Path
) -> None:
    tell(ledger, tmp_path)
    ledger.add_model("crawl", aliases=["m"])
    with pytest.raises(NameRefusedError, match="a model and a dataset"):
        ledger.descendants("crawl")
    assert ledger.descendants("crawl", kind="dataset").kind == "dataset"
    assert ledger.descendants("crawl", kind="model").contents == 3
    for subject, kind in (("nobody", None), ("nobody", "model"), ("c", "dataset")):
        with pytest.raises(NotRecordedError):
            ledger.descendants(subject, kind=kind)


def test_what_was_withdrawn_has_no_descendants(ledger: Ledger, tmp_path: Path) -> None:
    tell(ledger, tmp_path)
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps({"digest": digest("z")}) + "\n")
    ledger.ingest(path, dataset="answers", replace=True)
    assert counted(ledger.descendants(digest("a"))) == [(0, "crawl", 1, 1)]
    assert ledger.descendants("m", kind="model").counts == ()


def test_asking_writes_nothing_and_waits_for_nobody(
    ledger: Ledger, tmp_path: Path
) -> None:
    tell(ledger, tmp_path)
    with ledger._writing() as connection:
        connection.execute(sa.text("SELECT 1"))
        assert ledger.descendants("crawl").contents == 4
    with ledger._reading() as connection:
        names = sa.inspect(connection).get_temp_table_names()
        assert "reached" not in names
    assert ledger.descendants("crawl").contents == 4


@settings(max_examples=4)
@given(world=worlds())
def test_counts_are_those_of_brute_force(
    tmp_path_factory: pytest.TempPathFactory, world: ref.World
) -> None:
    folder = tmp_path_factory.mktemp("world")
    graph = ref.item_graph(world)
    with Ledger.open(f"sqlite:///{folder}/ledger.db", clock=lambda: 0) as ledger:
        with ledger._writing() as connection:
            record_world(connection, world)
            rebuild(connection, 0)
        for item in graph:
            hops, front, far = {item: 0}, {item}, 0
            while front:
                far += 1
                front = {child for child in graph if graph[child] & front} - set(hops)
                hops |= dict.fromkeys(front, far)
            rows = Counter(
                (hops[r.item], r.dataset)
                for r in world.records
                if r.dataset and r.item in hops
            )
            found = ledger.descendants(digest(str(item)))
            assert found.contents == len(hops) - 1
            assert {(h, d): n for h, d, _, n in counted(found)} == dict(rows)


def test_command_counts(run_cli: Callable[..., Result], tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        tell(ledger, tmp_path)
    shown = run_cli("descendants", "crawl")
    assert shown.exit_code == 0
    assert "4 contents are derived from the dataset crawl, up to 4 hops" in shown.stdout
    told = json.loads(run_cli("descendants", "m", "--json").stdout)
    assert (told["kind"], told["contents"]) == ("model", 3)
    assert run_cli("descendants", "nobody").exit_code == 1
