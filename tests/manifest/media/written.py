"""Small media files written by the tests, and signed with certificates of their own."""

from __future__ import annotations

import datetime as dt
import io
import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_DAYS = dt.timedelta(days=1)


def make_xmp(source_type: str = "", *, element: bool = False, **others: str) -> bytes:
    """Write a packet; other properties of IPTC by their names."""
    said = {"DigitalSourceType": source_type} | others
    stated = {name: text for name, text in said.items() if text}
    attributes = elements = ""
    if element:
        elements = "".join(
            f"<Iptc4xmpExt:{name}>{text}</Iptc4xmpExt:{name}>"
            for name, text in stated.items()
        )
    else:
        attributes = "".join(f' Iptc4xmpExt:{n}="{t}"' for n, t in stated.items())
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        f'<rdf:Description rdf:about=""{attributes}>{elements}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def make_png(xmp: bytes = b"", *, seed: int = 0) -> bytes:
    """Write a picture of one pixel, of a colour of its own."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes([0, *seed.to_bytes(3)]))),
        (b"IEND", b""),
    ]
    if xmp:
        parts.insert(1, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))
    chunks = (
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def make_wav(seconds: float = 0.01) -> bytes:
    data = b"\0\0" * int(8000 * seconds)
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    body = b"WAVE" + head + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def make_action(
    source_type: str = "", action: str = "c2pa.created", **others: Any
) -> dict[str, Any]:
    stated = {"digitalSourceType": IPTC + source_type} if source_type else {}
    return {"action": action, **stated, **others}


def sign(
    data: bytes,
    actions: Sequence[Mapping[str, Any]],
    *,
    media_type: str = "image/png",
    ingredients: Sequence[tuple[Mapping[str, Any], bytes]] = (),
    assertions: Sequence[Mapping[str, Any]] = (),
) -> bytes:
    """Return a file with a C2PA manifest store.

    Args:
        ingredients: What is said of each, and the file itself.
    """
    manifest = {
        "claim_generator_info": [{"name": "tests", "version": "1"}],
        "title": "signed",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": list(actions)}},
            *assertions,
        ],
    }
    signed = io.BytesIO()
    with c2pa.Builder(json.dumps(manifest)) as builder:
        for said, content in ingredients:
            builder.add_ingredient(json.dumps(said), media_type, io.BytesIO(content))
        with c2pa.Signer.from_info(_make_signer()) as signer:
            builder.sign(signer, media_type, io.BytesIO(data), signed)
    return signed.getvalue()


@cache
def _make_signer() -> c2pa.C2paSignerInfo:
    """Make an authority, and a certificate by it that may sign documents."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, name = (_name(text) for text in ("Tests Root", "Tests"))
    root = _certify(root_name, root_name, root_key.public_key(), root_key, is_ca=True)
    leaf = _certify(name, root_name, key.public_key(), root_key, is_ca=False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = leaf.public_bytes(pem) + root.public_bytes(pem)
    return c2pa.C2paSignerInfo(b"es256", chain, private, None)


def make_anchor() -> bytes:
    """Return the certificate of the authority, as PEM."""
    mark = b"-----BEGIN"
    chain: bytes = _make_signer().sign_cert
    return mark + chain.rpartition(mark)[2]


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, text),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def _certify(
    name: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    by: ec.EllipticCurvePrivateKey,
    *,
    is_ca: bool,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    usage = dict.fromkeys(
        (
            *("content_commitment", "key_encipherment", "data_encipherment"),
            *("key_agreement", "encipher_only", "decipher_only", "crl_sign"),
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAYS)
        .not_valid_after(now + 30 * _DAYS)
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not is_ca, key_cert_sign=is_ca, **usage),
            critical=True,
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()),
            critical=False,
        )
    )
    if not is_ca:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]),
            critical=False,
        )
    return builder.sign(by, hashes.SHA256())
