"""Facts of documents: logged, verified, recorded once, replaced, taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provenance import Ledger
from provenance.errors import ManifestChangedError
from provenance.ledger import Ingested

CARD = "---\nsource_datasets: [{0}]\nlanguage_creators: [{1}]\n---\n"


def put(path: Path, parents: str, creators: str = "found") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(CARD.format(parents, creators))
    return path


@pytest.fixture
def lone(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger on SQLite, for what is no matter of the database."""
    with Ledger.open(f"sqlite:///{tmp_path}/lone.db") as opened:
        yield opened


def listed(ledger: Ledger) -> dict[str, dict[str, Any]]:
    return {one["dataset"]: one for one in ledger.datasets()}


def verify(ledger: Ledger, *, deep: bool = False) -> None:
    ledger.verify(deep=deep)
    assert ledger.check_derived() == []


def test_a_card_is_recorded_once_and_a_changed_one_must_be_told(
    ledger: Ledger, tmp_path: Path
) -> None:
    card = put(tmp_path / "child/README.md", "extended|a, b")
    done = ledger.ingest(card)
    assert (done.dataset, done.facts, done.recorded) == ("child", 1, 0)
    assert ledger.ingest(card).already
    put(card, "b, c")
    with pytest.raises(ManifestChangedError, match="has changed"):
        ledger.ingest(card)
    assert listed(ledger)["child"]["derived_from"] == ["a", "b"]
    ledger.ingest(card, replace=True)
    assert listed(ledger)["child"]["derived_from"] == ["b", "c"]
    put(card, "d")
    ledger.ingest(card, append=True)
    assert listed(ledger)["child"]["derived_from"] == ["b", "c", "d"]
    verify(ledger)


def test_what_was_withdrawn_can_be_said_anew(ledger: Ledger, tmp_path: Path) -> None:
    card = put(tmp_path / "child.md", "a")
    for parents in ("a", "b", "a"):
        put(card, parents)
        ledger.ingest(card, replace=True)
        assert listed(ledger)["child"]["derived_from"] == [parents]
    verify(ledger)


def test_machine_generated_text_is_told_of_all_descendants(
    lone: Ledger, tmp_path: Path
) -> None:
    put(tmp_path / "cards/root.md", "original", "machine-generated")
    put(tmp_path / "cards/middle.md", "extended|root")
    put(tmp_path / "cards/leaf.md", "extended|middle, extended|leaf")
    (tmp_path / "cards/notes.md").write_text("# No card\n")
    done = list(lone.ingest_all([tmp_path / "cards"]))
    files = [one for one in done if isinstance(one, Ingested)]
    assert [one.dataset for one in files] == ["leaf", "middle", "root"]
    assert list(files[0].noted) == ["leaf is derived from itself, says the file"]
    found = listed(lone)
    assert found["root"]["machine_generated"] == ["language"]
    assert found["leaf"]["machine_generated"] == []
    assert found["leaf"]["machine_upstream"] == ["root"]
    assert found["leaf"]["stated"]["source_datasets"] == [
        *("extended|middle", "extended|leaf")
    ]
    (loop,) = lone.loops()
    assert (loop.kind, loop.datasets) == ("dataset", ("leaf",))
    report = lone.report("root")
    assert report.units["items"].total == 0
    verify(lone)


def test_a_dry_run_of_a_card_keeps_nothing(lone: Ledger, tmp_path: Path) -> None:
    done = lone.ingest(put(tmp_path / "child.md", "a"), dry_run=True)
    assert (done.facts, lone.datasets()) == (1, [])


def test_more_than_a_log_entry_holds_is_divided(lone: Ledger, tmp_path: Path) -> None:
    parents = [f"extended|{'long-' * 30}{n}" for n in range(450)]
    done = lone.ingest(put(tmp_path / "child.md", ", ".join(parents)))
    found = listed(lone)["child"]
    assert (done.facts, len(found["derived_from"])) == (3, 450)
    assert found["stated"]["cut"] == ["source_datasets"]
    verify(lone)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("hub/datasets--org--set/snapshots/0a/README.md", "org/set"),
        ("sets/plain/README.md", "plain"),
        ("sets/plain/mix.README.md", "mix"),
    ],
)
def test_a_readme_is_called_as_its_repository(
    tmp_path: Path, path: str, name: str
) -> None:
    card = tmp_path / path
    card.parent.mkdir(parents=True)
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger:
        assert ledger.ingest(put(card, "a")).dataset == name


ASSETS = """- type: model
  name: Base
  created_date: 2023-01-02
- type: model
  name: Tuned
  organization: Org
  dependencies: [Base, Some Set]
- type: dataset
  name: Some Set
  dependencies: [Base]
"""


def test_a_file_that_tells_of_others_is_of_no_dataset(
    ledger: Ledger, tmp_path: Path
) -> None:
    graphs, card = tmp_path / "org.yaml", tmp_path / "models--o--m/x/README.md"
    card.parent.mkdir(parents=True)
    graphs.write_text(ASSETS)
    card.write_text("---\nbase_model: Tuned\npipeline_tag: text-generation\n---\n")
    done = ledger.ingest(graphs)
    assert (done.dataset, done.facts) == ("", 3)
    assert ledger.ingest(graphs).already
    assert ledger.ingest(card).facts == 1
    models = {model.name: model for model in ledger.models()}
    assert sorted(models) == ["Base", "Tuned", "o/m"]
    assert (models["Tuned"].based_on, models["Tuned"].trained_on) == (
        ("Base",),
        ("Some-Set",),
    )
    assert models["o/m"].based_on == ("Tuned",)
    assert list(listed(ledger)) == ["Some-Set"]
    assert listed(ledger)["Some-Set"]["stated"]["depends_on_models"] == ["Base"]
    graphs.write_text(ASSETS.replace("[Base, Some Set]", "[Base]"))
    with pytest.raises(ManifestChangedError):
        ledger.ingest(graphs)
    ledger.ingest(graphs, replace=True)
    models = {model.name: model for model in ledger.models()}
    assert models["Tuned"].trained_on == ()
    verify(ledger)


def test_a_document_speaks_of_a_model_by_its_alias(
    lone: Ledger, tmp_path: Path
) -> None:
    lone.add_model("GPT-4", aliases=["Base"])
    (tmp_path / "a.yaml").write_text(ASSETS)
    lone.ingest(tmp_path / "a.yaml")
    assert "Base" not in [model.name for model in lone.models()]


def test_croissant_names_its_dataset_unless_the_caller_does(
    lone: Ledger, tmp_path: Path
) -> None:
    file = {"@type": "cr:FileObject", "@id": "f", "sha256": "ab" * 32}
    found = {
        "@context": {"conformsTo": "http://mlcommons.org/croissant/1.0"},
        "@type": "sc:Dataset",
        "name": "my set",
        "version": "2",
        "isBasedOn": "https://huggingface.co/datasets/o/up",
        "distribution": file,
    }
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps(found))
    done = lone.ingest(path)
    assert (done.dataset, done.facts, done.recorded) == ("my-set@2", 1, 1)
    assert lone.ingest(path, dataset="other").dataset == "other"
    assert listed(lone)["my-set"]["derived_from"] == ["o/up"]
    assert lone.report("my-set@2").parents[0]["dataset"] == "o/up"
    assert lone.ingest(path).already
    verify(lone)


def test_a_batch_is_taken_back_with_all_that_its_file_states(
    ledger: Ledger, tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text(ASSETS)
    graphs = ledger.ingest(tmp_path / "a.yaml").position
    card = ledger.ingest(put(tmp_path / "child.md", "a", "machine-generated")).position
    assert graphs is not None
    assert card is not None
    size = card + 2
    ledger.withdraw_batch(graphs, card, why="wrong")
    assert ledger.models() == []
    found = listed(ledger)["child"]
    assert (found["derived_from"], found["machine_generated"]) == ([], [])
    (before,) = (d for d in ledger.datasets(as_of=size) if d["dataset"] == "child")
    assert before["derived_from"] == ["a"]
    assert [batch["facts"] for batch in ledger.batches()] == [3, 1]
    assert not ledger.ingest(tmp_path / "a.yaml").already
    verify(ledger)


@pytest.mark.parametrize("how", ["withdraw", "replace"])
def test_a_claim_taken_back_alone_is_not_taken_back_with_its_file_again(
    lone: Ledger, tmp_path: Path, how: str
) -> None:
    claim = dict.fromkeys(("version", "first_at", "last_at", "unit", "share"))
    claim |= {"note": None, "who": None, "mode": "written", "evidence": "declared"}
    claim |= {"subject": "dataset", "name": "d", "kind": "model", "model": "M"}
    stated = {"type": "provenance/facts/v1", "datasets": [], "models": []}
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(stated | {"claims": [claim]}))
    position = lone.ingest(path).position
    assert position is not None
    alone = lone.withdraw_claim(position + 1, why="it is wrong").position
    if how == "withdraw":
        lone.withdraw_batch(position, why="all of it is")
    else:
        path.write_text(json.dumps(stated | {"claims": [claim | {"model": "N"}]}))
        lone.ingest(path, replace=True)
    assert [c["withdrawn"] for c in lone.claims()][:1] == [alone]
    assert len(lone.claims()) == (1 if how == "withdraw" else 2)
    verify(lone, deep=True)
    lone.rebuild()


def test_a_generator_that_a_card_names_reaches_the_items_of_the_dataset(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows, card = tmp_path / "rows.csv", tmp_path / "set.md"
    rows.write_text("id,origin\na,human\nb,\n")
    ledger.ingest(rows, dataset="set")
    card.write_text("---\nconfigs: x\ngenerated_by: M\n---\n")
    assert ledger.ingest(card).facts == 2
    ledger.ingest(write_more(tmp_path / "more.csv"), dataset="set")

    def downstream() -> tuple[float, float] | None:
        return ledger.report("set").units["items"].downstream_share

    assert downstream() == (0.75, 0.75)
    (claim,) = ledger.claims()
    assert (claim["says"], claim["withdrawn"]) == (
        "generated by M, unspecified (declared)",
        None,
    )
    card.write_text("---\nconfigs: y\n---\n")
    ledger.ingest(card, replace=True)
    assert downstream() == (0.0, 0.75)
    verify(ledger)


def write_more(path: Path) -> Path:
    path.write_text("id,url\nc,https://example.org/c\nd,\n")
    return path


def test_a_mixture_and_what_its_card_claims_are_one_transaction(
    ledger: Ledger, tmp_path: Path
) -> None:
    card = tmp_path / "mix.md"
    table = "|component|rows|generator|\n|-|-|-|\n|a|10|M-1|\n|b|30|human|\n|c|60| |\n"
    card.write_text(
        f"---\nconfigs: x\ngenerated_by: M-2\n---\n\nIn all 120 rows:\n\n{table}"
    )
    done = ledger.ingest(card)
    assert (done.facts, done.recorded) == (2, 4)
    items = ledger.report("mix").units["items"]
    assert (items.total, items.downstream_share) == (120, (0.75, 0.75))
    assert done.position is not None
    ledger.withdraw_batch(done.position, why="wrong")
    assert ledger.report("mix").units["items"].total == 0
    verify(ledger, deep=True)
