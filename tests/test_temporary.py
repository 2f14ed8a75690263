"""No folder for temporary files, as on a machine that is read-only, or full."""

from __future__ import annotations

import bz2
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from click.testing import Result

from provenance.errors import LedgerStateError
from provenance.manifest import open_manifest
from provenance.store.scratch import ScratchFile
from provenance.temporary import explain_temporary


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Python find no folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/dev/null"])


@pytest.mark.usefixtures("nowhere")
def test_commands_that_need_one_say_what_to_do(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"name": "a"}\n')
    run_cli("dataset", "add", "d")
    export = ["export", "prov-json", "d", "--out", tmp_path / "prov.json"]
    for command in (["ingest", rows], ["db", "rebuild"], export):
        refused = run_cli(*command)
        error, hint = refused.stderr.splitlines()
        assert refused.exit_code == 1
        assert error.startswith(
            "Error: the temporary file cannot be written: No usable"
        )
        assert hint.startswith("Hint: Set $TMPDIR to a folder with room;")


@pytest.mark.usefixtures("nowhere")
def test_a_packed_table_and_rows_for_a_ledger_in_memory_say_it_too(
    tmp_path: Path,
) -> None:
    table = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"name": ["a"]}), table)
    packed = tmp_path / "rows.parquet.bz2"
    packed.write_bytes(bz2.compress(table.read_bytes()))
    with pytest.raises(LedgerStateError, match="No usable temporary"):
        open_manifest(packed)
    with pytest.raises(LedgerStateError, match="No usable temporary"):
        ScratchFile(sa.make_url("sqlite://"))


def test_a_full_disk_is_told_as_one() -> None:
    with (
        pytest.raises(LedgerStateError, match="file cannot be written: No space left"),
        Path("/dev/full").open("wb", buffering=0) as full,
        explain_temporary(),
    ):
        full.write(b"x")
