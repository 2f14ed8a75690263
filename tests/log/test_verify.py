"""What is changed behind the log's back is found, and named."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import Result
from signed import drop_triggers

from provenance import Ledger
from provenance.domain import parse_dataset
from provenance.domain.leaf import format_leaf, parse_leaf
from provenance.errors import LedgerStateError, VerificationError
from provenance.ledger.facts import record_dataset
from provenance.log import (
    append_entry,
    load_frontier,
    make_key,
    read_key,
    sign_head,
)
from provenance.merkle import format_verifier_key, hash_leaf, hash_tree

CHANGES = {
    "records": [
        "UPDATE records SET tokens = tokens + 1 WHERE id = 2",
        "UPDATE records SET row = 99 WHERE id = 1",
        "UPDATE records SET path = '/else' WHERE id = 1",
        "UPDATE records SET digest = zeroblob(34) WHERE id = 3",
        "DELETE FROM records WHERE id = 1",
    ],
    "generated_by": ["DELETE FROM generated_by"],
    "derived_from": ["UPDATE derived_from SET parent_reference = 'other'"],
    "models": ["UPDATE models SET name = 'Z'", "DELETE FROM model_facts"],
    "datasets": ["UPDATE datasets SET name = 'z' WHERE id = 1"],
    "batches": ["UPDATE batches SET manifest = 'z'", "UPDATE batches SET root = x'00'"],
    "log": [
        "DELETE FROM log_entries WHERE position = 2",
        "UPDATE log_entries SET entry = x'00' WHERE position = 0",
        "UPDATE log_entries SET recorded_at = 5 WHERE position = 1",
        "UPDATE log_state SET root = zeroblob(32)",
        "DELETE FROM log_state",
    ],
    "checkpoints": [
        "UPDATE checkpoints SET note = 'x'",
        "UPDATE checkpoints SET root = zeroblob(32)",
    ],
    "shared": [
        "UPDATE sources SET prefix = 'http://other'",
        "UPDATE origins SET model = 'Q' WHERE kind = 'model'",
        "UPDATE media_types SET media_type = 'image/png'",
        "UPDATE policies SET body = '{}'",
    ],
    "derived": [
        "UPDATE tallies SET items = items + 1",
        "UPDATE assessments SET tier = 'human'",
        "DELETE FROM item_pedigrees",
    ],
}


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A signed ledger with something in every table of facts."""
    rows = [
        {"digest": "sha256:" + "ab" * 32, "url": "https://x.org/a", "tokens": 5}
        | {"media_type": "text/html", "fetched_at": "2020-01-01"},
        {"name": "n", "generated_by": "M", "tokens": 7, "derived_from": "elsewhere"},
        {"digest": "md5:" + "cd" * 16, "name": "m", "tokens": 9},
    ]
    manifest = tmp_path / "rows.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.make_key(tmp_path / "key", "example.org/ledger")
        ledger.ingest(manifest)
        ledger.add_model("M", aliases=["m"], trained_on=["rows"])
    return tmp_path / "ledger.db"


@pytest.mark.parametrize("sql", [sql for group in CHANGES.values() for sql in group])
def test_change_is_found(recorded: Path, sql: str) -> None:
    with Ledger.open(f"sqlite:///{recorded}") as ledger:
        assert ledger.verify(deep=True).records == 3
    with sqlite3.connect(recorded) as connection:
        drop_triggers(connection)
        assert connection.execute(sql).rowcount > 0
    connection.close()
    with (
        Ledger.open(f"sqlite:///{recorded}") as ledger,
        pytest.raises(VerificationError),
    ):
        ledger.verify(deep=True)


def test_exit_code_is_3_and_the_table_is_named(
    run_cli: Callable[..., Result], recorded: Path
) -> None:
    assert run_cli("verify", "--deep").exit_code == 0
    with sqlite3.connect(recorded) as connection:
        drop_triggers(connection)
        connection.execute("UPDATE models SET name = 'Z'")
    connection.close()
    refused = run_cli("verify")
    assert refused.exit_code == 3
    assert "models" in refused.stderr


@pytest.mark.parametrize("last", ["batch", "model"])
@pytest.mark.parametrize(
    "change",
    [
        *("UPDATE tallies SET records = records + 1", "UPDATE tallies SET bytes = 0"),
        *("UPDATE tallies SET position = position + 99", "DELETE FROM tallies"),
    ],
)
def test_rebuild_mends_tallies_whatever_was_logged_last(
    run_cli: Callable[..., Result], tmp_path: Path, last: str, change: str
) -> None:
    rows = (
        '{"name": "a", "generated_by": "M", "tokens": 5, "bytes": 7}\n{"name": "b"}\n'
    )
    (tmp_path / "rows.jsonl").write_text(rows)
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger.open(url) as ledger:
        ledger.ingest(tmp_path / "rows.jsonl")
        if last == "model":
            ledger.add_model("M", generative=False)
        told = ledger.report("rows").to_dict()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        assert connection.execute(change).rowcount > 0
    connection.close()
    if "position" not in change:
        assert run_cli("db", "check").exit_code == 4
    assert run_cli("db", "rebuild").exit_code == 0
    assert run_cli("db", "check").exit_code == 0
    with Ledger.open(url) as ledger:
        assert ledger.report("rows").to_dict() == told


@pytest.mark.parametrize("body", ["{", "{}", "[]", "null", '{"name": 1}'])
def test_policy_that_cannot_be_read_is_refused(
    run_cli: Callable[..., Result], recorded: Path, body: str
) -> None:
    with sqlite3.connect(recorded) as connection:
        drop_triggers(connection)
        connection.execute("UPDATE policies SET body = ? WHERE id = 1", (body,))
    connection.close()
    for asked in (
        *(("verify",), ("db", "check"), ("db", "rebuild"), ("report", "rows")),
        ("check", "rows", "--max-depth", "1"),
    ):
        refused = run_cli(*asked)
        assert (refused.exit_code, "policies" in refused.stderr) == (3, True)


def test_says_what_is_not_proved(recorded: Path) -> None:
    with Ledger.open(f"sqlite:///{recorded}") as ledger:
        said = " ".join(ledger.verify().not_proved)
    for words in ("no outside anchor", "--vkey", "1 record "):
        assert words in said


def test_pinned_key_must_be_the_signer(recorded: Path, tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{recorded}", key=tmp_path / "key") as ledger:
        vkey = ledger.rotate_key(tmp_path / "key2")
        ledger.add_model("N")
        assert ledger.verify(deep=True).checkpoints >= 4
    with Ledger.open(f"sqlite:///{tmp_path}/other.db") as other:
        foreign = other.make_key(tmp_path / "key3", "example.org/ledger")
    with Ledger.open(f"sqlite:///{recorded}") as ledger:
        with pytest.raises(VerificationError):
            ledger.verify(vkey=foreign)
        assert vkey != foreign


@pytest.mark.usefixtures("recorded")
def test_a_log_that_was_never_signed_fails_under_a_key(tmp_path: Path) -> None:
    """Whoever makes the whole log anew cannot sign it, and leaves the key out."""
    vkey = format_verifier_key(read_key(tmp_path / "key").verifier())
    with Ledger.open(f"sqlite:///{tmp_path}/anew.db") as anew:
        anew.add_model("M")
        assert anew.verify().checkpoints == 0
        with pytest.raises(VerificationError, match="there is none, though a key"):
            anew.verify(vkey=vkey)


def test_keys_known_before_or_after_rotations_verify(
    run_cli: Callable[..., Result], recorded: Path, tmp_path: Path
) -> None:
    url, keys = f"sqlite:///{recorded}", [tmp_path / f"key{n}" for n in ("", 2, 3)]
    vkeys = [format_verifier_key(read_key(keys[0]).verifier())]
    for old, new in pairwise(keys):
        with Ledger.open(url, key=old) as ledger:
            vkeys.append(ledger.rotate_key(new))
            assert ledger.verify(vkey=vkeys[0]).signed_entries
            ledger.add_model(new.name)
    for known in (vkeys[:1], vkeys[1:2], vkeys[2:], vkeys[:2], vkeys):
        options = [word for vkey in known for word in ("--vkey", vkey)]
        assert run_cli("verify", *options).exit_code == 0
    with Ledger.open(f"sqlite:///{tmp_path}/other.db") as other:
        foreign = other.make_key(tmp_path / "foreign", "example.org/ledger")
    refused = run_cli("verify", "--vkey", foreign)
    assert (refused.exit_code, vkeys[2] in refused.stderr) == (3, True)


@pytest.mark.parametrize("pinned", ["old", "new", "both"])
def test_rotated_key_signs_nothing_more(
    recorded: Path, tmp_path: Path, pinned: str
) -> None:
    url, key = f"sqlite:///{recorded}", tmp_path / "key"
    old = format_verifier_key(read_key(key).verifier())
    with Ledger.open(url, key=key) as ledger:
        new = ledger.rotate_key(tmp_path / "key2")
    vkeys = {"old": [old], "new": [new], "both": [old, new]}[pinned]
    with Ledger.open(url, key=key) as ledger:
        with pytest.raises(LedgerStateError, match="rotated"):
            ledger.add_model("signed with the old key")
        with ledger._writing(sign=False) as connection:
            append_entry(connection, "note", {}, 0)
            sign_head(connection, read_key(key))
        with pytest.raises(VerificationError, match="newest"):
            ledger.verify(vkey=vkeys)
    with Ledger.open(url, key=tmp_path / "key2") as ledger:
        ledger.add_model("signed with the new key")
        assert ledger.verify(vkey=vkeys).signed_entries


@pytest.mark.parametrize(
    ("previous", "said"),
    [("real", "both"), ("thief", "not rotated from"), (None, "not rotated from")],
)
def test_key_that_the_old_one_did_not_sign_is_refused(
    recorded: Path, tmp_path: Path, previous: str | None, said: str
) -> None:
    vkey = format_verifier_key(read_key(tmp_path / "key").verifier())
    thief = make_key(tmp_path / "thief", "example.org/ledger", bytes(32))
    foreign = format_verifier_key(thief.verifier())
    known = {"real": vkey, "thief": foreign, None: None}
    entry = {"key": foreign, "previous": known[previous]}
    with Ledger.open(f"sqlite:///{recorded}") as ledger:
        with ledger._writing() as connection:
            append_entry(connection, "key", entry, 0)
            sign_head(connection, thief)
        ledger.add_model("N")
        for pinned in ((), vkey, foreign):
            with pytest.raises(VerificationError, match=said):
                ledger.verify(vkey=pinned)


@pytest.mark.parametrize(
    "words",
    [
        ("log", "keygen", "a b", "--out", "k"),
        ("report", "keygen", "a b", "--out", "k"),
        ("verify", "--vkey", "zz"),
        ("verify", "--pin", "rows.jsonl"),
        ("verify", "--witness-key", "zz"),
        ("log", "witness", "http://localhost", "--vkey", "zz"),
        ("log", "compare", "rows.jsonl", "rows.jsonl", "--vkey", "zz"),
        ("--key", "no.key", "model", "add", "N"),
    ],
)
def test_key_or_pin_that_is_none_is_no_failed_verification(
    run_cli: Callable[..., Result],
    recorded: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(recorded.parent)
    Path("no.key").write_text("no key\n")
    Path("no.key").chmod(0o600)
    refused = run_cli(*words)
    assert (refused.exit_code, "Hint: " in refused.stderr) == (1, True)
    assert not Path("k").exists()


def test_foreign_key_signs_nothing_and_nothing_is_written(
    run_cli: Callable[..., Result], recorded: Path, tmp_path: Path
) -> None:
    url, foreign = f"sqlite:///{recorded}", tmp_path / "foreign"
    make_key(foreign, "example.org/ledger", bytes(32))
    with Ledger.open(url) as ledger:
        before = ledger.verify()
    for words in (("dataset", "add", "x"), ("log", "checkpoint")):
        refused = run_cli("--key", foreign, *words)
        assert (refused.exit_code, "does not name" in refused.stderr) == (1, True)
    refused = run_cli("--key", foreign, "log", "rotate", "--out", tmp_path / "new")
    assert (refused.exit_code, (tmp_path / "new").exists()) == (1, False)
    assert run_cli("--key", foreign, "verify", "--deep").exit_code == 0
    with Ledger.open(url, key=tmp_path / "key") as stale:
        stale.add_model("N")
        with Ledger.open(url, key=tmp_path / "key") as ledger:
            ledger.rotate_key(tmp_path / "key2")
            ledger.add_model("O")
        with pytest.raises(LedgerStateError, match="rotated"):
            stale.add_model("P")
        assert stale.verify(deep=True).entries == before.entries + 3


def test_new_ledger_is_made_with_a_key_given_and_signed_once_it_names_it(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    other, key = tmp_path / "other", tmp_path / "key"
    make_key(other, "example.org/other", bytes(32))
    refused = run_cli("--key", other, "dataset", "add", "x")
    assert (refused.exit_code, "log keygen" in refused.stderr) == (1, True)
    made = run_cli("--key", other, "log", "keygen", "example.org/l", "--out", key)
    assert made.exit_code == 0
    assert run_cli("--key", key, "dataset", "add", "x").exit_code == 0
    assert run_cli("verify", "--vkey", made.stdout.strip()).exit_code == 0
    with Ledger.open(f"sqlite:///{tmp_path}/n.db", key=other) as ledger:
        ledger.make_key(tmp_path / "key2", "example.org/n")
        ledger.add_model("M")
        assert ledger.verify().signed_entries == ledger.verify().entries


@pytest.mark.usefixtures("recorded")
def test_second_key_is_refused_and_nothing_is_written(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    second = tmp_path / "second"
    before = run_cli("verify").stdout
    refused = run_cli("log", "keygen", "example.org/two", "--out", second)
    assert (refused.exit_code, second.exists()) == (1, False)
    assert "log rotate" in refused.stderr
    assert run_cli("verify").stdout == before


def test_key_that_is_not_there_is_refused_with_commands_that_work(
    run_cli: Callable[..., Result], recorded: Path
) -> None:
    missing = recorded.with_name("missing")
    for words in (
        ("report", "rows", "--sign", missing),
        ("--key", missing, "log", "checkpoint"),
    ):
        said = run_cli(*words).stderr
        for group in ("log", "report"):
            assert f"provenance {group} keygen NAME --out FILE" in said
    assert "log keygen NAME --out FILE" in run_cli("log", "checkpoint").stderr


def test_key_open_to_others_is_refused(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(LedgerStateError, match="open to other users"):
        Ledger.open(f"sqlite:///{recorded}", key=tmp_path / "key")


def test_head_is_the_root_over_dense_positions(ledger: Ledger) -> None:
    entries = []
    with ledger._writing() as connection:
        before = load_frontier(connection).tree_size
        for number in range(5):
            position = append_entry(connection, "note", {"n": number}, 1)
            assert before + number == position
        query = "SELECT entry FROM log_entries ORDER BY position"
        entries = [bytes(row[0]) for row in connection.exec_driver_sql(query)]
        expected = hash_tree([hash_leaf(entry) for entry in entries])
        assert expected == load_frontier(connection).root()


def test_lost_compare_and_swap_records_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ledger._reading() as connection:
        stale = load_frontier(connection)
    ledger.add_model("M")
    monkeypatch.setattr("provenance.log.append.load_frontier", lambda _c: stale)
    with pytest.raises(LedgerStateError), ledger._writing() as connection:
        record_dataset(connection, parse_dataset("d"), now=0)
    monkeypatch.undo()
    assert ledger.datasets() == []
    assert ledger.verify(deep=True).entries > stale.tree_size


def test_leaf_is_stable_and_can_be_read_back() -> None:
    fields = (7, 0, "1220ab", "a:b,-ü", None, -1, 0, None, 1, 2500) + (None,) * 4
    leaf = format_leaf((*fields, "5:model,", ""))
    assert leaf == (
        b"provenance/record/v1\n1:7,1:0,6:1220ab,7:a:b,-\xc3\xbc,-2:-1,1:0,-1:1,4:2500,"
        b"----8:5:model,,0:,"
    )
    read = parse_leaf(leaf)
    expected = [None if field is None else str(field) for field in fields]
    assert (*expected, "5:model,", "") == read
