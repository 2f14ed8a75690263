"""A ledger that proves to outsiders what it holds."""

from __future__ import annotations

import re
from pathlib import Path

from provenance.ledger.transactions import Transactions
from provenance.log.export import Exported, export_log
from provenance.log.proof import Proof
from provenance.log.prove import prove_entry, prove_record
from provenance.query.records import find_records

__all__ = ["Proofs"]

_POSITION = re.compile(r"0|[1-9][0-9]{0,17}")


class Proofs(Transactions):
    """Makes proofs of records and entries, and publishes the log."""

    def prove(self, subject: str) -> Proof:
        """Prove that a record, or an entry of the log, was recorded.

        Args:
            subject: ``POSITION`` of a log entry; ``POSITION:INDEX`` of a record in
                its batch; or a digest, a name, ``DATASET#NAME`` or a URL: of the
                records that have it, the one logged first that was not withdrawn.

        Raises:
            LedgerStateError: No signed checkpoint covers it, or it was erased.
            NotRecordedError: Nothing of that name or place is recorded.
            VerificationError: The ledger is not what its log says.
        """
        with self._reading() as connection:
            if _POSITION.fullmatch(subject.strip()):
                return prove_entry(connection, int(subject))
            found = find_records(connection, subject)
            first = min(found, key=lambda place: (place.withdrawn, place.id))
            return prove_record(connection, first.position, first.index)

    def export(self, folder: str | Path, *, batches: bool = False) -> Exported:
        """Write the log as static C2SP files, as far as its newest checkpoint goes.

        Args:
            folder: Where the files go; what is there already is not written again.
            batches: Write the hashes of every batch's tree too.

        Raises:
            LedgerStateError: Nothing is signed yet, or a file cannot be written.
            VerificationError: Ledger, checkpoint and folder do not agree.
        """
        with self._reading() as connection:
            return export_log(connection, Path(folder), batches=batches)
