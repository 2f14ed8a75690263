"""Every error the ledger raises on purpose, in one tree.

::

    LedgerError                   the root: catch this one
    ├── ManifestError             the author of the data must act
    │   ├── ManifestChangedError  the file is not the one recorded before
    │   ├── UnreadableError       its bytes cannot be had: damage, rights, the disk
    │   └── QuarantineError       a bad row, and the caller asked to stop
    ├── NameRefusedError          a dataset, model or field name is not one
    ├── KeyRefusedError           a key that the caller gave, or a pin, is none
    ├── ClaimRefusedError         a claim says nothing, or what has no meaning
    ├── BoundRefusedError         a bound to check against is none, or missing
    ├── NotRecordedError          the ledger knows nothing under that name
    ├── LedgerStateError          the operator must act: location, rights, lock
    │   └── MigrationError        the schema of the ledger is not the expected one
    └── VerificationError         recorded history and its proof disagree
"""

from __future__ import annotations

__all__ = [
    "BROKEN_OFF",
    "BoundRefusedError",
    "ClaimRefusedError",
    "KeyRefusedError",
    "LedgerError",
    "LedgerStateError",
    "ManifestChangedError",
    "ManifestError",
    "MigrationError",
    "NameRefusedError",
    "NotRecordedError",
    "QuarantineError",
    "UnreadableError",
    "VerificationError",
    "say_unwritable",
]

BROKEN_OFF = "Query interrupted"
"""What a RuntimeError of DuckDB says when a signal ended a statement."""


class LedgerError(Exception):
    """The root of all errors raised on purpose; never raised directly.

    Attributes:
        message: What was found and what was expected, in one sentence.
        hint: What to do next; empty when nothing sensible can be said.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ManifestError(LedgerError):
    """A manifest cannot be read as what it claims to be."""


class ManifestChangedError(ManifestError):
    """A manifest was recorded before and its bytes or mapping differ now."""


class UnreadableError(ManifestError):
    """The bytes of a file cannot be had, so nobody can tell what it holds."""


class QuarantineError(ManifestError):
    """A row is bad, and the caller asked to stop at the first bad row."""


class NameRefusedError(LedgerError):
    """A name breaks the grammar of names, or names several things."""


class KeyRefusedError(LedgerError):
    """What the caller gave as a key, a key's name or a pin cannot be read as one."""


class ClaimRefusedError(LedgerError):
    """A claim says nothing, or something that has no meaning."""


class BoundRefusedError(LedgerError):
    """A bound that a dataset is to be held against is none, or none is given."""


class NotRecordedError(LedgerError):
    """The ledger holds nothing under the given name."""


class LedgerStateError(LedgerError):
    """The ledger cannot be opened, written or locked as it stands."""


class MigrationError(LedgerStateError):
    """The schema of the ledger is newer, older or other than expected."""


class VerificationError(LedgerError):
    """Recorded bytes do not agree with the hashes or signatures over them."""


def say_unwritable(place: object, error: OSError) -> LedgerStateError:
    """Turn what the system says of a file that is to be written into what to do."""
    return LedgerStateError(
        f"{place} cannot be written: {error.strerror}",
        hint="Check that its folder exists, its rights, and the room on the disk.",
    )
