"""Witnesses are asked as c2sp.org/tlog-witness has it, and their answers verified."""

from __future__ import annotations

import pytest

from provenance import merkle
from provenance.errors import VerificationError
from provenance.merkle.note import format_signature, parse_signature

NAME = merkle.to_key_name("ledger.example/rows")
SIGNER = merkle.SignerKey(
    name=NAME, signature_type=merkle.SignatureType.ED25519, seed=bytes(32)
)
WITNESS = merkle.SignerKey(
    name=merkle.to_key_name("witness.example/w1"),
    signature_type=merkle.SignatureType.COSIGNATURE,
    seed=bytes(range(32)),
)
LEAVES = merkle.hash_leaves(b"%d" % number for number in range(7))
HEAD = merkle.Frontier().extend(LEAVES).head()
NOTE = merkle.sign_checkpoint(merkle.Checkpoint(origin=NAME, head=HEAD), SIGNER)


def answer(note: merkle.Note, key: merkle.SignerKey) -> bytes:
    line = note.signature_by(key.verifier())
    assert line is not None
    return f"{format_signature(line)}\n".encode()


def test_request_is_old_size_proof_blank_line_checkpoint() -> None:
    lookup = merkle.lookup_leaves(LEAVES)
    proof = merkle.prove_consistency(lookup, older_size=3, newer_size=7)
    body = merkle.format_add_checkpoint(3, proof, NOTE).decode()
    head, _, note = body.partition("\n\n")
    first, *lines = head.split("\n")
    assert (first, len(lines)) == ("old 3", len(proof))
    assert note.encode() == merkle.format_note(NOTE)
    empty = merkle.format_add_checkpoint(0, (), NOTE)
    assert empty == b"old 0\n\n" + merkle.format_note(NOTE)


def test_cosignature_is_taken_with_its_time_among_lines_of_others() -> None:
    cosigned = merkle.cosign(NOTE, WITNESS, timestamp=1_700_000_000)
    octets = answer(NOTE, SIGNER) + answer(cosigned, WITNESS)
    line, time = merkle.open_cosignatures(octets, NOTE, WITNESS.verifier())
    assert (line, time) == (
        cosigned.signature_by(WITNESS.verifier()),
        1_700_000_000,
    )


@pytest.mark.parametrize(
    "edit",
    [
        lambda _octets: b"",
        lambda octets: octets[:-1],
        lambda octets: octets + octets,
        lambda octets: octets + b"\n",
        lambda octets: b"\xff" + octets,
        lambda octets: octets.replace(b"w1", b"w2"),
        lambda octets: octets * 65,
        lambda _octets: b"x" * (merkle.ANSWER_LIMIT_BYTES + 1),
    ],
)
def test_other_answers_are_refused(edit: object) -> None:
    octets = answer(merkle.cosign(NOTE, WITNESS, timestamp=1), WITNESS)
    assert callable(edit)
    with pytest.raises(VerificationError):
        merkle.open_cosignatures(edit(octets), NOTE, WITNESS.verifier())


def test_cosignature_of_another_checkpoint_is_refused() -> None:
    other = merkle.Frontier().extend(LEAVES[:3]).head()
    note = merkle.sign_checkpoint(merkle.Checkpoint(origin=NAME, head=other), SIGNER)
    octets = answer(merkle.cosign(note, WITNESS, timestamp=1), WITNESS)
    assert parse_signature(octets.decode().rstrip("\n")).is_by(WITNESS.verifier())
    with pytest.raises(VerificationError):
        merkle.open_cosignatures(octets, NOTE, WITNESS.verifier())
