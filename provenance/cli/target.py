"""The ledger that a command works on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provenance.ledger import Ledger

__all__ = ["Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """URL of the ledger, and the key that signs its log."""

    url: str
    key: Path | None = None

    def open(
        self, *, create: bool = True, upgrade: bool = False, read_only: bool = False
    ) -> Ledger:
        """Open the ledger; what that needs is loaded only now."""
        from provenance.ledger import Ledger  # noqa: PLC0415 - heavy

        return Ledger.open(
            self.url,
            create=create,
            upgrade=upgrade,
            read_only=read_only,
            key=None if read_only else self.key,
        )

    def rehearse(self) -> Ledger:
        """Open the ledger for what is not kept; where there is none, one in memory.

        So that a dry run leaves no file behind.
        """
        from provenance.store.engine import is_missing  # noqa: PLC0415 - heavy

        return Target("sqlite://").open() if is_missing(self.url) else self.open()
