"""What is kept elsewhere shows rollback, truncation and rewriting, and says which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from signed import SignedLedger, make_anew, make_signed

from provenance import Ledger
from provenance.errors import KeyRefusedError, VerificationError
from provenance.log.compare import compare_notes
from provenance.log.fork import Fork, format_fork, parse_fork, verify_fork
from provenance.log.history import Branch, open_folder
from provenance.merkle import parse_verifier_key
from provenance.merkle.tree import Hash, RootHash


@pytest.fixture
def signed(tmp_path: Path) -> SignedLedger:
    return make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)


def note_of(signed: SignedLedger) -> bytes:
    with signed.open() as ledger:
        return ledger.checkpoint().encode()


def test_log_continues_every_checkpoint_it_ever_signed(
    url: str, tmp_path: Path
) -> None:
    signed = make_signed(url, tmp_path, rows=3)
    pins = [note_of(signed)]
    with signed.open() as ledger:
        for number in range(5):
            ledger.add_model(f"N{number}")
            pins.append(ledger.checkpoint().encode())
        for pin in pins:
            done = ledger.verify(pin=pin, vkey=signed.vkey)
            assert done.anchored.pinned == 9 + pins.index(pin)
            unanchored = [s for s in done.not_proved if s.startswith("no outside")]
            assert unanchored == []


def test_rolled_back_ledger_is_called_so(signed: SignedLedger) -> None:
    backup = signed.copy("backup")
    with signed.open() as ledger:
        ledger.add_model("later")
    pin = note_of(signed)
    with backup.open() as ledger:
        assert ledger.verify().entries == 9  # it is whole, and nobody could tell
        with pytest.raises(VerificationError, match="rolled back") as caught:
            ledger.verify(pin=pin)
    assert "of 10 entries, the log has only 9" in caught.value.message


def test_truncated_log_is_called_so(signed: SignedLedger) -> None:
    pin = note_of(signed)
    with signed.behind() as connection:
        for table in ("dataset_facts", "datasets"):
            connection.execute(f"DELETE FROM {table} WHERE position = 8")
        connection.execute("DELETE FROM log_entries WHERE position = 8")
    with signed.open() as ledger, pytest.raises(VerificationError) as caught:
        ledger.verify(pin=pin)
    assert "removed" in caught.value.hint


def test_rewritten_history_is_called_so_though_the_real_key_signs_it(
    signed: SignedLedger,
) -> None:
    fork = signed.copy("fork")
    with signed.open() as ledger:
        ledger.add_model("true")
    pin = note_of(signed)
    with fork.open() as ledger:
        ledger.add_model("false")
        ledger.add_model("more")
        assert ledger.verify(vkey=signed.vkey, deep=True).entries == 11
        with pytest.raises(VerificationError, match="history was rewritten"):
            ledger.verify(vkey=signed.vkey, pin=pin)


def test_ledger_made_anew_is_refused_by_the_pin(
    signed: SignedLedger, tmp_path: Path
) -> None:
    pin = note_of(signed)
    folder = tmp_path / "anew"
    folder.mkdir()
    with make_anew(f"sqlite:///{folder}/ledger.db", folder).open() as ledger:
        with pytest.raises(VerificationError, match="signed by none of the log's keys"):
            ledger.verify(pin=pin)
        with pytest.raises(VerificationError, match="newest"):
            ledger.verify(pin=pin, vkey=signed.vkey)


def test_pin_of_another_log_or_no_pin_at_all_is_refused(
    signed: SignedLedger, tmp_path: Path
) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/other.db") as other:
        other.make_key(tmp_path / "other", "example.org/other")
        foreign = other.checkpoint().encode()
    with signed.open() as ledger:
        with pytest.raises(VerificationError, match=r"of the log example.org/other"):
            ledger.verify(pin=foreign)
        for garbage in (b"", b"\xff", b"text\n", note_of(signed)[:-20]):
            with pytest.raises(KeyRefusedError, match="is no checkpoint"):
                ledger.verify(pin=garbage)


def test_pin_outlives_the_key_that_signed_it(
    signed: SignedLedger, tmp_path: Path
) -> None:
    pin = note_of(signed)
    with signed.open() as ledger:
        ledger.rotate_key(tmp_path / "second")
        ledger.add_model("later")
        assert ledger.verify(pin=pin).anchored.pinned == 9


def test_command_exits_with_3_and_says_what_happened(
    run_cli: Callable[..., Result], signed: SignedLedger, tmp_path: Path
) -> None:
    backup = signed.copy("backup")
    with signed.open() as ledger:
        ledger.add_model("later")
    pin = tmp_path / "pin"
    pin.write_bytes(note_of(signed))
    told = run_cli("verify", "--pin", pin)
    assert (told.exit_code, "continues the pinned 10" in told.stdout) == (0, True)
    refused = run_cli("verify", "--pin", pin, ledger=backup.url)
    assert refused.exit_code == 3
    assert "rolled back" in refused.stderr
    assert run_cli("verify", "--pin", tmp_path / "missing").exit_code == 1


def refuse_to_open() -> Branch:
    raise AssertionError("notes of one size speak for themselves")


def test_notes_of_one_size_need_no_log(signed: SignedLedger) -> None:
    fork, keys = signed.copy("fork"), [parse_verifier_key(signed.vkey)]
    with signed.open() as ledger:
        ledger.add_model("true")
    with fork.open() as ledger:
        ledger.add_model("false")
    ours, theirs = note_of(signed), note_of(fork)
    assert compare_notes(ours, ours, keys, refuse_to_open) is None
    found = compare_notes(ours, theirs, keys, refuse_to_open)
    assert found is not None
    verify_fork(parse_fork(format_fork(found)), keys)


def make_fork(signed: SignedLedger) -> tuple[bytes, bytes, Fork]:
    """Two notes of one key, of 10 and 12 entries, and the evidence."""
    fork = signed.copy("fork")
    with signed.open() as ledger:
        ledger.add_model("true")
    with fork.open() as ledger:
        for name in ("false", "more", "yet more"):
            ledger.add_model(name)
        branch = ledger.branch()
    older, newer = note_of(signed), note_of(fork)
    keys = [parse_verifier_key(signed.vkey)]
    found = compare_notes(newer, older, keys, lambda: branch)
    assert found is not None
    return older, newer, found


def test_evidence_of_a_fork_convinces_with_the_key_alone(signed: SignedLedger) -> None:
    _, _, found = make_fork(signed)
    keys = [parse_verifier_key(signed.vkey)]
    older, newer = verify_fork(parse_fork(format_fork(found)), keys)
    assert (older.head.tree_size, newer.head.tree_size) == (10, 12)
    flipped = Hash(bytes([found.root[0] ^ 1]) + found.root[1:])
    older_octets = found.older.replace(b"\n10\n", b"\n11\n")
    for forged in (
        replace(found, older=found.newer, root=newer.head.root, path=()),
        replace(found, root=older.head.root),
        replace(found, root=RootHash(flipped)),
        replace(found, path=found.path[1:]),
        replace(found, older=found.older[:-9]),
        replace(found, older=older_octets),
    ):
        with pytest.raises(VerificationError):
            verify_fork(forged, keys)


def test_forged_spellings_of_evidence_are_refused(signed: SignedLedger) -> None:
    octets = format_fork(make_fork(signed)[2])
    for spelling in (
        b"",
        b"{}\n",
        b"[]\n",
        b"[" * 50_000,
        octets + b"\n",
        octets[:-1],
        octets.replace(b'"type"', b'"type": "x",\n "type"'),
        octets.replace(b"fork/v1", b"fork/v2"),
        octets.replace(b'"root": "', b'"root": "A'),
        octets.replace(b'"path": [', b'"path": [\n  7,'),
        b" " * 2_000_000,
    ):
        with pytest.raises(VerificationError):
            parse_fork(spelling)


def test_older_and_newer_of_one_history_are_consistent(
    run_cli: Callable[..., Result], signed: SignedLedger, tmp_path: Path
) -> None:
    older, newer = tmp_path / "older", tmp_path / "newer"
    older.write_bytes(note_of(signed))
    with signed.open() as ledger:
        ledger.add_model("later")
        ledger.export(tmp_path / "static")
    newer.write_bytes(note_of(signed))
    key = ("--vkey", signed.vkey)
    assert run_cli("log", "compare", newer, older, *key).exit_code == 0
    tiles = ("--tiles", tmp_path / "static")
    elsewhere = f"sqlite:///{tmp_path}/none.db"
    told = run_cli("log", "compare", older, newer, *key, *tiles, ledger=elsewhere)
    assert (told.exit_code, told.stdout[:10]) == (0, "consistent")
    assert (
        run_cli("log", "compare", older, newer, *key, ledger=elsewhere).exit_code == 1
    )
    nowhere = ("--tiles", tmp_path / "nowhere")
    assert run_cli("log", "compare", older, newer, *key, *nowhere).exit_code == 1
    (tmp_path / "static/tile/0/000.p/10").unlink()
    assert run_cli("log", "compare", older, newer, *key, *tiles).exit_code == 3


def test_command_writes_evidence_and_checks_it(
    run_cli: Callable[..., Result], signed: SignedLedger, tmp_path: Path
) -> None:
    older, newer, found = make_fork(signed)
    one, two, out = (tmp_path / name for name in ("one", "two", "evidence.json"))
    one.write_bytes(older)
    two.write_bytes(newer)
    key = ("--vkey", signed.vkey)
    fork = f"sqlite:///{tmp_path}/fork.db"
    told = run_cli("log", "compare", one, two, *key, "--out", out, ledger=fork)
    assert (told.exit_code, out.read_bytes()) == (3, format_fork(found))
    printed = run_cli("log", "compare", one, two, *key, ledger=fork)
    assert (printed.exit_code, printed.stdout.encode()) == (3, out.read_bytes())
    shown = run_cli("log", "verify-fork", out, *key)
    assert (shown.exit_code, "was forked" in shown.stdout) == (0, True)
    assert run_cli("log", "verify-fork", one, *key).exit_code == 3
    # The honest ledger has too few entries to tell, until it has grown past both.
    assert run_cli("log", "compare", one, two, *key).exit_code == 1
    with signed.open() as ledger:
        for number in range(3):
            ledger.add_model(f"N{number}")
    grown = run_cli("log", "compare", one, two, *key, "--out", out)
    assert grown.exit_code == 3
    assert run_cli("log", "verify-fork", out, *key).exit_code == 0


def test_notes_of_two_logs_are_not_compared(
    signed: SignedLedger, tmp_path: Path
) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/other.db") as other:
        vkey = other.make_key(tmp_path / "other", "example.org/other")
        foreign = other.checkpoint().encode()
    keys = [parse_verifier_key(signed.vkey), parse_verifier_key(vkey)]
    ours = note_of(signed)
    with signed.open() as ledger, pytest.raises(VerificationError, match="two logs"):
        compare_notes(ours, foreign, keys, ledger.branch)
    with pytest.raises(VerificationError, match="not signed by any known key"):
        compare_notes(ours, foreign, keys[:1], refuse_to_open)


def test_exported_folder_tells_the_same_as_the_ledger(
    signed: SignedLedger, tmp_path: Path
) -> None:
    with signed.open() as ledger:
        ledger.export(tmp_path / "static")
        ours = ledger.branch()
    theirs = open_folder(tmp_path / "static")
    assert [ours.root(size) for size in range(10)] == [
        theirs.root(size) for size in range(10)
    ]
    assert ours.prove(3, 9) == theirs.prove(3, 9)
