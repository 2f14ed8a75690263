"""Whatever bytes a parser is given, it reads them or refuses them as it says it does.

A run takes some 20 seconds; ``PROVENANCE_FUZZ_EXAMPLES=100000`` makes it a long one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from signed import make_anew

from provenance.domain.leaf import format_leaf, parse_fields, parse_leaf
from provenance.errors import VerificationError
from provenance.log import check_proof as vendored
from provenance.log import make_key, read_key
from provenance.log.entries import parse_entry
from provenance.log.fork import Fork, format_fork, parse_fork
from provenance.log.proof import format_proof, parse_proof
from provenance.log.verify_proof import verify_proof
from provenance.merkle import (
    BundlePath,
    SignatureType,
    SignerKey,
    cosign,
    format_bundle,
    format_checkpoint,
    format_entry_proof,
    format_note,
    format_signer_key,
    format_verifier_key,
    open_cosignatures,
    parse_bundle,
    parse_bundle_path,
    parse_checkpoint,
    parse_entry_proof,
    parse_note,
    parse_signer_key,
    parse_tile_path,
    parse_verifier_key,
    to_key_name,
)
from provenance.merkle.note import format_signature, parse_signature
from provenance.merkle.tile import format_bundle_path, format_tile_path
from provenance.report.envelope import open_envelope
from provenance.report.statement import (
    REPORT_TYPE,
    format_statement,
    parse_statement,
    verify_statement,
)

EXAMPLES = int(os.environ.get("PROVENANCE_FUZZ_EXAMPLES", "250"))


@dataclass(frozen=True)
class Samples:
    """Valid inputs to start from."""

    record_proof: bytes
    entry_proof: bytes
    note: bytes
    cosigned: bytes
    tlog_proof: bytes
    entry: bytes
    leaf: bytes
    envelope: bytes
    payload: bytes
    fork: bytes
    vkey: str
    signer: SignerKey
    witness: SignerKey


@cache
def samples() -> Samples:
    with TemporaryDirectory() as name:
        folder = Path(name)
        signed = make_anew(f"sqlite:///{folder}/ledger.db", folder)
        make_key(folder / "reports", "example.org/reports", bytes(32))
        signer = read_key(signed.key)
        with signed.open() as ledger:
            record, entry = ledger.prove("4:1"), ledger.prove("4")
            note = ledger.checkpoint().encode()
            branch = ledger.branch()
            envelope = ledger.sign_report("b", folder / "reports", by=["model"])
    witness = SignerKey(
        name=to_key_name("witness.example/1"),
        signature_type=SignatureType.COSIGNATURE,
        seed=bytes(32),
    )
    cosigned = cosign(parse_note(note), witness, timestamp=1_700_000_000)
    root, path = branch.prove(3, 9)
    fork = Fork(older=note, newer=note, root=root, path=path)
    report_key = SignerKey(
        name=to_key_name("example.org/reports"),
        signature_type=SignatureType.ED25519,
        seed=bytes(32),
    )
    assert record.leaf is not None
    return Samples(
        record_proof=format_proof(record),
        entry_proof=format_proof(entry),
        note=note,
        cosigned=format_note(cosigned),
        tlog_proof=record.tlog_proof,
        entry=record.entry,
        leaf=record.leaf,
        envelope=envelope,
        payload=open_envelope(envelope, REPORT_TYPE, report_key.verifier()),
        fork=format_fork(fork),
        vkey=signed.vkey,
        signer=signer,
        witness=witness,
    )


def _text(parse: Callable[[str], Any], write: Callable[[Any], str]) -> Any:
    """A parser of text: bytes that are no text never reach it."""

    def read(octets: bytes) -> None:
        try:
            text = octets.decode()
        except UnicodeDecodeError:
            return
        assert write(parse(text)) == text

    return read


def _exact(parse: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> Any:
    def read(octets: bytes) -> None:
        assert write(parse(octets)) == octets

    return read


def _any(parse: Callable[[bytes], Any]) -> Any:
    def read(octets: bytes) -> None:
        parse(octets)

    return read


def _verify(octets: bytes) -> None:
    """Only what proves the same thing may pass; both verifiers agree."""
    known = samples()
    key = parse_verifier_key(known.vkey)
    try:
        verify_proof(parse_proof(octets), key)
        ours = True
    except VerificationError:
        ours = False
    try:
        vendored.check(octets, vendored.parse_key(known.vkey))
        theirs = True
    except (vendored.Refused, UnicodeError):
        theirs = False
    assert ours == theirs
    assert not ours or octets in (known.record_proof, known.entry_proof)


def _cosigned(octets: bytes) -> None:
    known = samples()
    open_cosignatures(octets, parse_note(known.note), known.witness.verifier())


def _statement(octets: bytes) -> None:
    verify_statement(parse_statement(octets), [])


def _envelope(octets: bytes) -> None:
    known = samples()
    key = SignerKey(
        name=to_key_name("example.org/reports"),
        signature_type=SignatureType.ED25519,
        seed=bytes(32),
    )
    assert open_envelope(octets, REPORT_TYPE, key.verifier()) == known.payload


def _bundle(octets: bytes) -> None:
    assert format_bundle(parse_bundle(octets, BundlePath(index=0, width=2))) == octets


def _leaf(octets: bytes) -> None:
    fields = parse_leaf(octets)
    if None not in fields[-2:]:
        assert format_leaf(fields) == octets
        for text in fields[-2:]:
            list(parse_fields(str(text).encode()))


def _entry(octets: bytes) -> None:
    kind, body = parse_entry(octets)
    text = json.dumps(
        body, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()
    assert b"provenance/%s/v1\n%s" % (kind.encode(), text) == octets


PARSERS: dict[str, tuple[Callable[[bytes], None], Callable[[Samples], Any]]] = {
    "proof file": (_exact(parse_proof, format_proof), lambda s: s.record_proof),
    "proof verified": (_verify, lambda s: s.record_proof),
    "proof of an entry verified": (_verify, lambda s: s.entry_proof),
    "tlog-proof": (
        _exact(parse_entry_proof, format_entry_proof),
        lambda s: s.tlog_proof,
    ),
    "note": (_exact(parse_note, format_note), lambda s: s.cosigned),
    "checkpoint": (
        _text(parse_checkpoint, format_checkpoint),
        lambda s: s.note.partition(b"\n\n")[0] + b"\n",
    ),
    "signature line": (
        _text(parse_signature, format_signature),
        lambda s: s.note.splitlines()[-1],
    ),
    "cosignatures": (_cosigned, lambda s: s.cosigned.splitlines(keepends=True)[-1]),
    "verifier key": (
        _text(parse_verifier_key, format_verifier_key),
        lambda s: s.vkey.encode(),
    ),
    "signer key": (
        _text(parse_signer_key, format_signer_key),
        lambda s: format_signer_key(s.signer).encode(),
    ),
    "tile path": (
        _text(parse_tile_path, format_tile_path),
        lambda _s: b"tile/1/x001/x234/067.p/5",
    ),
    "bundle path": (
        _text(parse_bundle_path, format_bundle_path),
        lambda _s: b"tile/entries/x001/067.p/5",
    ),
    "entry bundle": (_bundle, lambda _s: b"\x00\x03one\x00\x03two"),
    "entry": (_entry, lambda s: s.entry),
    "leaf": (_leaf, lambda s: s.leaf),
    "fork": (_exact(parse_fork, format_fork), lambda s: s.fork),
    "envelope": (_envelope, lambda s: s.envelope),
    "report": (_statement, lambda s: s.payload),
    "report as read": (
        _any(lambda octets: format_statement(parse_statement(octets))),
        lambda s: s.payload,
    ),
}


@st.composite
def mutations(draw: st.DrawFn, octets: bytes) -> bytes:
    """The sample with a few pieces replaced, repeated, moved or cut."""
    changed = octets
    for _ in range(draw(st.integers(1, 4))):
        size = len(changed)
        start = draw(st.integers(0, size))
        end = min(size, start + draw(st.sampled_from([0, 1, 1, 2, 8, 64, size])))
        match draw(st.integers(0, 4)):
            case 0:
                piece = draw(st.binary(max_size=6))
            case 1:
                piece = changed[start:end] * draw(st.integers(0, 3))
            case 2:
                other = draw(st.integers(0, size))
                piece = changed[other : other + end - start]
            case 3:
                piece = draw(st.sampled_from(_ODD))
            case _:
                piece = bytes(octet ^ 1 for octet in changed[start:end])
        changed = changed[:start] + piece + changed[end:]
    return changed


_ODD: Sequence[bytes] = (
    b"\n",
    b"\n\n",
    b"\r\n",
    b"\x00",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"\xff",
    b"=",
    b"-",
    b"-1",
    b"00",
    b"9" * 20,
    b"9" * 5000,
    b"[" * 3000,
    b'{"a":' * 3000,
    b"NaN",
    b"1e999",
    b"true",
    b"null",
    b'"\\ud800"',
    b"\\u0000",
    "\N{EM DASH} ".encode(),
    "\N{FULLWIDTH DIGIT ONE}".encode(),
)


@pytest.mark.slow
@pytest.mark.parametrize("name", PARSERS)
def test_any_bytes_are_read_or_refused(name: str) -> None:
    parse, sample = PARSERS[name]
    octets = sample(samples())
    parse(octets)
    refused = ValueError if name == "leaf" else VerificationError

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.one_of(mutations(octets), mutations(octets), st.binary(max_size=200)))
    def fuzz(changed: bytes) -> None:
        try:
            parse(changed)
        except refused:
            return

    fuzz()
