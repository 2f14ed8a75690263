"""A signed report can be cited: whatever is changed in it is refused."""

from __future__ import annotations

import base64
import copy
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from signed import SignedLedger, make_anew, make_signed, write_rows

from provenance import Ledger
from provenance.errors import KeyRefusedError, LedgerStateError, VerificationError
from provenance.ledger.reporting import read_report
from provenance.log import make_key, read_key
from provenance.log.entries import parse_entry
from provenance.merkle import format_verifier_key
from provenance.report.envelope import open_envelope, read_object, seal_envelope
from provenance.report.statement import (
    REPORT_TYPE,
    format_statement,
    list_differences,
    parse_statement,
)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> SignedLedger:
    folder = tmp_path_factory.mktemp("signed")
    make_key(folder / "reports", "example.org/reports", bytes(range(32)))
    return make_signed(f"sqlite:///{folder}/ledger.db", folder, rows=3)


@pytest.fixture(scope="module")
def vkey(signed: SignedLedger) -> str:
    return format_verifier_key(read_key(signed.folder / "reports").verifier())


@pytest.fixture(scope="module")
def octets(signed: SignedLedger) -> bytes:
    with signed.open() as ledger:
        return ledger.sign_report("b", signed.folder / "reports", by=["model"])


def seal(signed: SignedLedger, payload: bytes, kind: str = REPORT_TYPE) -> bytes:
    """Sign what the owner of the key wants signed."""
    return seal_envelope(payload, kind, read_key(signed.folder / "reports"))


def test_signed_report_is_recomputed_on_both_databases(
    url: str, tmp_path: Path
) -> None:
    signed = make_signed(url, tmp_path, rows=3)
    key = make_key(tmp_path / "reports", "example.org/reports", bytes(32))
    vkey = format_verifier_key(key.verifier())
    for asked in (
        {"dataset": "b"},
        {"dataset": "a@1", "by": ["model", "month"], "unit": "tokens"},
        {"dataset": "a", "policy": "low-background"},
    ):
        with signed.open() as ledger:
            octets = ledger.sign_report(key=tmp_path / "reports", **asked)
            checked = ledger.verify_report(octets, vkey, [signed.vkey])
            assert checked.recomputed
            assert checked.batches == 1
            again = ledger.report(**asked).to_dict()
            assert list_differences(checked.report, json.loads(json.dumps(again))) == []


def test_report_names_policy_and_log(signed: SignedLedger) -> None:
    with signed.open() as ledger:
        said = ledger.report("b").to_dict()
        done = ledger.verify()
    assert said["log"] == {"size": done.entries, "root": done.root}
    assert said["policy_body"]["name"] == said["policy"] == "default"


def test_signature_is_dsse(octets: bytes, vkey: str) -> None:
    envelope = json.loads(octets)
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    key = Ed25519PublicKey.from_public_bytes(
        base64.b64decode(vkey.split("+", 2)[2])[1:]
    )
    key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), message)


def _envelopes(octets: bytes) -> Iterator[bytes]:
    """The envelope with something changed by whoever does not hold the key."""
    whole = json.loads(octets)

    def with_(**changed: Any) -> bytes:
        return json.dumps({**whole, **changed}).encode()

    payload = json.loads(base64.b64decode(whole["payload"]))
    sections = [{k: v for k, v in payload.items() if k != name} for name in payload]
    number = copy.deepcopy(payload)
    number["report"]["units"]["items"]["generated"] += 1
    for changed in (*sections, number):
        text = json.dumps(changed, sort_keys=True, ensure_ascii=False).encode()
        yield with_(payload=base64.b64encode(text).decode())
    yield with_(payload="")
    yield with_(payload=whole["payload"] + "====")
    yield with_(payload=7)
    for kind in ("application/json", "", REPORT_TYPE + " ", REPORT_TYPE.upper(), None):
        yield with_(payloadType=kind)
    signature = whole["signatures"][0]
    yield with_(signatures=[])
    yield with_(signatures={})
    yield with_(signatures=[signature["sig"]])
    yield with_(signatures=[{"sig": signature["sig"]}])
    yield with_(signatures=[{**signature, "sig": None}])
    yield with_(signatures=[{**signature, "sig": ""}])
    yield with_(signatures=[{**signature, "extra": 1}])
    yield with_(signatures=[{**signature, "sig": base64.b64encode(bytes(64)).decode()}])
    yield with_(signatures=[signature] * 17)
    yield with_(more=1)
    yield octets + b"{}"
    yield octets + octets
    yield octets.replace(b'"payload":', b'"payload": "", "payload":', 1)
    yield octets.replace(b'"payloadType":', b'"payloadType": "x", "payloadType":', 1)
    yield octets[:-3]
    yield octets.decode().encode("utf-16")
    yield b"\xef\xbb\xbf" + octets
    yield b"[" * 100_000
    yield b"[]"
    yield b"NaN"
    yield b""


def test_changed_envelope_is_refused(octets: bytes, vkey: str) -> None:
    read_report(octets, vkey)
    seen = 0
    for changed in _envelopes(octets):
        with pytest.raises(VerificationError):
            read_report(changed, vkey)
        seen += 1
    assert seen > 30


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_every_changed_byte_is_refused_or_changes_nothing(
    octets: bytes, vkey: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(octets) - 1))
    changed = octets[:place] + data.draw(st.binary(max_size=2)) + octets[place + 1 :]
    try:
        statement, _ = read_report(changed, vkey)
    except VerificationError:
        return
    # Space between tokens, and the key id, which nobody believes.
    assert statement == read_report(octets, vkey)[0]


def test_another_key_and_a_witness_key_are_refused(
    signed: SignedLedger, octets: bytes
) -> None:
    with pytest.raises(VerificationError):
        read_report(octets, signed.vkey)
    for no_key in ("w.example+f0b53fa4+BAAA", "nonsense"):
        with pytest.raises(KeyRefusedError):
            read_report(octets, no_key)


def _lies(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the holder of the report key might sign: each contradicts something."""

    def changed(edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        other = copy.deepcopy(payload)
        edit(other)
        return other

    yield changed(lambda p: p["report"]["units"]["items"].update(generated=99))
    yield changed(lambda p: p["report"]["units"].pop("tokens"))
    yield changed(lambda p: p["report"].update(more=1))
    yield changed(lambda p: p["report"]["by"].clear())
    yield changed(lambda p: p["report"]["log"].update(size=1))
    yield changed(lambda p: p["report"]["log"].update(root="00" * 32))
    yield changed(lambda p: p["report"].update(as_of=1))
    yield changed(lambda p: p["report"].update(policy="low-background"))
    yield changed(lambda p: p["asked"].update(policy="low-background"))
    yield changed(lambda p: p["asked"].update(dataset="a@1"))
    yield changed(lambda p: p["batches"].clear())
    yield changed(lambda p: p["batches"].append(p["batches"][0]))
    yield changed(lambda p: p["batches"][0].update(position=4))
    yield changed(lambda p: p["batches"][0].update(path=[]))
    yield changed(lambda p: p["report"].update(dataset="a@1"))


def _nonsense(payload: dict[str, Any]) -> Iterator[Any]:
    for name in payload:
        yield {k: v for k, v in payload.items() if k != name}
        yield {**payload, name: None}
        yield {**payload, name: [None]}
    yield {**payload, "more": 1}
    yield {**payload, "asked": {**payload["asked"], "unit": "miles"}}
    yield {**payload, "asked": {**payload["asked"], "by": [1]}}
    yield {**payload, "batches": [{**payload["batches"][0], "position": True}]}
    yield {**payload, "batches": [{**payload["batches"][0], "path": ["x"]}]}
    shares = ["a", "b"], [10**400, 0], [0, 10**400], [0.9, 0.1], [0, math.inf], [-1, 0]
    for share in shares:
        units = {"items": {"downstream_share": share}}
        yield {**payload, "report": {**payload["report"], "units": units}}
    yield {**payload, "checkpoint": "\ud800"}
    yield {**payload, "report": {**payload["report"], "more": ["\ud800"]}}
    yield {**payload, "batches": [{**payload["batches"][0], "entry": "\ud800"}]}
    yield {**payload, "report": {**payload["report"], "units": {"items": 1}}}
    yield []


def test_lie_under_the_real_report_key_is_found_by_the_ledger(
    signed: SignedLedger, octets: bytes, vkey: str
) -> None:
    payload = json.loads(base64.b64decode(json.loads(octets)["payload"]))
    with signed.open() as ledger:
        assert ledger.verify_report(octets, vkey).recomputed
        for lie in (*_lies(payload), *_nonsense(payload)):
            sealed = seal(signed, json.dumps(lie).encode())
            with pytest.raises(VerificationError):
                ledger.verify_report(sealed, vkey)


def test_nonsense_is_refused_without_a_ledger(
    signed: SignedLedger, octets: bytes, vkey: str
) -> None:
    payload = json.loads(base64.b64decode(json.loads(octets)["payload"]))
    for nonsense in _nonsense(payload):
        text = json.dumps(nonsense).replace("Infinity", "1e999")
        with pytest.raises(VerificationError):
            read_report(seal(signed, text.encode()), vkey)
    with pytest.raises(VerificationError, match="not JSON"):
        parse_entry(b'provenance/batch/v1\n{"dataset":"\\ud800"}')


def test_proof_of_another_entry_is_refused(
    signed: SignedLedger, octets: bytes, vkey: str
) -> None:
    with signed.open() as ledger:
        other = ledger.sign_report("a@1", signed.folder / "reports")
    ours, theirs = (
        json.loads(base64.b64decode(json.loads(text)["payload"]))
        for text in (octets, other)
    )
    ours["batches"] = theirs["batches"]
    with pytest.raises(VerificationError, match="cited as a batch of b"):
        read_report(seal(signed, json.dumps(ours).encode()), vkey)


def test_payload_of_another_type_is_refused_though_signed(
    signed: SignedLedger, octets: bytes, vkey: str
) -> None:
    payload = base64.b64decode(json.loads(octets)["payload"])
    with pytest.raises(VerificationError, match="holds a 'text/plain'"):
        read_report(seal(signed, payload, "text/plain"), vkey)


def test_checkpoint_of_another_log_is_refused_by_the_logs_key(
    signed: SignedLedger, octets: bytes, vkey: str, tmp_path: Path
) -> None:
    other = make_anew(f"sqlite:///{tmp_path}/ledger.db", tmp_path)
    read_report(octets, vkey, [other.vkey, signed.vkey])
    with pytest.raises(VerificationError, match="checkpoint"):
        read_report(octets, vkey, [other.vkey])
    with other.open() as ledger, pytest.raises(VerificationError, match="not this"):
        ledger.verify_report(octets, vkey)


def test_grown_ledger_recomputes_as_of_the_report(
    signed: SignedLedger, octets: bytes, vkey: str, tmp_path: Path
) -> None:
    grown = signed.copy("grown")
    with grown.open() as ledger:
        before = ledger.report("b").to_dict()
        ledger.add_model("unrelated")
        assert ledger.verify_report(octets, vkey).recomputed
        ledger.ingest(write_rows(tmp_path / "more.jsonl", 50, 2), dataset="b")
        ledger.ingest(write_rows(tmp_path / "more.jsonl", 50, 2), dataset="b@2")
        assert ledger.report("b").to_dict()["units"] != before["units"]
        checked = ledger.verify_report(octets, vkey)
        with pytest.raises(LedgerStateError, match="no signed checkpoint is of 4"):
            ledger.sign_report("a@1", signed.folder / "reports", as_of=4)
        late = ledger.sign_report("b", signed.folder / "reports", as_of=checked.size)
        assert ledger.verify_report(late, vkey).report == {**checked.report, "by": {}}
    assert checked.recomputed
    payload = json.loads(base64.b64decode(json.loads(octets)["payload"]))
    payload["report"]["units"]["items"]["generated"] += 1
    with (
        grown.open() as ledger,
        pytest.raises(VerificationError, match=r"units\.items\.generated"),
    ):
        ledger.verify_report(seal(signed, json.dumps(payload).encode()), vkey)


def test_report_by_source_is_recomputed_after_a_name_was_erased(
    tmp_path: Path,
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        '{"name": "x", "url": "https://a.example.com/1"}\n'
        '{"name": "y", "url": "https://b.example.org/2"}\n'
    )
    key = make_key(tmp_path / "reports", "example.org/reports", bytes(32))
    vkey = format_verifier_key(key.verifier())
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.make_key(tmp_path / "key", "example.org/ledger")
        ledger.ingest(rows, dataset="d")
        octets = ledger.sign_report("d", tmp_path / "reports", by=["source"])
        assert "names" not in ledger.verify_report(octets, vkey).not_proved[0]
        ledger.redact(["x"], "asked to")
        checked = ledger.verify_report(octets, vkey)
    assert checked.recomputed
    assert checked.not_proved[0].startswith("names of sources")


def test_rolled_back_ledger_refuses_a_later_report(
    signed: SignedLedger, vkey: str
) -> None:
    later, earlier = signed.copy("later"), signed.copy("earlier")
    with later.open() as ledger:
        ledger.add_model("later")
        octets = ledger.sign_report("b", signed.folder / "reports")
    with (
        earlier.open() as ledger,
        pytest.raises(VerificationError, match="10 entries that"),
    ):
        ledger.verify_report(octets, vkey)


def test_unsigned_log_makes_no_signed_report(tmp_path: Path) -> None:
    key = tmp_path / "reports"
    make_key(key, "example.org/reports", bytes(32))
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.ingest(write_rows(tmp_path / "rows.jsonl", 1, 2), dataset="d")
        with pytest.raises(LedgerStateError, match="no signed checkpoint"):
            ledger.sign_report("d", key)
        ledger.make_key(tmp_path / "key", "example.org/ledger")
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.add_model("M")
        with pytest.raises(LedgerStateError, match="newest is of"):
            ledger.sign_report("d", key)


def test_statement_and_envelope_are_read_back(
    signed: SignedLedger, octets: bytes
) -> None:
    key = read_key(signed.folder / "reports")
    payload = open_envelope(octets, REPORT_TYPE, key.verifier())
    assert payload == format_statement(parse_statement(payload))
    assert octets == seal(signed, payload)
    assert read_object(b'{"a": [1.5, null]}', "x") == {"a": [1.5, None]}


def test_commands_sign_and_verify(
    run_cli: Callable[..., Result], signed: SignedLedger, tmp_path: Path
) -> None:
    made = run_cli("report", "keygen", "example.org/r", "--out", tmp_path / "r")
    assert made.exit_code == 0
    told = run_cli(
        "report", "b", "--by", "model", "--sign", tmp_path / "r", ledger=signed.url
    )
    assert told.exit_code == 0
    file = tmp_path / "report.json"
    file.write_text(told.stdout)
    keys = ("--vkey", made.stdout.strip(), "--log-vkey", signed.vkey)
    shown = run_cli("report", "verify", file, *keys, ledger=signed.url)
    assert (shown.exit_code, "recomputed" in shown.stdout) == (0, True)
    nowhere = f"sqlite:///{tmp_path}/none.db"
    offline = run_cli(
        "report", "verify", file, *keys, "--offline", "--json", ledger=nowhere
    )
    assert json.loads(offline.stdout)["recomputed"] is False
    assert run_cli("report", "verify", file, *keys, ledger=nowhere).exit_code == 1
    file.write_text(told.stdout.replace("A", "B"))
    assert run_cli("report", "verify", file, *keys, ledger=signed.url).exit_code == 3
    both = run_cli("report", "b", "--json", "--sign", tmp_path / "r", ledger=signed.url)
    assert both.exit_code == 2
    for spelling in (
        ("report", "b"),
        ("report", "show", "b"),
        ("report", "--json", "b"),
    ):
        assert run_cli(*spelling, ledger=signed.url).exit_code == 0
    assert run_cli("report").exit_code == 2
    assert "verify" in run_cli("report", "--help").stdout
