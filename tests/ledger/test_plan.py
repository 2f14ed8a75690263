"""What is recorded of a file of which something stands already."""

import bz2
import gzip
import hashlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest
import sqlalchemy as sa
from manifest.archives.written import make_response

from provenance import Ledger
from provenance.errors import (
    LedgerStateError,
    ManifestChangedError,
    ManifestError,
    QuarantineError,
)
from provenance.ledger import Ingested, plan
from provenance.ledger.order import Options
from provenance.manifest import lines, stream
from provenance.store import schema


def put(path: Path, *names: str) -> Path:
    path.write_text("".join(json.dumps({"name": name}) + "\n" for name in names))
    return path


def names(ledger: Ledger) -> list[str]:
    """Return what the records that stand are called, in order."""
    records, batches = schema.records, schema.batches
    query = (
        sa.select(records.c.name)
        .join(batches, records.c.batch_id == batches.c.id)
        .where(batches.c.position.not_in(sa.select(schema.withdrawals.c.withdrawn)))
    )
    with ledger._reading() as connection:
        return sorted(connection.execute(query).scalars())


def test_a_replaced_file_whose_bytes_stand_as_another_is_withdrawn(
    ledger: Ledger, tmp_path: Path
) -> None:
    first, other = put(tmp_path / "x.jsonl", "old"), put(tmp_path / "y.jsonl", "new")
    ledger.ingest(first, dataset="d")
    ledger.ingest(other, dataset="d")
    shutil.copy(other, first)
    with pytest.raises(ManifestChangedError, match="has changed"):
        ledger.ingest(first, dataset="d")
    tried = ledger.ingest(first, dataset="d", replace=True, dry_run=True)
    assert (tried.already, tried.withdrawn) == (True, 1)
    assert names(ledger) == ["new", "old"]
    done = ledger.ingest(first, dataset="d", replace=True)
    assert (done.already, done.withdrawn, done.recorded) == (True, 1, 0)
    assert names(ledger) == ["new"]
    again = ledger.ingest(first, dataset="d", replace=True)
    assert (again.already, again.withdrawn) == (True, 0)
    ledger.verify(deep=True)
    assert ledger.check_derived() == []


@pytest.mark.parametrize("newer", [["new"], ["old", "new"]])
def test_a_file_that_is_again_what_it_was_replaces_all_it_was(
    ledger: Ledger, tmp_path: Path, newer: list[str]
) -> None:
    path = put(tmp_path / "x.jsonl", "old")
    ledger.ingest(path, dataset="d")
    ledger.ingest(put(path, *newer), dataset="d", append=True)
    assert ledger.ingest(path, dataset="d").already
    assert names(ledger) == ["new", "old"]
    ledger.ingest(path, dataset="d", replace=True)
    assert names(ledger) == sorted(newer)
    ledger.ingest(put(path, "old"), dataset="d", replace=True)
    assert names(ledger) == ["old"]
    assert ledger.check_derived() == []


def grow(ledger: Ledger, path: Path, before: bytes, added: bytes) -> Ingested:
    """Record a file, let it grow, and record it again."""
    path.write_bytes(before)
    ledger.ingest(path, dataset="d")
    path.write_bytes(before + added)
    return ledger.ingest(path, dataset="d", append=True)


A, B, C = (f'{{"name": "{name}"}}\n'.encode() for name in "abc")


def test_a_line_that_was_not_whole_is_recorded_when_it_is(
    ledger: Ledger, tmp_path: Path
) -> None:
    done = grow(ledger, tmp_path / "x.jsonl", A + B[:9], B[9:] + C)
    assert (done.recorded, done.skipped) == (2, 1)
    assert names(ledger) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("name", "before", "added"),
    [
        pytest.param("x.csv", b"name,k\na,1\nb,1", b"5\nc,3\n", id="inside a cell"),
        pytest.param("x.csv", b'name,k\na,1\nb,"1\n', b'2"\nc,3\n', id="inside quotes"),
        pytest.param(
            "x.gz", gzip.compress(A + B.strip()), gzip.compress(b"\n" + C), id="packed"
        ),
    ],
)
def test_a_row_that_was_not_whole_cannot_be_appended_to(
    ledger: Ledger, tmp_path: Path, name: str, before: bytes, added: bytes
) -> None:
    with pytest.raises(ManifestChangedError, match="ended inside a row"):
        grow(ledger, tmp_path / name, before, added)
    ledger.ingest(tmp_path / name, dataset="d", replace=True)
    assert set(names(ledger)) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("name", "before", "added"),
    [
        pytest.param("x.jsonl", A + B[:9] + b"\n", C, id="a bad line"),
        pytest.param("x.jsonl", A + B.strip(), b"\r\n" + C, id="a line end comes"),
        pytest.param("x.csv", b"name,k\na,1\nb\n", b"c,3\n", id="no quotes"),
        pytest.param("x.csv", b'name,k\na,1\nb,"\n"\n', b"c,3\n", id="closed"),
        pytest.param(
            "x.csv", b'name,k\n"a",1\nb\n', b"c,3\n", id="quotes and a bad row"
        ),
        pytest.param("x.gz", gzip.compress(A + B), gzip.compress(C), id="gzip"),
        pytest.param("x.bz", bz2.compress(A + B), bz2.compress(C), id="bzip2"),
    ],
)
def test_rows_that_were_whole_are_not_recorded_again(
    ledger: Ledger, tmp_path: Path, name: str, before: bytes, added: bytes
) -> None:
    done = grow(ledger, tmp_path / name, before, added)
    assert (done.recorded, done.skipped) == (1, 2)


def test_what_was_not_read_of_a_file_cut_short_is_appended_when_it_is_whole(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "x.jsonl.gz"
    whole = gzip.compress(b"{bad\n" + A + B + C + C)
    path.write_bytes(whole[:-8])
    with pytest.raises(ManifestError, match="ends early after row 5"):
        ledger.ingest(path, dataset="d", batch_rows=2)
    path.write_bytes(whole)
    done = ledger.ingest(path, dataset="d", append=True)
    assert (done.recorded, done.skipped) == (2, 3)
    assert names(ledger) == ["a", "b", "c", "c"]


def test_of_a_file_that_has_grown_only_new_rows_are_noted(
    ledger: Ledger, tmp_path: Path
) -> None:
    says = b'{"messages": [{"role": "user", "content": "Well"}]}\n'
    silent = b'{"messages": []}\n'
    done = grow(ledger, tmp_path / "x.jsonl", silent + says, says + silent)
    noted = done.to_dict()["noted"]
    assert noted == {"no part of it holds any text": {"rows": 1, "first_row": 4}}


def test_a_file_is_read_once_however_often_it_was_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def sha256() -> object:
        begun.append(1)
        return hashlib.sha256()

    monkeypatch.setattr(plan, "hashlib", SimpleNamespace(sha256=sha256))
    path = tmp_path / "today.jsonl"
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        for night in range(1, 6):
            put(path, *(f"{night} {row}" for row in range(night)))
            done = ledger.ingest(path, dataset="d", append=True)
            assert (done.recorded, done.skipped) == (night, 0)
        put(path, *(f"3 {row}" for row in range(3)), *"abcde")
        done = ledger.ingest(path, dataset="d", append=True)
    assert (done.recorded, done.skipped) == (5, 3)
    assert len(begun) == 5


def test_an_archive_grows_by_records(ledger: Ledger, tmp_path: Path) -> None:
    first, second = make_response(number=1), make_response(number=2)
    done = grow(ledger, tmp_path / "x.warc", first, second)
    assert (done.recorded, done.skipped) == (1, 1)


def test_the_same_rows_are_appended_with_another_mapping(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"name": "a", "other": "b"}\n')
    ledger.ingest(path, dataset="d")
    ledger.ingest(path, dataset="d", columns={"name": "other"}, append=True)
    assert names(ledger) == ["a", "b"]


def test_a_run_that_goes_on_counts_all_rows_as_an_unbroken_one(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MOST_BYTES", 1)
    monkeypatch.setattr(stream, "CHUNK", 6)
    path = tmp_path / "x.jsonl"
    path.write_bytes(A + b"{bad\n" * 3 + A * 3 + b"{bad\n" * 3 + A * 2)
    for _ in range(2):
        with pytest.raises(QuarantineError, match="6 of the first 10") as told:
            ledger.ingest(path, dataset="d", batch_rows=2, max_bad="5")
        assert told.value.hint.startswith("Up to row 5 it was recorded before,")
    with pytest.raises(QuarantineError, match="row 2, row") as told:
        ledger.ingest(path, dataset="d", batch_rows=2, stop_on_fault=True)
    assert told.value.hint.startswith("Up to row 5 it was recorded before,")
    done = ledger.ingest(path, dataset="d", batch_rows=2, max_bad="50%")
    assert (done.rows_read, done.quarantined, done.skipped) == (12, 6, 5)
    assert names(ledger) == ["a"] * 6


@pytest.mark.parametrize(
    ("batch_rows", "told"),
    [
        (2, "Up to row 2 it was recorded before, and no further. Fetch the file"),
        (9, "Nothing was recorded. Fetch the file"),
    ],
)
def test_what_stands_of_a_damaged_file_is_told(
    ledger: Ledger, tmp_path: Path, batch_rows: int, told: str
) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(A + B) + gzip.compress(C) + b"garbage")
    with pytest.raises(ManifestError, match="is damaged after row 3") as refused:
        ledger.ingest(path, dataset="d", batch_rows=batch_rows)
    assert refused.value.hint.startswith(told)


def test_a_share_of_bad_rows_is_looked_at_before_the_only_batch_is_kept(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(A + b"{bad\n")
    with pytest.raises(QuarantineError, match="1 of the first 2 rows") as told:
        ledger.ingest(path, dataset="d", max_bad="10%")
    assert told.value.hint.startswith("Nothing was recorded. Check --map")
    assert ledger.datasets() == []


@pytest.mark.parametrize(
    ("before", "meanwhile", "now"),
    [
        ("", "ab", "cd"),
        ("", "ab", "ab"),
        ("a", "ab", "cd"),
        ("a", "", "cd"),
    ],
)
@pytest.mark.parametrize("how", ["append", "replace"])
def test_what_another_process_did_with_the_file_meanwhile_is_noticed(
    ledger: Ledger,
    url: str,
    tmp_path: Path,
    before: str,
    meanwhile: str,
    now: str,
    how: Literal["append", "replace"],
) -> None:
    path, aside = tmp_path / "x.jsonl", tmp_path / "aside"
    options = Options(dataset="d", append=how == "append", replace=how == "replace")
    if before:
        ledger.ingest(put(path, *before), dataset="d")
        path.unlink()
    put(path, *now)

    def change(*_: object) -> None:
        path.rename(aside)
        with Ledger.open(url) as another:
            if meanwhile:
                mapped = options | Options(constants={"origin": "human"})
                another.ingest(put(path, *meanwhile), **mapped)
            else:
                another.withdraw_batch(another.batches()[0]["position"], why="wrong")
        aside.rename(path)

    with pytest.raises(LedgerStateError, match="another process is recording"):
        ledger.ingest(path, progress=change, **options)
    stand = before + meanwhile[len(before) :] if how == "append" else meanwhile
    assert names(ledger) == sorted(stand if meanwhile else "")
    assert ledger.check_derived() == []
