"""A ledger whose log can be signed, and checked against itself."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from provenance.errors import LedgerStateError
from provenance.ledger.facts import record_key
from provenance.ledger.transactions import Transactions
from provenance.ledger.verify import Verified, verify_derived, verify_ledger
from provenance.log import make_key, parse_known_key, sign_head
from provenance.log.anchor import Anchors
from provenance.log.quorum import Quorum
from provenance.merkle import SignerKey, format_verifier_key
from provenance.store import schema
from provenance.store.engine import refuse_read_only

__all__ = ["Signed"]


class Signed(Transactions):
    """Makes keys and checkpoints, and verifies."""

    def make_key(self, path: str | Path, name: str) -> str:
        """Make a signing key for the log, record it, and sign the log with it.

        Args:
            path: Where the key goes: a file outside the database, mode 0600.
            name: Origin of the log, a URL without scheme: ``example.org/ledger``.

        Returns:
            The verifier key: hand it to whoever is to check the log.

        Raises:
            KeyRefusedError: The name is not a key name.
            LedgerStateError: The log has a key already.
        """
        with self._writing(sign=False) as connection:
            _verify_first(connection)
            key = make_key(Path(path), name, secrets.token_bytes(32))
            record_key(connection, key, self._clock())
            sign_head(connection, key)
        self._signer = key
        return format_verifier_key(key.verifier())

    def rotate_key(self, path: str | Path) -> str:
        """Make a new signing key of the same name; both sign the change.

        Raises:
            LedgerStateError: The ledger was opened without its present key.
        """
        old = self._signed_by()
        with self._writing() as connection:
            key = make_key(Path(path), old.name, secrets.token_bytes(32))
            record_key(connection, key, self._clock(), previous=old)
            sign_head(connection, old, key)
        self._signer = key
        return format_verifier_key(key.verifier())

    def checkpoint(self) -> str:
        """Sign the log as it stands and return the note (C2SP tlog-checkpoint).

        Raises:
            LedgerStateError: The ledger was opened without its present key.
        """
        signer = self._signed_by()
        with self._writing() as connection:
            return sign_head(connection, signer)

    def _signed_by(self) -> SignerKey:
        if self._signer is None:
            raise LedgerStateError(
                "no signing key was given",
                hint="Name it with --key or $PROVENANCE_KEY, or make one with: "
                "provenance log keygen NAME --out FILE",
            )
        return self._signer

    def verify(
        self,
        *,
        deep: bool = False,
        vkey: str | Sequence[str] = (),
        pin: bytes | None = None,
        quorum: Quorum | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Verified:
        """Check the ledger against its log.

        Args:
            deep: Hash every record and edge anew, and rebuild the derived tables, in a
                transaction that is undone: a ledger opened read-only refuses it.
            vkey: The log's verifier key, known from elsewhere; of keys that were
                rotated any one will do, or several.
            pin: A checkpoint of this log that was kept elsewhere: the log must be a
                continuation of it.
            quorum: Witnesses that must vouch for the log.
            progress: Called with records hashed so far and records in all.

        Raises:
            KeyRefusedError: A key is none, or the pin is no checkpoint.
            VerificationError: What is recorded is not what was logged, or what was
                logged is not what others vouch for.
            LedgerStateError: It is to be deep, of a ledger opened read-only.
        """
        vkeys = [vkey] if isinstance(vkey, str) else vkey
        keys = tuple(parse_known_key(text) for text in vkeys)
        anchors = Anchors(keys=keys, pin=pin, quorum=quorum)
        if deep:
            refuse_read_only(self._engine)
        with self._reading() as connection:
            done = verify_ledger(
                connection, deep=deep, anchors=anchors, progress=progress
            )
        if not deep:
            return done
        started = time.monotonic()
        with self._writing(keep=False) as connection:
            verify_derived(connection)
        return replace(done, derived_seconds=time.monotonic() - started)


def _verify_first(connection: sa.Connection) -> None:
    entries = schema.log_entries
    query = sa.select(sa.exists().where(entries.c.kind == "key"))
    if connection.execute(query).scalar():
        raise LedgerStateError(
            "the log has a signing key already, and a second one would have nothing "
            "to do with it",
            hint="Change to a new key, signed by both, with: provenance --key FILE "
            "log rotate --out NEW",
        )
