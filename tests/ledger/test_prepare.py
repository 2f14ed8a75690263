"""The tree of a batch is one tree, however its records come to be hashed."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from provenance.batch import BATCH_SCHEMA
from provenance.domain import parse_dataset
from provenance.errors import LedgerStateError
from provenance.ingest import Arranger, Batch
from provenance.ledger import prepare
from provenance.log import hash_batch, tree
from provenance.store.scratch import ScratchFile

_ROWS = 1_300
"""Five full tiles of 256 leaves, and some more."""


def _digest(text: str) -> bytes:
    return b"\x12\x20" + hashlib.sha256(text.encode()).digest()


def _arranged(*, salted: bool) -> Batch:
    """Records with none, one or two origins and parents, the last of them too."""
    empty = dict.fromkeys(BATCH_SCHEMA.names)
    origins = [
        {"kind": "model", "model": f"M{n}", "mode": "written", "evidence": "declared"}
        for n in range(3)
    ]
    parents = [
        {"digest": _digest(f"p{n}"), "mode": "cleaned", "evidence": "declared"}
        for n in range(3)
    ]
    rows: list[dict[str, object]] = [
        {
            **empty,
            "row": row,
            "part": 0,
            "digest": _digest(f"d{row}"),
            "url": f"https://h{row % 7}.example/{row}",
            "copies": 1000,
            "origins": origins[: row % 3],
            "parents": parents[: (row + 1) % 3],
        }
        for row in range(1, _ROWS + 1)
    ]
    arranger = Arranger(
        dataset=parse_dataset("d"),
        manifest_sha256=bytes(32),
        random=bytes if salted else None,
    )
    return arranger.arrange(pa.Table.from_pylist(rows, schema=BATCH_SCHEMA))


@pytest.mark.parametrize("salted", [False, True])
def test_pieces_and_files_make_the_same_tree(
    *, salted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = _arranged(salted=salted)
    whole = hash_batch(batch.tables())
    assert whole.size == _ROWS
    monkeypatch.setattr(tree, "_PIECE", 256)
    monkeypatch.setattr(prepare, "_ROWS_READ", 100)
    assert hash_batch(batch.tables()) == whole
    others = batch.tables()
    records = others.pop("records")
    path = prepare._lay_down([*others.values(), records])
    assert prepare.hash_file(str(path), [*others]) == whole
    path.unlink()
    scratch = ScratchFile(sa.make_url(f"sqlite:///{tmp_path}/ledger.db"))
    scratch.write(batch.unnumbered())
    schemas = prepare._schemas(batch.tables())
    assert prepare.hash_scratch(str(scratch.path), schemas, scratch.constants) == whole
    scratch.drop()


def test_a_scratch_file_is_read_back_whatever_its_folder_is_called(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "what? 100%41 #1 [ü]"
    folder.mkdir()
    batch = _arranged(salted=False)
    scratch = ScratchFile(sa.URL.create("sqlite", database=str(folder / "ledger.db")))
    scratch.write(batch.unnumbered())
    schemas = prepare._schemas(batch.tables())
    read_back = prepare.hash_scratch(str(scratch.path), schemas, scratch.constants)
    assert read_back == hash_batch(batch.tables())
    scratch.drop()


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "missing"
    monkeypatch.setattr(tempfile, "tempdir", str(missing))
    with pytest.raises(LedgerStateError, match="missing") as raised:
        prepare._lay_down([pa.table({"id": [1]})])
    assert "TMPDIR" in str(raised.value.hint)
