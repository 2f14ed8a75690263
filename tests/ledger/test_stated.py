"""Facts of documents: logged, verified, recorded once, replaced, taken back."""

from __future__ import annotations

import json
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


def listed(ledger: Ledger) -> dict[str, dict[str, Any]]:
    return {one["dataset"]: one for one in ledger.datasets()}


def verify(ledger: Ledger) -> None:
    ledger.verify(deep=True)
    assert ledger.check() == []


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
    ledger: Ledger, tmp_path: Path
) -> None:
    put(tmp_path / "cards/root.md", "original", "machine-generated")
    put(tmp_path / "cards/middle.md", "extended|root")
    put(tmp_path / "cards/leaf.md", "extended|middle, extended|leaf")
    (tmp_path / "cards/notes.md").write_text("# No card\n")
    done = list(ledger.ingest_all([tmp_path / "cards"]))
    files = [one for one in done if isinstance(one, Ingested)]
    assert [one.dataset for one in files] == ["leaf", "middle", "root"]
    assert list(files[0].noted) == ["leaf is derived from itself, says the file"]
    found = listed(ledger)
    assert found["root"]["machine_generated"] == ["language"]
    assert found["leaf"]["machine_generated"] == []
    assert found["leaf"]["machine_upstream"] == ["root"]
    assert found["leaf"]["stated"]["source_datasets"] == [
        *("extended|middle", "extended|leaf")
    ]
    (loop,) = ledger.loops()
    assert (loop.kind, loop.datasets) == ("dataset", ("leaf",))
    report = ledger.report("root")
    assert report.units["items"].total == 0
    verify(ledger)


def test_a_dry_run_of_a_card_keeps_nothing(ledger: Ledger, tmp_path: Path) -> None:
    done = ledger.ingest(put(tmp_path / "child.md", "a"), dry_run=True)
    assert (done.facts, ledger.datasets()) == (1, [])


def test_more_than_a_log_entry_holds_is_divided(ledger: Ledger, tmp_path: Path) -> None:
    parents = [f"extended|{'long-' * 30}{n}" for n in range(450)]
    done = ledger.ingest(put(tmp_path / "child.md", ", ".join(parents)))
    found = listed(ledger)["child"]
    assert (done.facts, len(found["derived_from"])) == (3, 450)
    assert found["stated"]["cut"] == ["source_datasets"]
    verify(ledger)


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
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.add_model("GPT-4", aliases=["Base"])
    (tmp_path / "a.yaml").write_text(ASSETS)
    ledger.ingest(tmp_path / "a.yaml")
    assert "Base" not in [model.name for model in ledger.models()]


def test_croissant_names_its_dataset_unless_the_caller_does(
    ledger: Ledger, tmp_path: Path
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
    done = ledger.ingest(path)
    assert (done.dataset, done.facts, done.recorded) == ("my-set@2", 1, 1)
    assert ledger.ingest(path, dataset="other").dataset == "other"
    assert listed(ledger)["my-set"]["derived_from"] == ["o/up"]
    assert ledger.report("my-set@2").parents[0]["dataset"] == "o/up"
    assert ledger.ingest(path).already
    verify(ledger)
