"""Whose signatures under C2PA manifests are trusted: certificates in a PEM file.

C2PA 2.2, section 14.4: https://spec.c2pa.org. A signer is trusted whose certificate
leads to one of the anchors on a trust list; the user says which list that is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import ManifestError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TrustList", "read_trust_list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustList:
    """Anchors, as PEM."""

    pem: str
    sha256: str
    """Of the file, in hex: so that the log says by which list was verified."""


def read_trust_list(path: Path) -> TrustList:
    """Read a file of certificates.

    Raises:
        ManifestError: It cannot be read, or holds no certificate.
    """
    from cryptography import x509  # noqa: PLC0415 - slow to load, and seldom needed

    try:
        data = path.read_bytes()
        x509.load_pem_x509_certificates(data)
        pem = data.decode()
    except OSError as error:
        raise ManifestError(
            f"{path} cannot be read: {error.strerror}",
            hint="Name a file of certificates (PEM).",
        ) from error
    except ValueError as error:
        raise ManifestError(
            f"{path} is no list of certificates",
            hint="Expected PEM: -----BEGIN CERTIFICATE----- and what belongs to it.",
        ) from error
    return TrustList(pem=pem, sha256=hashlib.sha256(data).hexdigest())
