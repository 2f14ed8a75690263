"""A ledger whose database is guarded against its own users."""

from __future__ import annotations

from provenance.ledger.transactions import Transactions
from provenance.store.roles import Roles, grant_roles

__all__ = ["Guarded"]


class Guarded(Transactions):
    """Hands out rights."""

    def grant_roles(
        self,
        *,
        owner: str | None = None,
        writer: str | None = None,
        reader: str | None = None,
    ) -> None:
        """Create the roles of a PostgreSQL ledger and give each what it may do.

        Run it again after an upgrade: new tables have no rights yet.

        Args:
            owner: Owns the tables; nobody should log in as it. ``provenance_owner``
                by default, and so on.
            writer: Records, and cannot change what is recorded.
            reader: Reads.

        Raises:
            LedgerStateError: The database has no roles, or the user may not make any.
        """
        named = {"owner": owner, "writer": writer, "reader": reader}
        roles = Roles(**{kind: name for kind, name in named.items() if name})
        with self._writing() as connection:
            grant_roles(connection, roles)
