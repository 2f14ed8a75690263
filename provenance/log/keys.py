"""Signing keys live in files of their own, readable by their owner only."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from provenance.errors import (
    KeyRefusedError,
    LedgerStateError,
    VerificationError,
    say_unwritable,
)
from provenance.merkle import (
    SignatureType,
    SignerKey,
    VerifierKey,
    format_signer_key,
    parse_signer_key,
    parse_verifier_key,
    to_key_name,
)

__all__ = ["make_key", "parse_known_key", "read_key"]

_OWNER_ONLY = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_key(path: Path, name: str, seed: bytes) -> SignerKey:
    """Write a new Ed25519 key; an existing file is never overwritten.

    Args:
        path: Where the key goes, with mode 0600.
        name: Name of the key and origin of the log: a URL without its scheme, such
            as ``example.org/ledger``.
        seed: 32 random bytes.

    Raises:
        LedgerStateError: The file exists, or cannot be written.
        KeyRefusedError: The name is not a key name.
    """
    try:
        key_name = to_key_name(name)
    except VerificationError as error:
        raise KeyRefusedError(
            error.message,
            hint="Name it by a URL without its scheme: example.org/ledger",
        ) from error
    key = SignerKey(name=key_name, signature_type=SignatureType.ED25519, seed=seed)
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError as error:
        raise LedgerStateError(
            f"{path} exists already",
            hint="Name another file, or use the key that is there.",
        ) from error
    except OSError as error:
        raise say_unwritable(path, error) from error
    with os.fdopen(opened, "w") as file:
        file.write(format_signer_key(key) + "\n")
    return key


def read_key(path: Path) -> SignerKey:
    """Read a key that others cannot read.

    Raises:
        LedgerStateError: The file is not there, or open to others.
        KeyRefusedError: It holds no key.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerStateError(
            f"the signing key {path} cannot be read",
            hint="Name the file of a key. To make one for the log: provenance log "
            "keygen NAME --out FILE; for reports: provenance report keygen NAME "
            "--out FILE",
        ) from error
    if mode & _OTHERS:
        raise LedgerStateError(
            f"the signing key {path} is open to other users",
            hint=f"Close it with: chmod 600 {path}",
        )
    try:
        return parse_signer_key(text)
    except VerificationError as error:
        raise KeyRefusedError(
            f"{path} holds no signing key: {error.message}",
            hint="Name the file that keygen or rotate wrote.",
        ) from error


def parse_known_key(text: str) -> VerifierKey:
    """Read a vkey that the caller knows from elsewhere.

    Unlike one that a ledger or a proof holds, it shows nothing about these if it
    cannot be read: it was not given as it is.

    Raises:
        KeyRefusedError: The text is not a vkey, or its parts disagree.
    """
    try:
        return parse_verifier_key(text)
    except VerificationError as error:
        raise KeyRefusedError(
            f"{text!r} is no verifier key: {error.message}",
            hint="Give the whole line that keygen or rotate printed: "
            "NAME+KEY ID+BASE64.",
        ) from error
