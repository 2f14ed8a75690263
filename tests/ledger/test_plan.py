"""What is recorded of a file of which something stands already."""

import json
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from provenance import Ledger
from provenance.errors import ManifestChangedError
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
