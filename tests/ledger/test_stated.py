"""Facts of documents: logged, verified, recorded once, replaced, taken back."""

from __future__ import annotations

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
