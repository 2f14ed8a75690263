"""A ledger whose log is vouched for by others, and held against what they keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.ledger.transactions import Transactions
from provenance.log import parse_known_key
from provenance.log.cosignatures import (
    last_cosigned_size,
    load_checkpoint,
    store_cosignature,
)
from provenance.log.history import Branch
from provenance.log.prove import hash_entries
from provenance.log.witness import ask_witness
from provenance.merkle import parse_checkpoint

__all__ = ["Cosigned", "Witnessed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """A witness's word for the log."""

    witness: str
    origin: str
    entries: int
    cosigned_at: int
    """POSIX time at which the witness had seen these entries."""

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``log witness --json``."""
        return asdict(self)


class Witnessed(Transactions):
    """Gathers cosignatures, and tells the log's history."""

    def cosign(self, url: str, vkey: str) -> Cosigned:
        """Have a witness vouch for the newest checkpoint, and keep its cosignature.

        Args:
            url: The witness's submission prefix (C2SP tlog-witness).
            vkey: The witness's verifier key, known from elsewhere.

        Raises:
            KeyRefusedError: The key is none.
            LedgerStateError: Nothing is signed, or the witness cannot be reached or
                does not know this log.
            VerificationError: The witness has seen a longer or another history.
        """
        key = parse_known_key(vkey)
        with self._reading() as connection:
            branch = _load_branch(connection)
            old_size = last_cosigned_size(connection, key)
        size = branch.head.tree_size

        def prove(older: int) -> Sequence[Any]:
            return branch.prove(older, size)[1]

        line, time = ask_witness(url, key, branch.note, old_size, prove)
        with self._writing() as connection:
            store_cosignature(connection, size, key, line, time)
        origin = str(parse_checkpoint(branch.note.text).origin)
        return Cosigned(
            witness=str(key.name), origin=origin, entries=size, cosigned_at=time
        )

    def branch(self) -> Branch:
        """Return the tree under the newest checkpoint, to compare others with.

        Raises:
            LedgerStateError: Nothing is signed.
            VerificationError: The entries are not those of the checkpoint.
        """
        with self._reading() as connection:
            return _load_branch(connection)


def _load_branch(connection: sa.Connection) -> Branch:
    note = load_checkpoint(connection)
    head = parse_checkpoint(note.text).head
    branch = Branch.of_leaves(hash_entries(connection, head.tree_size), note)
    if not branch.has(head):
        raise VerificationError(
            f"the entries do not make the root of the checkpoint of {head.tree_size}",
            hint="Run: provenance verify",
        )
    return branch
