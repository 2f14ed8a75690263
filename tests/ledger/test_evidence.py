"""Evidence about a digest: it changes what is known, and adds no record."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result

from provenance import Ledger
from provenance.domain import Tier, WhatIf
from provenance.errors import ManifestError, NotRecordedError
from provenance.log.proof import format_proof
from provenance.log.verify_proof import check_proof
from provenance.store import schema

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def observe(ledger: Ledger, folder: Path, *rows: dict[str, Any]) -> Any:
    path = write(folder / f"evidence-{len(list(folder.iterdir()))}.jsonl", *rows)
    return ledger.ingest(path, kind="evidence")


def tier(ledger: Ledger, item: str) -> str:
    (found,) = ledger.explain(item)
    return found.tier


def units(ledger: Ledger, policy: str = "default") -> Any:
    report = ledger.report("d", policy=policy)
    return report.units["items"].to_dict() | {"as_of": None}


def totals(ledger: Ledger) -> Any:
    report = ledger.report("d").to_dict()
    return {unit: of["total"] for unit, of in report["units"].items()}


@pytest.fixture
def recorded(ledger: Ledger, tmp_path: Path) -> Ledger:
    rows = (
        {"digest": A, "fetched_at": "2023-05-01", "media_type": "text/html"},
        {"digest": B, "derived_from": A, "derivation": "cleaned"},
    )
    ledger.ingest(write(tmp_path / "d.jsonl", *rows), dataset="d")
    return ledger


def test_evidence_adds_no_record_to_any_dataset(
    recorded: Ledger, tmp_path: Path
) -> None:
    before, listed = totals(recorded), recorded.datasets()
    done = observe(recorded, tmp_path, {"digest": A, "generated_by": "M"})
    assert (done.dataset, done.recorded, done.new_contents) == ("evidence", 1, 0)
    assert totals(recorded) == before
    assert [one | {"position": 0} for one in recorded.datasets()] == [
        one | {"position": 0} for one in listed
    ]
    assert recorded.check_derived() == []


def test_late_evidence_pushes_on_to_descendants_and_is_taken_back(
    recorded: Ledger, tmp_path: Path
) -> None:
    assert (tier(recorded, A), tier(recorded, B)) == ("unknown", "unknown")
    path = write(tmp_path / "e.jsonl", {"digest": A, "generated_by": "M"})
    recorded.ingest(path, kind="evidence")
    assert (tier(recorded, A), tier(recorded, B)) == ("generated", "derived")
    assert recorded.check_derived() == []
    write(path, {"digest": A, "origin": "human"})
    recorded.ingest(path, kind="evidence", replace=True)
    assert (tier(recorded, A), tier(recorded, B)) == ("human", "human")
    assert recorded.check_derived() == []
    recorded.verify(deep=True)


def test_evidence_waits_for_a_digest_that_nobody_has_recorded(
    recorded: Ledger, tmp_path: Path
) -> None:
    done = observe(recorded, tmp_path, {"digest": C, "generated_by": "M"})
    assert done.new_contents == 0
    with pytest.raises(NotRecordedError):
        recorded.explain(C)
    child = {"name": "child", "derived_from": C, "derivation": "copied"}
    recorded.ingest(write(tmp_path / "child.jsonl", child), dataset="late")
    assert tier(recorded, "late#child") == "unknown"
    done = recorded.ingest(write(tmp_path / "c.jsonl", {"digest": C}), dataset="late")
    assert done.new_contents == 1
    assert (tier(recorded, C), tier(recorded, "late#child")) == ("generated", "derived")
    assert recorded.check_derived() == []


def test_score_below_its_threshold_is_kept_and_is_no_origin(
    recorded: Ledger, tmp_path: Path
) -> None:
    scored = {"detector_name": "looker", "detector_version": "2", "threshold": 0.5}
    observe(
        recorded,
        tmp_path,
        {"digest": A, "score": 0.13} | scored,
        {"digest": B, "score": 0.91} | scored,
    )
    assert tier(recorded, A) == "unknown"
    (found,) = recorded.explain(A)
    (seen,) = found.evidence
    (origin,) = seen.origins
    assert (origin.detector, origin.score, origin.counts) == ("looker@2", 0.13, False)
    (detected,) = recorded.explain(B)
    assert detected.evidence[0].origins[0].grade == "detected"
    assert recorded.report("d").units["items"].tiers[Tier.HUMAN] == 0
    assert recorded.check_derived() == []


def test_review_by_a_person_makes_a_declared_origin(
    recorded: Ledger, tmp_path: Path
) -> None:
    review = {"digest": A, "origin": "human", "evidence": "reviewed"}
    who = {"reviewer": "reviewer 7", "reviewed_at": "2024-02-03T04:05:06Z"}
    observe(recorded, tmp_path, review | who)
    assert tier(recorded, A) == "human"
    (found,) = recorded.explain(A)
    (seen,) = found.evidence
    assert seen.fetched_at == "2024-02-03T04:05:06Z"
    assert (seen.origins[0].evidence, seen.origins[0].detector) == (
        "reviewed",
        "reviewer 7",
    )


def test_older_capture_makes_the_month_earlier_but_not_the_breakdown_by_month(
    recorded: Ledger, tmp_path: Path
) -> None:
    def background() -> list[float]:
        tiers = recorded.report("d", policy="low-background").units["items"].tiers
        return [tiers[Tier.HUMAN], tiers[Tier.UNKNOWN]]

    assert background() == [0, 2]
    months = recorded.report("d", by=["month"]).to_dict()["by"]["month"]
    seen = {"digest": A, "media_type": "text/html"}
    observe(recorded, tmp_path, seen | {"first_seen": "2024-01-01"})
    assert background() == [0, 2]
    observe(recorded, tmp_path, seen | {"first_seen": "2019-03-02"})
    assert background() == [2, 0]
    assert recorded.report("d", by=["month"]).to_dict()["by"]["month"] == months
    assert recorded.check_derived() == []


def test_rows_that_are_no_evidence_are_set_aside(
    recorded: Ledger, tmp_path: Path
) -> None:
    done = observe(
        recorded,
        tmp_path,
        {"digest": A, "generated_by": "M"},
        {"name": "no digest", "generated_by": "M"},
        {"digest": B, "derived_from": A},
        {"digest": B, "url": "https://x.org"},
    )
    assert (done.recorded, done.quarantined) == (1, 3)
    kept = Path(str(done.quarantine_file)).read_text().splitlines()
    told = [json.loads(line) for line in kept]
    assert [one["field"] for one in told] == ["digest", "derived_from", "origin"]
    path = write(tmp_path / "rows.jsonl", {"digest": A, "generated_by": "M"})
    with pytest.raises(ManifestError, match="belongs to no dataset"):
        recorded.ingest(path, kind="evidence", dataset="d")


def test_evidence_is_about_the_digest_even_of_a_short_content(
    ledger: Ledger, tmp_path: Path
) -> None:
    short = {"digest": A, "bytes": 3}
    ledger.ingest(write(tmp_path / "d.jsonl", short), dataset="d")
    observe(ledger, tmp_path, short | {"generated_by": "M"})
    assert tier(ledger, A) == "unknown"
    ledger.verify(deep=True)
    assert ledger.check_derived() == []


def test_same_evidence_is_recorded_once(recorded: Ledger, tmp_path: Path) -> None:
    rows = [{"digest": f"{n:064x}", "generated_by": "M"} for n in range(30)]
    path = write(tmp_path / "many.jsonl", *rows)
    first = recorded.ingest(path, kind="evidence", batch_rows=10)
    assert first.recorded == 30
    assert recorded.ingest(path, kind="evidence").already


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_formats_and_mapping_are_those_of_any_manifest(
    recorded: Ledger, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"scores.{suffix}"
    row = {"what": A, "p": 0.97, "detector": "looker@2"}
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist([row]), path)
    elif suffix == "csv":
        path.write_text(",".join(row) + "\n" + ",".join(map(str, row.values())) + "\n")
    else:
        write(path, row)
    columns = {"digest": "what", "score": "p"}
    done = recorded.ingest(path, kind="evidence", columns=columns)
    assert (done.recorded, done.quarantined) == (1, 0)
    (found,) = recorded.explain(A)
    (origin,) = found.evidence[0].origins
    assert (origin.evidence, origin.score, origin.detector) == (
        "detector",
        0.97,
        "looker@2",
    )


def test_evidence_is_proved_like_a_record_and_can_be_salted_and_erased(
    ledger: Ledger, tmp_path: Path
) -> None:
    vkey = ledger.make_key(tmp_path / "key", "example.org/ledger")
    ledger.close()
    url = str(ledger._engine.url.render_as_string(hide_password=False))
    with Ledger.open(url, key=tmp_path / "key", clock=lambda: 0) as signed:
        seen = {"digest": A, "url": "https://x.org/secret", "generated_by": "M"}
        path = write(tmp_path / "e.jsonl", seen)
        done = signed.ingest(path, kind="evidence", salt=True)
        place = f"{done.position}:0"
        proof = signed.prove(place)
        assert (proof.claim["dataset"], proof.claim["digest"]) == (
            "",
            "1220" + "a" * 64,
        )
        check_proof(format_proof(proof), vkey)
        signed.redact([place], "request")
        assert signed.verify(deep=True, vkey=vkey).redacted == 1
        with signed._reading() as connection:
            kinds = connection.execute(schema.batches.select()).one()
        assert (kinds.kind, kinds.dataset_id) == ("evidence", None)


def test_command_records_and_explains_evidence(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    rows = write(tmp_path / "d.jsonl", {"digest": A})
    assert run_cli("ingest", rows).exit_code == 0
    path = write(tmp_path / "e.jsonl", {"digest": A, "first_seen": "2019-03-02"})
    told = run_cli("ingest", path, "--kind", "evidence")
    assert (told.exit_code, "→ evidence" in told.stdout) == (0, True)
    shown = run_cli("explain", A).stdout
    assert "evidence: no name" in shown
    assert "seen 2019-03-02T00:00:00Z" in " ".join(shown.split())
    refused = run_cli("ingest", path, "--kind", "evidence", "--dataset", "x")
    assert (refused.exit_code, "belongs to no dataset" in refused.stderr) == (1, True)


def test_a_dated_observation_of_a_parent_that_is_not_recorded_makes_nothing(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows = write(tmp_path / "d.jsonl", {"digest": B, "derived_from": A})
    ledger.ingest(rows, dataset="d")
    observe(ledger, tmp_path, {"digest": A, "first_seen": "2019-05-03"})
    assert ledger.check_derived() == []


def test_a_claim_about_a_source_reaches_no_observation_now_or_as_of_then(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows = write(tmp_path / "d.jsonl", {"digest": A}, {"digest": B})
    ledger.ingest(rows, dataset="d")
    seen = {"first_seen": "2020-01-01", "url": "https://a.example.com/p"}
    observe(ledger, tmp_path, {"digest": A, **seen})
    ledger.claim(source="example.com", generated_by="M")
    size = ledger.report("d").as_of
    ledger.add_model("another")
    assert tier(ledger, A) == "unknown"
    (then,) = ledger.explain(A, as_of=size)
    assert then.tier == "unknown"


def test_the_earliest_of_two_captures_in_a_month_says_the_medium(
    ledger: Ledger, tmp_path: Path
) -> None:
    early, late = "2020-09-02", "2020-09-20"
    rows: list[dict[str, Any]] = [
        {"digest": A, "fetched_at": early, "media_type": "text/html"},
        {"digest": A, "fetched_at": late, "media_type": "image/png"},
        {"digest": B, "fetched_at": late, "media_type": "image/png"},
        {"digest": B, "fetched_at": early, "media_type": "text/html"},
        {"digest": C, "fetched_at": early, "media_type": "video/mp4"},
        {"digest": C, "fetched_at": late},
    ]
    for number, row in enumerate(rows):
        path = write(tmp_path / f"{number}.jsonl", row)
        ledger.ingest(path, dataset="d")
    ledger.add_policy("early", WhatIf(cutoffs={"text": "2021-01"}))
    tiers = ledger.report("d", policy="early").units["contents"].tiers
    assert (tiers[Tier.HUMAN], tiers[Tier.UNKNOWN]) == (2, 1)
    assert ledger.check_derived() == []
