"""Exported logs are audited by tools that others wrote, and are never rewritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import metamorphic_log as metamorphic
import pytest
import sqlalchemy as sa
from click.testing import Result
from signed import SignedLedger, make_signed, write_rows
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey

from provenance import Ledger
from provenance.errors import LedgerStateError, VerificationError
from provenance.merkle import Frontier, hash_leaves
from provenance.store import schema


def audit(folder: Path, vkey: str) -> int:
    """Check checkpoint, tiles and bundles by foreign code alone; return the size."""
    text = (folder / "checkpoint").read_text("utf-8")
    head = metamorphic.checkpoint_verify(text, [vkey])
    reader = TilesReader(LocalBackend(folder))
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string(vkey))
    assert (checkpoint.size, reader.calculate_root_hash()) == (
        head.size,
        checkpoint.root_hash,
    )
    step = max(1, checkpoint.size // 300)
    for index in {*range(0, checkpoint.size, step), checkpoint.size - 1}:
        proof = reader.get_inclusion_proof(index, checkpoint.size)
        leaf = metamorphic_leaf(reader.get_entry(index))
        proof.check(leaf, checkpoint.root_hash)
        metamorphic.checkpoint_verify_inclusion(
            text, [vkey], index, leaf, proof.node_hashes
        )
    return int(checkpoint.size)


def metamorphic_leaf(entry: bytes) -> bytes:
    from tlog_scales.tiles import leaf_hash  # noqa: PLC0415 - one name of theirs

    return bytes(leaf_hash(entry))


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def grow(signed: SignedLedger, size: int) -> None:
    """Append entries in bulk until the log has so many, and sign it."""
    with signed.open() as ledger:
        with ledger._writing() as connection:
            state = connection.execute(sa.select(schema.log_state)).one()
            peaks = [state.peaks[at : at + 32] for at in range(0, len(state.peaks), 32)]
            entries = [
                b'provenance/note/v1\n{"n":%d,"recorded_at":0}' % number
                for number in range(state.size, size)
            ]
            rows = [
                {"position": at, "kind": "note", "entry": entry, "recorded_at": 0}
                for at, entry in enumerate(entries, start=state.size)
            ]
            connection.execute(schema.log_entries.insert(), rows)
            frontier = Frontier(tree_size=state.size, peaks=tuple(peaks)).extend(
                hash_leaves(entries)
            )
            connection.execute(
                schema.log_state.update().values(
                    size=size, root=frontier.root(), peaks=b"".join(frontier.peaks)
                )
            )
        ledger.checkpoint()


def test_export_is_audited_by_foreign_tools_as_it_grows(
    url: str, tmp_path: Path
) -> None:
    signed, folder = make_signed(url, tmp_path, rows=3), tmp_path / "static"
    with signed.open() as ledger:
        first = ledger.export(folder)
    assert first.entries == audit(folder, signed.vkey) == 9
    before = files_of(folder)
    for size in (255, 256, 257, 511, 512, 513):
        grow(signed, size)
        with signed.open() as ledger:
            done = ledger.export(folder)
        assert done.entries == audit(folder, signed.vkey) == size
        after = files_of(folder)
        kept = {name: after[name] for name in before if name != "checkpoint"}
        assert kept == {n: o for n, o in before.items() if n != "checkpoint"}
        before = after
    with signed.open() as ledger:
        again = ledger.export(folder)
    assert (again.written, files_of(folder)) == (0, before)


def test_three_levels_of_tiles_are_audited(tmp_path: Path) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)
    for size in (65_535, 65_537):
        grow(signed, size)
        with signed.open() as ledger:
            ledger.export(tmp_path / "static")
        assert audit(tmp_path / "static", signed.vkey) == size
    assert (tmp_path / "static/tile/2/000.p/1").stat().st_size == 32


def test_older_and_newer_export_are_consistent_to_foreign_tools(tmp_path: Path) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)
    with signed.open() as ledger:
        ledger.export(tmp_path / "old")
    grow(signed, 300)
    with signed.open() as ledger:
        ledger.export(tmp_path / "new")
    reader = TilesReader(LocalBackend(tmp_path / "new"))
    older, newer = ((tmp_path / at / "checkpoint").read_text() for at in ("old", "new"))
    size = reader.get_checkpoint().size
    proof = reader.get_consistency_proof(9, size)
    metamorphic.checkpoint_verify_consistency(
        older, newer, [signed.vkey], proof.node_hashes
    )


@pytest.mark.parametrize("name", ["tile/0/000.p/9", "tile/entries/000.p/9"])
def test_flipped_bit_in_an_export_is_found_by_foreign_tools_and_by_us(
    tmp_path: Path, name: str
) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)
    with signed.open() as ledger:
        ledger.export(tmp_path / "static")
        file = tmp_path / "static" / name
        octets = file.read_bytes()
        file.write_bytes(octets[:40] + bytes([octets[40] ^ 1]) + octets[41:])
        with pytest.raises(Exception, match=r"root_hash|assert"):
            audit(tmp_path / "static", signed.vkey)
        with pytest.raises(VerificationError, match="other bytes"):
            ledger.export(tmp_path / "static")


def test_trees_of_batches_are_hashes_of_the_records(tmp_path: Path) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=600)
    folder = tmp_path / "static"
    with signed.open() as ledger:
        first = ledger.export(folder, batches=True)
        proof = ledger.prove("4:599")
        again = ledger.export(folder, batches=True)
    assert again.written == 0
    assert again.kept < first.written  # lower tiles of a batch are not read again
    body = json.loads(proof.entry.partition(b"\n")[2])
    reader = TilesReader(LocalBackend(folder / "batch/4"))
    reader.set_size(600)
    assert reader.calculate_root_hash().hex() == body["root"]
    found = reader.get_inclusion_proof(599, 600)
    assert found.node_hashes == list(proof.path)
    assert not any(b"x.org" in octets for octets in files_of(folder / "batch").values())


def test_tiles_of_batches_that_are_gone_or_cut_are_met(tmp_path: Path) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=600)
    folder = tmp_path / "static"
    with signed.open() as ledger:
        ledger.export(folder, batches=True)
        before = files_of(folder)
        tiles = [name for name in before if name.startswith("batch/4/")]
        assert len(tiles) == 4
        for name in tiles:
            (folder / name).unlink()
            assert ledger.export(folder, batches=True).written == 1
            assert files_of(folder) == before
            (folder / name).write_bytes(before[name][:-1])
            with pytest.raises(VerificationError, match="holds other bytes"):
                ledger.export(folder, batches=True)
            (folder / name).write_bytes(before[name])


def test_folder_of_another_history_is_refused_and_stays(tmp_path: Path) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)
    fork = signed.copy("fork")
    with signed.open() as ledger:
        ledger.add_model("one")
        ledger.export(tmp_path / "static")
    before = files_of(tmp_path / "static")
    with fork.open() as ledger:
        with pytest.raises(VerificationError, match="no continuation"):
            ledger.export(tmp_path / "static")  # rolled back
        ledger.add_model("two")
        with pytest.raises(VerificationError, match="no continuation"):
            ledger.export(tmp_path / "static")  # forked
    assert files_of(tmp_path / "static") == before


def test_changed_log_is_not_exported(tmp_path: Path) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)
    for change in ("entry = x'00'", "entry = 'text'"):
        changed = signed.copy("changed")
        with changed.behind() as connection:
            connection.execute(f"UPDATE log_entries SET {change} WHERE position = 5")
        with changed.open() as ledger, pytest.raises(VerificationError):
            ledger.export(tmp_path / "static")
    assert not (tmp_path / "static").exists()


def test_unsigned_log_is_not_exported(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/plain.db") as ledger:
        ledger.ingest(write_rows(tmp_path / "rows.jsonl", 1, 3))
        with pytest.raises(LedgerStateError, match="no signed checkpoint"):
            ledger.export(tmp_path / "static")
    assert not (tmp_path / "static").exists()


def test_command_exports_and_says_what_is_new(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)
    told = run_cli("log", "export", tmp_path / "static", ledger=signed.url)
    assert told.exit_code == 0
    assert "9 entries; 2 files written, 0 were there" in told.stdout
    told = run_cli("log", "export", tmp_path / "static", "--batches", "--json")
    assert json.loads(told.stdout)["written"] == 2
    blocked = tmp_path / "blocked"
    blocked.write_text("no folder")
    assert run_cli("log", "export", blocked / "in").exit_code == 1
