"""`provenance.merkle.keys`: Ed25519 keys and their text forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle import vectors
from merkle.strategies import names, signer_keys, verifier_keys

from provenance import merkle
from provenance.errors import VerificationError
from provenance.merkle.keys import sign_message, verify_message

OWN_KEY = merkle.SignerKey(
    name=merkle.to_key_name(vectors.OWN_NAME),
    signature_type=merkle.SignatureType.ED25519,
    seed=vectors.OWN_SEED,
)
FOO, FOO_ID, FOO_MATERIAL = vectors.FOO_VKEY.split("+", 2)


@pytest.mark.parametrize(
    "text",
    [vectors.FOO_VKEY, vectors.TESSERA_VKEY, vectors.OWN_VKEY, vectors.MIRROR_VKEY],
)
def test_published_verifier_keys_are_read_and_written(text: str) -> None:
    key = merkle.parse_verifier_key(text)
    assert text == merkle.format_verifier_key(key)


def test_the_type_of_a_key_is_read() -> None:
    log = merkle.parse_verifier_key(vectors.FOO_VKEY)
    mirror = merkle.parse_verifier_key(vectors.MIRROR_VKEY)
    types = [merkle.SignatureType.ED25519, merkle.SignatureType.COSIGNATURE]
    assert types == [log.signature_type, mirror.signature_type]


def test_a_published_signer_key_is_read_and_written() -> None:
    key = merkle.parse_signer_key(vectors.TESSERA_SIGNER)
    assert merkle.format_signer_key(key) == vectors.TESSERA_SIGNER
    assert merkle.format_verifier_key(key.verifier()) == vectors.TESSERA_VKEY


def test_the_own_seed_gives_the_own_verifier_key() -> None:
    assert merkle.format_verifier_key(OWN_KEY.verifier()) == vectors.OWN_VKEY


@given(verifier_keys)
def test_verifier_keys_survive(key: merkle.VerifierKey) -> None:
    assert key == merkle.parse_verifier_key(merkle.format_verifier_key(key))


@given(signer_keys)
def test_signer_keys_survive(key: merkle.SignerKey) -> None:
    assert key == merkle.parse_signer_key(merkle.format_signer_key(key))


@given(signer_keys, st.binary(max_size=100), st.integers(0, 511))
def test_a_signature_holds_for_its_message_only(
    key: merkle.SignerKey, message: bytes, bit: int
) -> None:
    signature = sign_message(message, key)
    verify_message(message, signature, key.verifier())
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    for forged in ((message + b"\n", signature), (message, bytes(flipped))):
        with pytest.raises(VerificationError, match="does not verify"):
            verify_message(*forged, key.verifier())


@given(names, st.binary(min_size=32, max_size=32))
def test_a_key_of_another_type_has_another_id(
    name: merkle.KeyName, public_key: bytes
) -> None:
    ids = {
        merkle.VerifierKey(
            name=name, signature_type=signature_type, public_key=public_key
        ).key_id
        for signature_type in merkle.SignatureType
    }
    assert len(ids) == 2


def test_a_seed_is_never_shown() -> None:
    assert "seed" not in repr(OWN_KEY)
    assert str(vectors.OWN_SEED) not in repr(OWN_KEY)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "verifier key is not <name>", id="empty"),
        pytest.param(FOO, "verifier key is not <name>", id="only-a-name"),
        pytest.param(f"{FOO}+{FOO_ID}", "verifier key is not <name>", id="no-key"),
        pytest.param(f"+{FOO_ID}+{FOO_MATERIAL}", "name .* is empty", id="no-name"),
        pytest.param(
            f"a b+{FOO_ID}+{FOO_MATERIAL}", r"U\+0020, at character 2", id="space"
        ),
        pytest.param(
            f"a\u2028b+{FOO_ID}+{FOO_MATERIAL}", r"U\+2028, at", id="line-separator"
        ),
        pytest.param(
            f"a\u00a0b+{FOO_ID}+{FOO_MATERIAL}", r"U\+00A0, at", id="no-break-space"
        ),
        pytest.param(
            f"a\x00+{FOO_ID}+{FOO_MATERIAL}", r"control character U\+0000", id="nul"
        ),
        pytest.param(
            f"{'a' * 256}+{FOO_ID}+{FOO_MATERIAL}", "256 bytes long", id="long-name"
        ),
        pytest.param(
            f"{'é' * 128}+{FOO_ID}+{FOO_MATERIAL}", "256 bytes long", id="long-in-utf-8"
        ),
        pytest.param(
            f"{FOO}+{FOO_ID.upper()}+{FOO_MATERIAL}", "is not 530d903a", id="upper-id"
        ),
        pytest.param(
            f"{FOO}+{FOO_ID[:-1]}+{FOO_MATERIAL}", "is not 530d903a", id="short-id"
        ),
        pytest.param(
            f"{FOO}+ 530d903a+{FOO_MATERIAL}", "is not 530d903a", id="space-in-id"
        ),
        pytest.param(f"{FOO}x+{FOO_ID}+{FOO_MATERIAL}", "key id of", id="other-name"),
        pytest.param(f"{FOO}+{FOO_ID}+", "signature type none", id="no-material"),
        pytest.param(f"{FOO}+{FOO_ID}+Ag==", "signature type 02, expected", id="ecdsa"),
        pytest.param(
            f"{FOO}+{FOO_ID}+Bg==", "signature type 06, expected", id="ml-dsa"
        ),
        pytest.param(f"{FOO}+{FOO_ID}+AQ==", "holds 0 bytes", id="type-only"),
        pytest.param(f"{FOO}+{FOO_ID}+{FOO_MATERIAL[:-4]}", "29 bytes", id="cut-off"),
        pytest.param(f"{FOO}+{FOO_ID}+{FOO_MATERIAL}AAAA", "35 bytes", id="too-long"),
        pytest.param(f"{FOO}+{FOO_ID}+{FOO_MATERIAL}\n", "is not base64", id="newline"),
        pytest.param(f"{FOO}+{FOO_ID}+A", "last part .* is not base64", id="base64"),
    ],
)
def test_a_verifier_key_is_refused(text: str, words: str) -> None:
    with pytest.raises(VerificationError, match=words):
        merkle.parse_verifier_key(text)


def test_a_flipped_bit_in_a_verifier_key_is_refused() -> None:
    octets = vectors.FOO_VKEY.encode()
    for bit in range(8 * len(octets)):
        flipped = bytearray(octets)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VerificationError):
            merkle.parse_verifier_key(flipped.decode("latin-1"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(vectors.FOO_VKEY, "does not start with PRIVATE", id="public"),
        pytest.param("PRIVATE+KEY+abcd", "is not <name>", id="only-a-name"),
        pytest.param(vectors.TESSERA_SIGNER[:-4], "seed holds 29", id="cut-off"),
        pytest.param(vectors.TESSERA_SIGNER + "=", "is not", id="padding"),
        pytest.param(
            vectors.TESSERA_SIGNER.replace("33d7b496", "33d7b497"),
            "is not 33d7b496",
            id="other-id",
        ),
        pytest.param(
            vectors.TESSERA_SIGNER.replace("testdata", "testdate"),
            "key id of",
            id="other-name",
        ),
    ],
)
def test_a_signer_key_is_refused_without_quoting_it(text: str, words: str) -> None:
    with pytest.raises(VerificationError, match=words) as caught:
        merkle.parse_signer_key(text)
    secret = text.rpartition("+")[2]
    assert secret[:12] not in caught.value.message
    assert secret[-12:] not in caught.value.message


def test_the_longest_name_is_accepted() -> None:
    assert merkle.to_key_name("é" * 127 + "a") == "é" * 127 + "a"


def test_a_key_cannot_be_made_with_a_bad_name() -> None:
    name, log = merkle.KeyName("a b"), merkle.SignatureType.ED25519
    with pytest.raises(VerificationError, match=r"U\+0020, at character 2"):
        merkle.VerifierKey(name=name, signature_type=log, public_key=bytes(32))
    with pytest.raises(VerificationError, match=r"U\+0020, at character 2"):
        merkle.SignerKey(name=name, signature_type=log, seed=bytes(32))


def test_keys_of_another_length_are_refused() -> None:
    name = merkle.to_key_name("a")
    log = merkle.SignatureType.ED25519
    with pytest.raises(VerificationError, match="public key holds 31 bytes"):
        merkle.VerifierKey(name=name, signature_type=log, public_key=bytes(31))
    with pytest.raises(VerificationError, match="seed holds 33 bytes"):
        merkle.SignerKey(name=name, signature_type=log, seed=bytes(33))
