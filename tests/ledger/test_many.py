import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from provenance.errors import ManifestError
from provenance.ledger import Ingested, Ledger, PassedOver, Refused


class Heard:
    """Keeps what a watcher is told."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.files: list[str] = []
        self.shares: list[float | None] = []

    def begin(self, sizes: Any) -> None:
        self.sizes = list(sizes)

    def start(self, file: str) -> None:
        self.files.append(file)

    def rows(self, read: int, bad: int, share: float | None) -> None:
        assert 0 <= bad <= read
        self.shares.append(share)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"name": "x"}\n')
    (folder / "b.csv").write_text("id,url\n1\n2,http://a/\n")
    (folder / "c.parquet").write_bytes(b"PAR1 and no more")
    (folder / "d.jsonl").write_text('{"bytes": -1}\n')
    (folder / "e.bin").write_bytes(bytes(100))
    (folder / "f.md").write_text("Well, then\n")
    (folder / "g.jsonl").write_text('{"name": "y"}\n')
    return folder


def test_a_bad_manifest_loses_no_other(ledger: Ledger, folder: Path) -> None:
    heard = Heard()
    done = list(ledger.ingest_all([folder], watcher=heard))
    kinds = [type(one) for one in done]
    assert kinds == [
        *(Ingested, Ingested, Refused, Refused),
        *(PassedOver, PassedOver, Ingested),
    ]
    assert [one.file for one in done] == heard.files
    assert len(heard.sizes) == 7
    assert set(heard.shares) == {1.0}
    names = {found["dataset"] for found in ledger.datasets() if "dataset" in found}
    assert names <= {"a", "b", "g"}


def test_a_file_whose_name_no_dataset_can_have_is_told_of_the_option(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "two words.jsonl"
    path.write_text('{"name": "a"}\n')
    (refused,) = ledger.ingest_all([path])
    assert isinstance(refused, Refused)
    assert refused.error == "'two words' is not a dataset name"
    assert refused.hint.startswith("Say with --dataset how it is called")


def test_the_same_again_records_nothing(ledger: Ledger, folder: Path) -> None:
    list(ledger.ingest_all([folder], dataset="all"))
    again = list(ledger.ingest_all([folder / "*"], dataset="all"))
    recorded = [one for one in again if isinstance(one, Ingested)]
    assert [(one.dataset, one.already) for one in recorded] == [("all", True)] * 3


def test_a_misspelt_option_is_refused_before_anything_is_recorded(
    ledger: Ledger, folder: Path
) -> None:
    odd: dict[str, Any] = {"dryrun": True}
    with pytest.raises(TypeError, match="no option 'dryrun'"):
        list(ledger.ingest_all([folder], **odd))
    assert ledger.batches() == []


def test_stop_stops_at_the_first_bad_manifest(ledger: Ledger, folder: Path) -> None:
    found = ledger.ingest_all([folder / "a.jsonl", folder], stop_on_fault=True)
    assert isinstance(next(found), Ingested)
    with pytest.raises(ManifestError, match=r"b\.csv, row 1"):
        next(found)
    nowhere = ledger.ingest_all([folder / "no*"], stop_on_fault=True)
    with pytest.raises(ManifestError, match="no file matches"):
        next(nowhere)


def test_an_earlier_quarantine_is_passed_over(ledger: Ledger, folder: Path) -> None:
    (folder / "b.csv-00.quarantine-2.jsonl").write_text('{"file": "b.csv"}\n')
    done = {one.file: one for one in ledger.ingest_all([folder])}
    assert isinstance(done[str(folder / "b.csv-00.quarantine-2.jsonl")], PassedOver)


@pytest.mark.parametrize(
    "content",
    [
        pa.Codec("zstd").compress(b'{"name": "a"}\n' * 1000, asbytes=True)[:-9],
        gzip.compress(b'{"name": "a"}\n')[:9],
        b"PK\x03\x04 and no more",
    ],
    ids=["zstd", "gzip", "zip"],
)
def test_a_file_of_a_folder_that_is_damaged_at_its_start_is_refused(
    ledger: Ledger, tmp_path: Path, content: bytes
) -> None:
    """Nobody can tell that it is no manifest: rows may be lost with it."""
    (tmp_path / "x").mkdir()
    (tmp_path / "x/a.jsonl.zst").write_bytes(content)
    (one,) = ledger.ingest_all([tmp_path / "x"])
    assert isinstance(one, Refused)
    assert one.hint.endswith("Fetch the file again.")


def test_a_format_that_is_named_holds_for_a_whole_folder(
    ledger: Ledger, tmp_path: Path
) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/a.dat").write_text("id,url\n1,http://a\n")
    (one,) = ledger.ingest_all([tmp_path / "x"], format="csv")
    assert isinstance(one, Ingested)


def test_each_outcome_is_json(ledger: Ledger, folder: Path) -> None:
    found = ledger.ingest_all([folder, folder / "no*"])
    told = [json.loads(json.dumps(one.to_dict())) for one in found]
    assert [
        ("error" in one, "passed_over" in one, one["file"] is None) for one in told
    ] == [
        *([(False, False, False)] * 2),
        *([(True, False, False)] * 2),
        *([(False, True, False)] * 2),
        (False, False, False),
        (True, False, True),
    ]


def test_amounts_that_cannot_be_added_up_are_refused_and_lose_no_other(
    ledger: Ledger, tmp_path: Path
) -> None:
    amounts = {
        "a": [2**53 - 1, 2**53 - 1],
        "b": [5 * 10**15],
        "c": [5 * 10**15],
        "d": [1],
    }
    paths = []
    for name, tokens in amounts.items():
        rows = (json.dumps({"name": f"{name}{n}", "tokens": n}) for n in tokens)
        paths.append(tmp_path / f"{name}.jsonl")
        paths[-1].write_text("\n".join(rows) + "\n")
    done = list(ledger.ingest_all(paths, dataset="d"))
    kinds = [Refused, Ingested, Refused, Ingested]
    assert [type(one) for one in done] == kinds
    assert ledger.report("d").units["tokens"].total == 5 * 10**15 + 1
    ledger.verify(deep=True)
    ledger.withdraw_batch(ledger.batches()[0]["position"], why="wrong")
    assert ledger.report("d").units["tokens"].total == 1
