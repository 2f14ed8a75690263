r"""A signed envelope: exactly these bytes, of exactly this type (DSSE).

https://github.com/secure-systems-lab/dsse/blob/master/protocol.md::

    {"payload": "<base64>", "payloadType": "<type>",
     "signatures": [{"keyid": "<key id>", "sig": "<base64>"}]}

    signature over  PAE = "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload

The type is signed with the payload, so that neither can be taken for something else;
the payload is verified first and read afterwards, the same bytes. Duplicate names,
unknown members and anything after the object are refused.
"""

from __future__ import annotations

import json
from typing import Any, Final

from provenance.errors import VerificationError
from provenance.merkle import SignatureType, SignerKey, VerifierKey
from provenance.merkle.encoding import format_base64, parse_base64
from provenance.merkle.keys import sign_message, verify_message

__all__ = ["ENVELOPE_LIMIT_BYTES", "open_envelope", "read_object", "seal_envelope"]

ENVELOPE_LIMIT_BYTES: Final = 64 * 1024 * 1024

_MEMBERS = {"payload", "payloadType", "signatures"}
_SIGNATURE = {"keyid", "sig"}
_SIGNATURES_LIMIT = 16


def _encode(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding of type and payload."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal_envelope(payload: bytes, payload_type: str, key: SignerKey) -> bytes:
    """Sign a payload and wrap it."""
    signature = sign_message(_encode(payload_type, payload), key)
    envelope = {
        "payload": format_base64(payload),
        "payloadType": payload_type,
        "signatures": [
            {"keyid": key.verifier().key_id.hex(), "sig": format_base64(signature)}
        ],
    }
    return json.dumps(envelope).encode() + b"\n"


def open_envelope(octets: bytes, payload_type: str, key: VerifierKey) -> bytes:
    """Verify an envelope and return its payload.

    Args:
        octets: The envelope.
        payload_type: The type that is expected, and no other.
        key: The signer's key, known from elsewhere; key ids in the envelope are
            hints, and not believed.

    Raises:
        VerificationError: It is no envelope, of another type, or not signed by the
            key.
    """
    if key.signature_type is not SignatureType.ED25519:
        raise VerificationError(f"{key.name} is the key of a witness")
    if len(octets) > ENVELOPE_LIMIT_BYTES:
        raise VerificationError(f"the envelope is {len(octets)} bytes long: too long")
    envelope = read_object(octets, "envelope")
    signatures = envelope.get("signatures")
    if set(envelope) != _MEMBERS or not isinstance(signatures, list):
        raise VerificationError("the envelope has other members than DSSE's")
    if envelope["payloadType"] != payload_type:
        raise VerificationError(
            f"the envelope holds a {envelope['payloadType']!r}, expected "
            f"{payload_type!r}"
        )
    payload = _parse(envelope["payload"], "payload")
    message = _encode(payload_type, payload)
    if not 1 <= len(signatures) <= _SIGNATURES_LIMIT:
        raise VerificationError(f"the envelope has {len(signatures)} signatures")
    faults = []
    for signature in signatures:
        if not isinstance(signature, dict) or set(signature) != _SIGNATURE:
            raise VerificationError("a signature of the envelope is not as DSSE has it")
        try:
            verify_message(message, _parse(signature["sig"], "signature"), key)
        except VerificationError as error:
            faults.append(error.message)
        else:
            return payload
    raise VerificationError(
        f"the envelope is not signed by {key.name}: {faults[0]}",
        hint="It was changed after signing, or the key is not the signer's.",
    )


def _parse(value: Any, what: str) -> bytes:
    if not isinstance(value, str):
        raise VerificationError(f"the {what} of the envelope is no text")
    return parse_base64(value, f"the {what} of the envelope")


def read_object(octets: bytes, what: str) -> dict[str, Any]:
    """Read one JSON object strictly: Unicode, no name twice, nothing after it.

    Raises:
        VerificationError: It is none.
    """
    try:
        read = json.loads(
            octets.decode(),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
        )
        json.dumps(read, ensure_ascii=False).encode()  # an escape may be half a letter
    except (ValueError, RecursionError) as error:
        raise VerificationError(f"the {what} is not strict JSON: {error}") from error
    if not isinstance(read, dict):
        raise VerificationError(f"the {what} is no JSON object")
    return read


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")
