"""A witness vouches for one history of a log, and refuses every other."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from loopback_witness import Answer, Witness, serve
from signed import SignedLedger, make_signed

from provenance.errors import KeyRefusedError, LedgerStateError, VerificationError
from provenance.log.proof import format_proof
from provenance.log.quorum import Quorum, make_quorum
from provenance.log.verify_proof import check_proof

NOW = 1_800_000_000


@pytest.fixture
def signed(tmp_path: Path) -> SignedLedger:
    return make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)


def make_witness(folder: Path, vkey: str, number: int = 1) -> Witness:
    return Witness(
        database=folder / f"witness-{number}.db",
        name=f"witness.example/{number}",
        seed=bytes([number]) * 32,
        logs={"example.org/ledger": [vkey]},
        clock=lambda: NOW,
    )


@pytest.fixture
def witness(tmp_path: Path, signed: SignedLedger) -> Witness:
    return make_witness(tmp_path, signed.vkey)


@pytest.fixture
def prefix(witness: Witness) -> Iterator[str]:
    with serve(witness.add_checkpoint) as served:
        yield served


def test_cosignature_is_kept_and_satisfies_the_quorum(url: str, tmp_path: Path) -> None:
    signed = make_signed(url, tmp_path, rows=3)
    witness = make_witness(tmp_path, signed.vkey)
    with signed.open() as ledger, serve(witness.add_checkpoint) as prefix:
        first = ledger.cosign(prefix, witness.vkey)
        ledger.cosign(prefix, witness.vkey)
        ledger.add_model("N")
        second = ledger.cosign(prefix, witness.vkey)
        assert (first.entries, second.entries) == (9, 10)
        done = ledger.verify(quorum=make_quorum((witness.vkey,)))
        assert (done.anchored.witnessed, done.anchored.witnesses) == (
            10,
            ((witness.name, NOW),),
        )
        assert not any("no outside anchor" in said for said in done.not_proved)
        ledger.add_model("O")
        said = " ".join(ledger.verify(quorum=make_quorum((witness.vkey,))).not_proved)
        assert "the last entry is under no outside anchor" in said
    assert [body.split(b"\n")[0] for body in witness.asked] == [
        b"old 0",
        b"old 9",
        b"old 9",
    ]


def test_proof_and_export_carry_the_cosignature(
    signed: SignedLedger, witness: Witness, prefix: str
) -> None:
    with signed.open() as ledger:
        ledger.cosign(prefix, witness.vkey)
        octets = format_proof(ledger.prove("4:0"))
        ledger.export(signed.folder / "static")
    quorum = make_quorum((witness.vkey,), now=NOW + 10, max_age=20)
    assert check_proof(octets, signed.vkey, quorum=quorum).cosigned == (
        (witness.name, NOW),
    )
    assert witness.name in (signed.folder / "static/checkpoint").read_text("utf-8")
    stale = make_quorum((witness.vkey,), now=NOW + 30, max_age=20)
    with pytest.raises(VerificationError, match="30 s old, more than 20"):
        check_proof(octets, signed.vkey, quorum=stale)


def test_witness_that_knows_more_than_we_do_is_asked_again(
    signed: SignedLedger, witness: Witness, prefix: str
) -> None:
    forgetful = signed.copy("forgetful")
    with signed.open() as ledger:
        ledger.cosign(prefix, witness.vkey)
    with forgetful.open() as ledger:
        ledger.add_model("N")
        # It forked by that, but not below what the witness has seen.
        assert ledger.cosign(prefix, witness.vkey).entries == 10
    olds = [body.split(b"\n")[0] for body in witness.asked]
    assert olds == [b"old 0", b"old 0", b"old 9"]


def test_split_view_is_refused_with_the_real_key(
    signed: SignedLedger, witness: Witness, prefix: str
) -> None:
    fork = signed.copy("fork")
    with signed.open() as ledger:
        ledger.add_model("one")
        ledger.cosign(prefix, witness.vkey)
    with fork.open() as ledger:
        ledger.add_model("two")
        with pytest.raises(VerificationError, match="another root of 10 entries"):
            ledger.cosign(prefix, witness.vkey)
        ledger.add_model("three")
        with pytest.raises(VerificationError, match="another history"):
            ledger.cosign(prefix, witness.vkey)
        with pytest.raises(VerificationError, match="no witness"):
            ledger.verify(quorum=make_quorum((witness.vkey,)))


def test_rollback_is_refused(
    signed: SignedLedger, witness: Witness, prefix: str
) -> None:
    backup = signed.copy("backup")
    with signed.open() as ledger:
        ledger.add_model("one")
        ledger.cosign(prefix, witness.vkey)
    with (
        backup.open() as ledger,
        pytest.raises(VerificationError, match=r"10 entries.*signed 9.*rolled back"),
    ):
        ledger.cosign(prefix, witness.vkey)


def test_unknown_log_and_unknown_key_are_told_apart(
    signed: SignedLedger, witness: Witness, prefix: str
) -> None:
    with signed.open() as ledger:
        witness.logs = {"example.org/ledger": [witness.vkey]}
        with pytest.raises(LedgerStateError, match="does not know the key"):
            ledger.cosign(prefix, witness.vkey)
        witness.logs = {}
        with pytest.raises(LedgerStateError, match="does not know the log"):
            ledger.cosign(prefix, witness.vkey)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(200, ""), VerificationError),
        (Answer(200, "no signature line\n"), VerificationError),
        (Answer(200, "\N{EM DASH} other AAAAAAAA\n"), VerificationError),
        (Answer(200, "x" * 300_000 + "\n"), VerificationError),
        (Answer(400, "no"), LedgerStateError),
        (Answer(409, "many\n"), LedgerStateError),
        (Answer(409, "\n"), LedgerStateError),
        (Answer(409, "2\n"), LedgerStateError),
        (Answer(500, "<html>"), LedgerStateError),
        (Answer(302, ""), LedgerStateError),
    ],
)
def test_every_odd_answer_is_an_error_that_says_so(
    signed: SignedLedger, witness: Witness, answer: Answer, error: type[Exception]
) -> None:
    with (
        serve(lambda _body: answer) as prefix,
        signed.open() as ledger,
        pytest.raises(error),
    ):
        ledger.cosign(prefix, witness.vkey)
    with signed.open() as ledger, pytest.raises(VerificationError):
        ledger.verify(quorum=make_quorum((witness.vkey,)))


def test_cosignature_of_another_witness_is_not_taken(
    signed: SignedLedger, tmp_path: Path
) -> None:
    one, two = (make_witness(tmp_path, signed.vkey, number) for number in (1, 2))
    with (
        serve(one.add_checkpoint) as prefix,
        signed.open() as ledger,
        pytest.raises(VerificationError, match="0 signature lines by witness"),
    ):
        ledger.cosign(prefix, two.vkey)


def test_unreachable_witness_is_said(signed: SignedLedger, witness: Witness) -> None:
    with serve(lambda _body: Answer(200)) as prefix:
        pass
    with signed.open() as ledger:
        for url in (prefix, "ftp://example.org", "nonsense", "http://[::bad"):
            with pytest.raises(LedgerStateError):
                ledger.cosign(url, witness.vkey)


def test_two_requests_at_once_cannot_roll_the_witness_back(
    signed: SignedLedger, witness: Witness, prefix: str
) -> None:
    with signed.open() as ledger:
        ledger.cosign(prefix, witness.vkey)
        ledger.add_model("one")
        first = ledger.checkpoint()

        def overtake() -> None:
            witness.before_commit = lambda: None
            ledger.add_model("two")
            assert ledger.cosign(prefix, witness.vkey).entries == 11

        witness.before_commit = overtake
        proof = ledger.branch().prove(9, 10)[1]
        lines = "".join(f"{_base64(node)}\n" for node in proof)
        stalled = witness.add_checkpoint(f"old 9\n{lines}\n{first}".encode())
    assert (stalled.status, stalled.body) == (409, "11\n")


def _base64(octets: bytes) -> str:
    import base64  # noqa: PLC0415 - one use

    return base64.b64encode(octets).decode()


def test_quorum_counts_each_key_once_and_no_log_key(
    signed: SignedLedger, tmp_path: Path
) -> None:
    witnesses = [make_witness(tmp_path, signed.vkey, number) for number in (1, 2, 3)]
    keys = tuple(one.vkey for one in witnesses)
    with signed.open() as ledger:
        for one in witnesses[:2]:
            with serve(one.add_checkpoint) as prefix:
                ledger.cosign(prefix, one.vkey)
        assert len(ledger.verify(quorum=make_quorum(keys, 2)).anchored.witnesses) == 2
        with pytest.raises(VerificationError, match="2 of 3 witnesses"):
            ledger.verify(quorum=make_quorum(keys))
    for bad, least in (((keys[0], keys[0]), 2), ((signed.vkey,), None), ((), 1)):
        with pytest.raises(KeyRefusedError):
            make_quorum(bad, least)
    with pytest.raises(KeyRefusedError):
        make_quorum((), max_age=5)
    assert make_quorum(()) is None


def test_cosignature_from_the_future_is_not_fresh() -> None:
    quorum = Quorum(keys=(), least=0, now=NOW, max_age=60)
    assert quorum._untimely(NOW + 299) == ""
    assert "in the future" in quorum._untimely(NOW + 301)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE cosignatures SET cosigned_at = cosigned_at + 1",
        "UPDATE cosignatures SET line = replace(line, 'AAA', 'AAB')",
        "UPDATE cosignatures SET witness = 'nobody'",
        "UPDATE cosignatures SET line = '— x AAAA'",
    ],
)
def test_changed_cosignature_is_found(
    signed: SignedLedger, witness: Witness, prefix: str, change: str
) -> None:
    with signed.open() as ledger:
        ledger.cosign(prefix, witness.vkey)
    changed = signed.copy("changed")
    with changed.behind() as connection:
        assert connection.execute(change).rowcount == 1
    with changed.open() as ledger, pytest.raises(VerificationError, match="cosign"):
        ledger.verify()


def test_witness_that_others_wrote_agrees(signed: SignedLedger, tmp_path: Path) -> None:
    python = os.environ.get("PROVENANCE_WITNESS", sys.executable)
    if "PROVENANCE_WITNESS" not in os.environ:
        pytest.importorskip("aics_witness", reason="aics-witness needs Python 3.12")
    program = [python, "-m", "aics_witness"]
    config = ["--config", str(tmp_path / "witness.json")]

    def tell(*arguments: str) -> str:
        return subprocess.run(
            [*program, *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    named = ("--name", "witness.example/w1", "--listen", listen)
    vkey = tell("init", *config, *named)
    tell("add-log", *config, "--origin", "example.org/ledger", "--vkey", signed.vkey)
    with subprocess.Popen(
        [*program, "serve", *config], stderr=subprocess.PIPE, text=True
    ) as serving:
        try:
            assert serving.stderr is not None
            assert any(
                "listening" in line for line in iter(serving.stderr.readline, "")
            )
            fork, old = signed.copy("fork"), signed.copy("old")
            with signed.open() as ledger:
                ledger.cosign(f"http://{listen}", vkey)
                ledger.add_model("one")
                assert ledger.cosign(f"http://{listen}", vkey).entries == 10
                ledger.verify(quorum=make_quorum((vkey,)))
            with fork.open() as ledger:
                for name in ("two", "three"):
                    ledger.add_model(name)
                    with pytest.raises(VerificationError):
                        ledger.cosign(f"http://{listen}", vkey)
            with old.open() as ledger, pytest.raises(VerificationError, match="rolled"):
                ledger.cosign(f"http://{listen}", vkey)
        finally:
            serving.terminate()


def test_commands_ask_and_verify(
    run_cli: Callable[..., Result], signed: SignedLedger, witness: Witness, prefix: str
) -> None:
    told = run_cli("log", "witness", prefix, "--vkey", witness.vkey)
    assert told.exit_code == 0
    assert "vouches for 9 entries of example.org/ledger" in told.stdout
    again = run_cli("log", "witness", prefix, "--vkey", witness.vkey, "--json")
    assert json.loads(again.stdout)["entries"] == 9
    told = run_cli("verify", "--vkey", signed.vkey, "--witness-key", witness.vkey)
    assert told.exit_code == 0
    assert f"{witness.name} vouches for 9 entries" in told.stdout
    # The clock of the fixture's witness stands in 2027: no age can be right for it.
    aged = ("--witness-key", witness.vkey, "--max-age", "60")
    assert run_cli("verify", *aged).exit_code == 3
    assert run_cli("verify", "--quorum", "1").exit_code == 1
    proof = signed.folder / "proof.json"
    assert run_cli("log", "prove", "4:0", "--out", proof).exit_code == 0
    told = run_cli(
        *("log", "verify-proof", proof, "--vkey", signed.vkey),
        *("--witness-key", witness.vkey),
    )
    assert (told.exit_code, witness.name in told.stdout) == (0, True)
