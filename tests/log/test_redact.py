"""Erased names and URLs are gone, and everything else still verifies."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from signed import CLOCK, SignedLedger, make_signed, write_rows

from provenance import Ledger
from provenance.errors import (
    LedgerStateError,
    NotRecordedError,
    VerificationError,
)
from provenance.log.proof import format_proof
from provenance.log.verify_proof import check_proof
from provenance.store import schema


def files_of(signed: SignedLedger) -> bytes:
    """All bytes that the SQLite ledger has on disk, its log of changes included."""
    path = Path(signed.url.removeprefix("sqlite:///"))
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


@pytest.mark.parametrize("index", [0, 255, 256, 299])
def test_everything_else_verifies_after_an_erasure(
    url: str, tmp_path: Path, index: int
) -> None:
    signed = make_signed(url, tmp_path, rows=300)
    with signed.open() as ledger:
        pin = ledger.checkpoint().encode()
        earlier = {at: format_proof(ledger.prove(f"4:{at}")) for at in (index, 7)}
        done = ledger.redact([f"4:{index}"], "request 17")
        assert (done.records, done.before) == (1, 0)
        verified = ledger.verify(deep=True, vkey=signed.vkey, pin=pin)
        assert (verified.redacted, verified.records) == (1, 600)
        assert any("redacted: 1 record without" in said for said in verified.not_proved)
        with pytest.raises(LedgerStateError, match="were erased"):
            ledger.prove(f"4:{index}")
        # The neighbour's path leads through the erased leaf's hash.
        neighbour = format_proof(ledger.prove(f"4:{index ^ 1}"))
        for octets in (*earlier.values(), neighbour):
            check_proof(octets, signed.vkey)
        ledger.export(tmp_path / "static", batches=True)
        assert ledger.check_derived() == []
        assert ledger.redact([f"4:{index}"], "again").before == 1


def test_name_host_and_path_are_nowhere_in_the_file(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 1, 40)
    secret = {"name": "jane-doe", "url": "https://jane.example/diary?p=1", "tokens": 1}
    with rows.open("a") as file:
        file.write(json.dumps({**secret, "digest": f"sha256:{77:064x}"}) + "\n")
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)
    words = [b"jane-doe", b"jane.example", b"diary"]
    with signed.open() as ledger:
        ledger.ingest(rows, dataset="private")
        assert all(word in files_of(signed) for word in words)
        digest = f"sha256:{77:064x}"
        assert ledger.redact(["https://jane.example/diary?p=1"], "request").records == 1
        assert not any(word in files_of(signed) for word in words)
        ledger.verify(deep=True)
        assert len(ledger.explain(digest)) == 1
        sources = {
            row["source"]
            for row in ledger.report("private", by=["source"]).to_dict()["by"]["source"]
        }
        assert "jane.example" not in sources
    assert not any(word in files_of(signed) for word in words)


@pytest.mark.parametrize(
    "subject", [f"{7:064x}", "n-7", "a@1#n-7", "https://x.org/7?ü"]
)
def test_subject_is_erased_wherever_it_stands(tmp_path: Path, subject: str) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=300)
    again = write_rows(tmp_path / "again.jsonl", 7, 1)
    with signed.open() as ledger:
        ledger.ingest(again, dataset="other")
        done = ledger.redact([subject], "request")
        assert done.records == (1 if "#" in subject else 2)
        ledger.verify(deep=True)


def test_records_without_a_digest_keep_their_identity(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"name": "only-a-name", "tokens": 3}\n{"name": "other"}\n')
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db", clock=lambda: CLOCK) as ledger:
        ledger.ingest(rows, dataset="d")
        before = ledger.report("d").to_dict()["units"]
        ledger.redact(["only-a-name"], "request")
        ledger.verify(deep=True)
        assert ledger.report("d").to_dict()["units"] == before


def test_more_records_than_an_entry_holds(tmp_path: Path) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=300)
    with signed.open() as ledger:
        done = ledger.redact([f"4:{at}" for at in range(300)], "all of it")
        assert (done.records, len(done.positions)) == (300, 2)
        assert ledger.verify(deep=True, vkey=signed.vkey).redacted == 300


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE records SET tokens = tokens + 1 WHERE id = 8", "records, id 8"),
        ("UPDATE records SET item = x'1220' WHERE id = 8", "records, id 8"),
        ("UPDATE records SET content_key = 5 WHERE id = 8", "records, id 8"),
        ("UPDATE records SET name = 'back' WHERE id = 8", "records, id 8"),
        ("UPDATE records SET digest = zeroblob(34) WHERE id = 8", "records, id 8"),
        ("UPDATE redactions SET remains = zeroblob(32)", "redactions"),
        ("UPDATE redactions SET leaf = zeroblob(32)", "redactions"),
        ("UPDATE redactions SET leaf_index = 8", "redactions"),
        ("UPDATE redactions SET item = zeroblob(34)", "redactions"),
        ("DELETE FROM redactions", "redactions"),
        (
            (
                "INSERT INTO redactions SELECT 4, 9, item, leaf, remains, position "
                "FROM redactions"
            ),
            "redactions",
        ),
    ],
)
def test_what_remains_is_guarded(tmp_path: Path, change: str, named: str) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=300)
    with signed.open() as ledger:
        ledger.redact(["4:7"], "request")
    with signed.behind() as connection:
        assert connection.execute(change).rowcount == 1
    with signed.open() as ledger, pytest.raises(VerificationError, match=named):
        ledger.verify(deep=True)


def test_changed_record_is_not_washed_by_an_erasure(tmp_path: Path) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=300)
    with signed.behind() as connection:
        connection.execute("UPDATE records SET tokens = tokens + 1 WHERE id = 8")
    with signed.open() as ledger:
        before = ledger.verify().entries
        with pytest.raises(VerificationError):
            ledger.redact(["4:7"], "request")
        assert ledger.verify().entries == before
        with ledger._reading() as connection:
            query = sa.select(schema.records.c.name).where(schema.records.c.id == 8)
            assert connection.execute(query).scalar_one() == "n-8"


def test_triggers_are_back_after_an_erasure(url: str, tmp_path: Path) -> None:
    signed = make_signed(url, tmp_path, rows=3)
    with signed.open() as ledger:
        ledger.redact(["n-1", "n-2"], "request")
        assert ledger.check_derived() == []


def test_unknown_subject_erases_nothing(tmp_path: Path) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)
    with signed.open() as ledger:
        for subjects in (["n-1", "nobody"], ["4:3"], ["99:0"]):
            with pytest.raises(NotRecordedError):
                ledger.redact(subjects, "request")
        assert ledger.verify().redacted == 0


@pytest.mark.parametrize("why", ["", " \n"])
def test_erasure_without_a_reason_is_refused(
    run_cli: Callable[..., Result], tmp_path: Path, why: str
) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)
    refused = run_cli("records", "redact", "n-1", "--why", why)
    assert (refused.exit_code, "no reason is given" in refused.stderr) == (1, True)
    with signed.open() as ledger:
        assert ledger.verify().redacted == 0


def test_command_erases_and_verify_says_so(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)
    told = run_cli("records", "redact", "n-1", "--why", "request 17", ledger=signed.url)
    assert told.exit_code == 0
    assert "1 record erased, log position 9" in told.stdout
    again = run_cli("records", "redact", "4:0", "--why", "x", "--json")
    assert json.loads(again.stdout) == {"records": 0, "before": 1, "positions": []}
    shown = run_cli("verify", "--deep")
    assert (shown.exit_code, "redacted     1 record " in shown.stdout) == (0, True)
    assert json.loads(run_cli("verify", "--json").stdout)["redacted"] == 1
    assert run_cli("records", "redact", "nobody", "--why", "x").exit_code == 1
    assert run_cli("records", "redact", "n-2").exit_code == 2
