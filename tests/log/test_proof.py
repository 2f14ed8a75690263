"""Proofs hold for those who hold only the key, and every other proof is refused."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import metamorphic_log as metamorphic
import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from signed import SignedLedger, make_signed

from provenance import Ledger
from provenance.domain.leaf import parse_leaf
from provenance.errors import (
    LedgerStateError,
    NameRefusedError,
    NotRecordedError,
    VerificationError,
)
from provenance.log import check_proof as vendored
from provenance.log.proof import format_proof, parse_proof
from provenance.log.verify_proof import check_proof
from provenance.merkle import hash_leaf, parse_entry_proof
from provenance.merkle.note import format_note

ROWS = 300
FIRST_AT = 4


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> SignedLedger:
    folder = tmp_path_factory.mktemp("signed")
    return make_signed(f"sqlite:///{folder}/ledger.db", folder, rows=ROWS)


@pytest.fixture(scope="module")
def proofs(signed: SignedLedger) -> dict[str, bytes]:
    subjects = ("4:0", "4:299", "7:7", "7", "5")
    with signed.open() as ledger:
        return {one: format_proof(ledger.prove(one)) for one in subjects}


def is_refused_by_both(
    octets: bytes, vkey: str, *, digest: str | None = None, dataset: str | None = None
) -> bool:
    """Ask both verifiers; they must agree."""
    try:
        check_proof(octets, vkey, digest=digest, dataset=dataset)
    except VerificationError:
        ours = True
    else:
        ours = False
    try:
        claim, _ = vendored.check(octets, vendored.parse_key(vkey))
        asked = {"digest": digest, "dataset": dataset}.items()
        theirs = any(value not in (None, claim.get(name)) for name, value in asked)
    except (vendored.Refused, UnicodeError):
        theirs = True
    assert ours == theirs
    return ours


def test_records_and_entries_are_proved_on_both_databases(
    url: str, tmp_path: Path
) -> None:
    signed = make_signed(url, tmp_path, rows=ROWS)
    with signed.open() as ledger:
        for index in (0, 1, 255, 256, 298, 299):
            octets = format_proof(ledger.prove(f"{FIRST_AT}:{index}"))
            assert not is_refused_by_both(octets, signed.vkey)
            _ask_metamorphic(octets, signed.vkey)
        for position in range(9):
            octets = format_proof(ledger.prove(str(position)))
            assert not is_refused_by_both(octets, signed.vkey)
            _ask_metamorphic(octets, signed.vkey)


def _ask_metamorphic(octets: bytes, vkey: str) -> None:
    """Check both levels with a verifier that others wrote."""
    proof = parse_proof(octets)
    entry_proof = parse_entry_proof(proof.tlog_proof)
    metamorphic.checkpoint_verify_inclusion(
        format_note(entry_proof.checkpoint).decode(),
        [vkey],
        entry_proof.proof.leaf_index,
        hash_leaf(proof.entry),
        list(entry_proof.proof.hashes),
    )
    if proof.leaf is not None:
        body = json.loads(proof.entry.partition(b"\n")[2])
        index = proof.claim["index"]
        assert isinstance(index, int)
        metamorphic.verify_inclusion(
            index,
            body["records"],
            hash_leaf(proof.leaf),
            list(proof.path),
            bytes.fromhex(body["root"]),
        )


def test_subject_is_found_by_digest_name_and_url(signed: SignedLedger) -> None:
    with signed.open() as ledger:
        for subject in (f"{7:064x}", "n-7", "a@1#n-7", "https://x.org/7?ü"):
            proof = ledger.prove(subject)
            assert proof.leaf is not None
            assert (proof.claim["name"], proof.claim["dataset"]) == ("n-7", "a@1")
            assert parse_leaf(proof.leaf)[3] == "n-7"
        for missing in ("nothing", "99", "4:300", "5:0"):
            with pytest.raises(NotRecordedError):
                ledger.prove(missing)


def test_unsigned_entries_are_not_proved(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.add_model("M")
        with pytest.raises(LedgerStateError, match="no signed checkpoint"):
            ledger.prove("0")


def test_changed_ledger_makes_no_proof(tmp_path: Path) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=300)
    with signed.behind() as connection:
        connection.execute("UPDATE records SET tokens = 1 WHERE id = 20")
    with signed.open() as ledger, pytest.raises(VerificationError):
        ledger.prove("4:0")


def test_proof_of_another_thing_is_refused(
    signed: SignedLedger, proofs: dict[str, bytes]
) -> None:
    octets = proofs["4:0"]
    claim = parse_proof(octets).claim
    digest, other = (
        str(claim["digest"]),
        str(parse_proof(proofs["7:7"]).claim["digest"]),
    )
    assert not is_refused_by_both(octets, signed.vkey, digest=digest, dataset="a@1")
    assert is_refused_by_both(octets, signed.vkey, digest=other)
    assert is_refused_by_both(octets, signed.vkey, dataset="b")
    assert is_refused_by_both(proofs["7"], signed.vkey, digest=digest)
    with pytest.raises(NameRefusedError):
        check_proof(octets, signed.vkey, digest="no digest")


def test_proof_under_another_key_or_origin_is_refused(
    proofs: dict[str, bytes], tmp_path: Path
) -> None:
    for number, name in enumerate(("example.org/ledger", "example.org/other")):
        with Ledger.open(f"sqlite:///{tmp_path}/{number}.db") as other:
            vkey = other.make_key(tmp_path / f"key{number}", name)
        assert is_refused_by_both(proofs["4:0"], vkey)


def test_rotated_key_is_signed_by_both_and_the_old_one_ends(tmp_path: Path) -> None:
    signed = make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)
    with signed.open() as ledger:
        earlier = format_proof(ledger.prove("4:0"))
        new = ledger.rotate_key(tmp_path / "second")
        turn = format_proof(ledger.prove("4:0"))
        ledger.add_model("later")
        later = format_proof(ledger.prove("4:0"))
    for octets, keys in (
        (earlier, {signed.vkey}),
        (turn, {signed.vkey, new}),
        (later, {new}),
    ):
        for vkey in (signed.vkey, new):
            assert is_refused_by_both(octets, vkey) == (vkey not in keys)
    note = format_note(parse_entry_proof(parse_proof(turn).tlog_proof).checkpoint)
    for vkey in (signed.vkey, new):
        assert metamorphic.checkpoint_verify(note.decode(), [vkey]).size == 10


def _edits(
    value: Any, path: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every place of a JSON value with something else to put there."""
    if path:
        yield path, None
        yield path, [] if isinstance(value, dict) else {}
    match value:
        case dict():
            if path:
                yield path, {**value, "more": None}
            for name, inner in value.items():
                yield from _edits(inner, (*path, name))
        case list():
            for number, inner in enumerate(value):
                yield from _edits(inner, (*path, number))
            yield path, value[1:]
            yield path, [*value, *value[-1:]]
            yield path, value[::-1]
        case str():
            middle = len(value) // 2
            letter = "B" if value[middle : middle + 1] != "B" else "C"
            yield path, value[:middle] + letter + value[middle + 1 :]
            yield path, value + "\n"
            yield path, value[:-1]
            yield path, ""
        case int():
            yield from ((path, n) for n in (value + 1, -value - 1, 2**70, float(value)))
            yield path, str(value)
            yield path, bool(value)


@pytest.mark.parametrize("subject", ["4:0", "4:299", "7:7", "7", "5"])
def test_every_changed_field_is_refused(
    signed: SignedLedger, proofs: dict[str, bytes], subject: str
) -> None:
    whole = json.loads(proofs[subject])
    seen = 0
    for path, new in _edits(whole):
        changed = copy.deepcopy(whole)
        place = changed
        for step in path[:-1]:
            place = place[step]
        if place[path[-1]] == new and type(place[path[-1]]) is type(new):
            continue
        place[path[-1]] = new
        assert is_refused_by_both(_write(changed), signed.vkey), (path, new)
        seen += 1
    assert seen > 30


@pytest.mark.parametrize("ours", ["4:0", "4:299", "7:7", "7"])
@pytest.mark.parametrize("other", ["4:0", "7:7", "5"])
def test_every_field_of_another_proof_is_refused(
    signed: SignedLedger, proofs: dict[str, bytes], ours: str, other: str
) -> None:
    mine, foreign = json.loads(proofs[ours]), json.loads(proofs[other])
    for name in sorted({*mine, *foreign}):
        changed = dict(mine)
        if name in foreign:
            changed[name] = foreign[name]
        else:
            del changed[name]
        if changed != mine:
            assert is_refused_by_both(_write(changed), signed.vkey), name


def test_levels_are_not_confused(
    signed: SignedLedger, proofs: dict[str, bytes]
) -> None:
    record, batch = json.loads(proofs["4:0"]), json.loads(proofs["7"])
    assert is_refused_by_both(
        _write({**record, "leaf": record["entry"], "entry": record["leaf"]}),
        signed.vkey,
    )
    # A batch entry as the only leaf of its own tree: the path would be empty.
    assert is_refused_by_both(
        _write({**record, "leaf": batch["entry"], "path": []}), signed.vkey
    )
    # A node of the tree as a leaf: only the prefix keeps them apart.
    assert is_refused_by_both(
        _write({**record, "leaf": "\x01" + "x" * 64}), signed.vkey
    )


def test_other_spellings_are_refused(
    signed: SignedLedger, proofs: dict[str, bytes]
) -> None:
    octets = proofs["4:0"]
    text = octets.decode()
    spellings = [
        text + "\n",
        text + "{}",
        " " + text,
        text[:-1],
        text.replace("\n", "\r\n"),
        text.replace('"type"', '"type": "x",\n "type"'),
        text.replace("{\n", '{\n "claim": {},\n', 1),
        text.replace("example", "\\u0065xample", 1),
        json.dumps(json.loads(text)),
        json.dumps(json.loads(text), indent=1) + "\n",
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 10_000,
        "",
        "null\n",
        "\ufeff" + text,
    ]
    for spelling in spellings:
        if spelling != text:
            assert is_refused_by_both(spelling.encode(), signed.vkey), spelling[:80]
    assert is_refused_by_both(text.encode("utf-16"), signed.vkey)
    assert is_refused_by_both(octets + b"\xff", signed.vkey)
    assert is_refused_by_both(b" " * (16 * 1024 * 1024 + 1), signed.vkey)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_every_changed_byte_is_refused(
    signed: SignedLedger, proofs: dict[str, bytes], data: st.DataObject
) -> None:
    octets = proofs[data.draw(st.sampled_from(sorted(proofs)))]
    place = data.draw(st.integers(0, len(octets) - 1))
    new = data.draw(st.binary(max_size=3))
    changed = octets[:place] + new + octets[place + 1 :]
    if changed != octets:
        assert is_refused_by_both(changed, signed.vkey)


_ONLY = """
import sys
allowed = set(sys.stdlib_module_names) | {"cryptography", "cffi", "_cffi_backend"}
class Only:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed:
            raise ModuleNotFoundError(f"{name} is not to be imported")
sys.meta_path.insert(0, Only())
sys.argv = sys.argv[1:]
import runpy
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_single_file_needs_only_the_standard_library_and_cryptography(
    signed: SignedLedger, proofs: dict[str, bytes], tmp_path: Path
) -> None:
    source = Path(vendored.__file__).read_text("utf-8")
    assert len(source.splitlines()) < 300
    program = tmp_path / "check_proof.py"
    program.write_text(source)
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(proofs["4:299"])
    bad.write_bytes(proofs["4:299"].replace(b"n-", b"m-"))

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-c", _ONLY, program, *arguments]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=False
        )

    told = run(good, "--vkey", signed.vkey, "--dataset", "a@1")
    assert (told.returncode, told.stderr) == (0, "")
    assert json.loads(told.stdout) == parse_proof(proofs["4:299"]).claim
    for refused in (
        run(bad, "--vkey", signed.vkey),
        run(good, "--vkey", signed.vkey, "--dataset", "b"),
        run(good, "--vkey", signed.vkey[:-4]),
        run(good, "--vkey", signed.vkey, "--quorum", "1"),
        run(tmp_path / "missing", "--vkey", signed.vkey),
    ):
        assert refused.returncode == 3
        assert refused.stderr.startswith("refused: ")


def test_commands_write_and_check_a_proof(
    run_cli: Callable[..., Result], signed: SignedLedger, tmp_path: Path
) -> None:
    file = tmp_path / "proof.json"
    made = run_cli("log", "prove", "n-6", "--out", file, ledger=signed.url)
    assert (made.exit_code, made.stderr) == (0, "")
    assert "name n-6" in made.stdout
    # Nowhere near a ledger: the checker must not need one, nor make one.
    elsewhere = f"sqlite:///{tmp_path}/none/ledger.db"
    options = ("--vkey", signed.vkey)
    checked = run_cli("log", "verify-proof", file, *options, ledger=elsewhere)
    assert checked.exit_code == 0
    assert f"sha256:{6:064x}" in checked.stdout
    assert "model, M" in checked.stdout
    as_json = run_cli("log", "verify-proof", file, *options, "--json")
    assert json.loads(as_json.stdout)["record"]["name"] == "n-6"
    about = ("--digest", f"sha256:{7:064x}")
    refused = run_cli("log", "verify-proof", file, *options, *about)
    assert refused.exit_code == 3
    assert run_cli("log", "verify-proof", tmp_path, *options).exit_code == 2
    missing = tmp_path / "missing.json"
    assert run_cli("log", "verify-proof", missing, *options).exit_code == 1


def test_copies_of_a_proved_record_are_said_as_they_were_given(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    rows, file = tmp_path / "rows.jsonl", tmp_path / "proof.json"
    rows.write_text('{"name": "one"}\n{"name": "more", "copies": 2.5}\n')
    vkey = run_cli("log", "keygen", "x.org/log", "--out", tmp_path / "k").stdout.strip()
    run_cli("--key", tmp_path / "k", "ingest", rows)
    for name, copies, raw in (("one", "1", "1000"), ("more", "2.5", "2500")):
        run_cli("log", "prove", name, "--out", file)
        check = ("log", "verify-proof", file, "--vkey", vkey)
        assert f"  copies     {copies}\n" in run_cli(*check).stdout
        record = json.loads(run_cli(*check, "--json").stdout)["record"]
        assert record["copies"] == raw


def _write(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False)
    return f"{text}\n".encode()
