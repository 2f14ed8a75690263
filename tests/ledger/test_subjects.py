"""Evidence whose rows name records of a dataset, and no digest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from provenance import Ledger
from provenance.errors import ManifestError, NotRecordedError
from provenance.ledger import Ingested, PassedOver
from provenance.store import schema

TEXTS = [
    f"{word} " * 20 for word in ("The first document", "The second", "And the third")
]
SCORED = "mix__looks_generated_v2__ai"


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def attributes(path: Path, **scores: Any) -> Path:
    rows = (
        {"source": "web", "id": name, "attributes": {SCORED: said}}
        for name, said in scores.items()
    )
    return write(path, *rows)


def tier(ledger: Ledger, item: str) -> str:
    (found,) = ledger.explain(item)
    return found.tier


@pytest.fixture
def dolma(tmp_path: Path) -> Path:
    """A folder with documents, as the Dolma toolkit lays it out."""
    rows = (
        {"id": f"d{number}", "text": text, "source": "web"}
        for number, text in enumerate(TEXTS)
    )
    write(tmp_path / "dolma/documents/2019/a.jsonl", *rows)
    return tmp_path / "dolma"


@pytest.fixture
def recorded(ledger: Ledger, dolma: Path) -> Ledger:
    ledger.ingest(dolma / "documents/2019/a.jsonl", dataset="web@1")
    return ledger


def test_attributes_are_about_the_documents_that_lie_beside_them(
    recorded: Ledger, dolma: Path
) -> None:
    path = attributes(
        dolma / "attributes/mix/2019/a.jsonl",
        d0=[[0, 50, 0.9], [50, 100, 0.7]],
        d1=[[0, 100, 0.3]],
        d9=[[0, 9, 0.9]],
    )
    done = recorded.ingest(path, kind="evidence")
    assert (done.dataset, done.recorded, done.quarantined) == ("evidence", 2, 1)
    kept = json.loads(Path(str(done.quarantine_file)).read_text())
    assert (kept["row"], kept["field"], kept["value"]) == (3, "name", "d9")
    assert "documents/2019/a.jsonl goes by this name" in kept["reason"]
    (found,) = recorded.explain("web@1#d0")
    (origin,) = found.evidence[0].origins
    assert (origin.detector, origin.score) == ("looks_generated@v2", 0.8)
    assert [origin.grade, found.tier] == ["detected", "unknown"]
    (second,) = recorded.explain("web@1#d1")
    assert not second.evidence[0].origins[0].counts
    assert recorded.ingest(path, kind="evidence").already
    assert recorded.check_derived() == []
    recorded.verify(deep=True)
    with recorded._reading() as connection:
        rows = connection.execute(schema.batches.select()).all()
    assert json.loads(rows[-1].mapping)["of"].endswith("documents/2019/a.jsonl")


def test_any_evidence_may_name_records_of_a_dataset(
    recorded: Ledger, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "reviews.jsonl",
        {"id": "d0", "origin": "human", "evidence": "reviewed", "reviewer": "r7"},
        {"id": "d2", "generated_by": "GPT-4", "evidence": "reviewed"},
    )
    done = recorded.ingest(path, kind="evidence", of="web")
    assert (done.recorded, done.quarantined) == (2, 0)
    assert [tier(recorded, f"web@1#d{n}") for n in range(3)] == [
        "human",
        "unknown",
        "generated",
    ]
    path = write(tmp_path / "late.jsonl", {"id": "d1", "generated_by": "M"})
    with pytest.raises(ManifestError, match="a name and --of DATASET"):
        recorded.ingest(path, kind="evidence")


def test_a_name_must_lead_to_one_whole_content(
    recorded: Ledger, tmp_path: Path
) -> None:
    others = write(
        tmp_path / "more.jsonl",
        {"id": "d0", "text": "Another document of that name " * 9},
        {"id": "short", "text": "Yes."},
        {"id": "bare"},
    )
    recorded.ingest(others, dataset="web@2")
    names = ("d0", "d1", "short", "bare", "none")
    path = attributes(tmp_path / "scores.jsonl", **dict.fromkeys(names, 0.9))
    done = recorded.ingest(path, kind="evidence", of="web")
    kept = Path(str(done.quarantine_file)).read_text().splitlines()
    assert done.recorded == 1
    assert {k["value"]: k["reason"] for k in map(json.loads, kept)} == {
        "d0": "several contents of web go by this name",
        "short": "no evidence reaches a content under 64 bytes",
        "bare": "the record of this name has no digest",
        "none": "no record of web goes by this name",
    }
    path = attributes(tmp_path / "first.jsonl", d0=0.9, d1=0.9)
    assert recorded.ingest(path, kind="evidence", of="web@1").recorded == 2


def test_evidence_whose_documents_are_unknown_is_refused(
    recorded: Ledger, dolma: Path
) -> None:
    path = attributes(dolma / "attributes/mix/2020/b.jsonl", d0=0.9)
    with pytest.raises(NotRecordedError, match=r"documents/2020/b\.jsonl"):
        recorded.ingest(path, kind="evidence")
    with pytest.raises(ManifestError, match="evidence on documents"):
        recorded.ingest(path)
    elsewhere = attributes(dolma / "scores.jsonl", d0=0.9)
    with pytest.raises(ManifestError, match="which documents") as raised:
        recorded.ingest(elsewhere, kind="evidence")
    assert "--of DATASET" in raised.value.hint
    with pytest.raises(NotRecordedError, match="no record of nothing"):
        recorded.ingest(path, kind="evidence", of="nothing")
    with pytest.raises(ManifestError, match="--of"):
        recorded.ingest(dolma / "documents/2019/a.jsonl", of="web")


def test_attributes_in_a_folder_are_passed_over_beside_the_documents(
    ledger: Ledger, dolma: Path
) -> None:
    attributes(dolma / "attributes/mix/2019/a.jsonl", d0=0.9, d1=0.6)
    passed_over, documents = ledger.ingest_all([dolma], dataset="web")
    assert isinstance(passed_over, PassedOver)
    assert "--kind evidence" in passed_over.passed_over
    assert isinstance(documents, Ingested)
    (done,) = ledger.ingest_all([dolma / "attributes"], kind="evidence")
    assert isinstance(done, Ingested)
    assert done.recorded == 2


def test_command_takes_the_dataset_of_the_names(
    run_cli: Callable[..., Result], dolma: Path, tmp_path: Path
) -> None:
    documents = dolma / "documents/2019/a.jsonl"
    assert run_cli("ingest", documents, "--dataset", "web").exit_code == 0
    path = attributes(tmp_path / "scores.jsonl", d0=[[0, 9, 0.9]])
    done = run_cli("ingest", path, "--kind", "evidence", "--of", "web")
    assert (done.exit_code, "→ evidence" in done.stdout) == (0, True)
    assert "looks_generated@v2" in run_cli("explain", "web#d0").stdout
