"""`provenance.merkle.cosignature`: witnesses and their time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle import vectors
from merkle.strategies import checkpoints, seeds

from provenance import merkle
from provenance.errors import LedgerStateError, VerificationError

MIRROR = merkle.parse_verifier_key(vectors.MIRROR_VKEY)
MIRROR_NOTE = merkle.parse_note(vectors.MIRROR_NOTE)
TESSERA = merkle.parse_signer_key(vectors.TESSERA_SIGNER)
NOTE = merkle.parse_note(vectors.TESSERA_CHECKPOINT_15)
WITNESS = merkle.SignerKey(
    name=merkle.to_key_name("witness.example/w1"),
    signature_type=merkle.SignatureType.COSIGNATURE,
    seed=bytes(range(32)),
)


def test_the_published_cosignature_verifies_and_tells_its_time() -> None:
    merkle.verify_cosignature(MIRROR_NOTE, MIRROR)
    assert merkle.cosigned_at(MIRROR_NOTE, MIRROR) == vectors.MIRROR_TIME


@given(checkpoints, seeds, st.integers(0, 2**63 - 1))
def test_any_checkpoint_is_cosigned_at_any_time(
    checkpoint: merkle.Checkpoint, seed: bytes, timestamp: int
) -> None:
    log = merkle.SignerKey(
        name=checkpoint.origin,
        signature_type=merkle.SignatureType.ED25519,
        seed=seed,
    )
    note = merkle.cosign(
        merkle.sign_checkpoint(checkpoint, log), WITNESS, timestamp=timestamp
    )
    again = merkle.parse_note(merkle.format_note(note))
    assert timestamp == merkle.cosigned_at(again, WITNESS.verifier())
    merkle.verify_checkpoint(again, log.verifier())


def test_a_flipped_bit_in_text_or_cosignature_is_refused() -> None:
    for bit in range(8 * len(vectors.MIRROR_NOTE)):
        flipped = bytearray(vectors.MIRROR_NOTE)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VerificationError):
            merkle.verify_cosignature(merkle.parse_note(bytes(flipped)), MIRROR)


def test_a_later_cosignature_replaces_the_earlier_one() -> None:
    once = merkle.cosign(NOTE, WITNESS, timestamp=1)
    twice = merkle.cosign(once, WITNESS, timestamp=2)
    assert len(NOTE.signatures) + 1 == len(twice.signatures)
    assert merkle.cosigned_at(twice, WITNESS.verifier()) == 2


def test_one_key_of_both_types_makes_two_lines() -> None:
    """The key id tells the types apart, so neither passes for the other."""
    both = merkle.cosign(
        NOTE,
        replace(TESSERA, signature_type=merkle.SignatureType.COSIGNATURE),
        timestamp=1,
    )
    assert len(both.signatures) == 2
    merkle.verify_checkpoint(both, TESSERA.verifier())


def with_cosignature(signature: bytes) -> merkle.Note:
    witness = WITNESS.verifier()
    line = merkle.NoteSignature(
        key_name=witness.name, key_id=witness.key_id, signature=signature
    )
    return NOTE.with_signature(line, witness)


@pytest.mark.parametrize(
    ("note", "words"),
    [
        pytest.param(NOTE, "not cosigned by witness", id="absent"),
        pytest.param(with_cosignature(b"x"), "holds 1 bytes, expected 72", id="short"),
        pytest.param(with_cosignature(bytes(73)), "holds 73 bytes", id="long"),
        pytest.param(
            with_cosignature(b"\x80" + bytes(71)), "expected less than 2", id="time"
        ),
        pytest.param(with_cosignature(bytes(72)), "does not verify", id="forged"),
        pytest.param(
            replace(
                with_cosignature(bytes(72)),
                signatures=with_cosignature(bytes(72)).signatures[1:] * 2,
            ),
            "signed 2 times by witness",
            id="twice",
        ),
    ],
)
def test_a_cosignature_is_refused(note: merkle.Note, words: str) -> None:
    with pytest.raises(VerificationError, match=words):
        merkle.verify_cosignature(note, WITNESS.verifier())


def test_a_signature_of_the_text_alone_is_not_a_cosignature() -> None:
    line = merkle.sign_note(
        NOTE.text, replace(WITNESS, signature_type=merkle.SignatureType.ED25519)
    ).signatures[0]
    forged = with_cosignature(bytes(8) + line.signature)
    with pytest.raises(VerificationError, match="does not verify"):
        merkle.verify_cosignature(forged, WITNESS.verifier())


def test_only_checkpoints_are_cosigned() -> None:
    note = merkle.sign_note("hello\n", TESSERA)
    with pytest.raises(VerificationError, match="checkpoint has 1 lines"):
        merkle.cosign(note, WITNESS, timestamp=1)


def test_a_log_key_neither_makes_nor_verifies_cosignatures() -> None:
    with pytest.raises(LedgerStateError, match="is not a cosigner's key"):
        merkle.cosign(NOTE, TESSERA, timestamp=1)
    with pytest.raises(VerificationError, match="is not a cosigner's key"):
        merkle.verify_cosignature(NOTE, TESSERA.verifier())


@pytest.mark.parametrize("timestamp", [-1, 2**63])
def test_a_time_that_cannot_be_written_is_refused(timestamp: int) -> None:
    with pytest.raises(ValueError, match=f"timestamp is {timestamp}"):
        merkle.cosign(NOTE, WITNESS, timestamp=timestamp)
