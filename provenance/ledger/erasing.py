"""A ledger that can forget names and URLs, and still be verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from provenance.domain import read_names
from provenance.domain.claims import read_reason
from provenance.ledger.transactions import Transactions
from provenance.lineage import rebuild
from provenance.log.redact import redact_records
from provenance.query.records import find_records
from provenance.store import schema
from provenance.store.amounts import DIMENSIONS
from provenance.store.engine import forget_pages

__all__ = ["Erased", "Erasing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure came to."""

    records: int
    """Records whose name and URL are gone."""
    before: int
    """Records that had been erased before."""
    positions: tuple[int, ...]
    """Log positions of the redaction."""

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``records redact --json``."""
        return asdict(self) | {"positions": list(self.positions)}


class Erasing(Transactions):
    """Erases on request."""

    def redact(self, subjects: Sequence[str], why: str) -> Erased:
        """Erase name and URL of records, after logging that they are erased.

        Where a record has a salt it goes, too: nobody can guess them by its leaf.
        Digests, amounts, lineage by digest and every proof made before stay valid.
        The derived tables are rebuilt: what was told by host goes to none, and edges
        that called an erased record by name or URL lead nowhere now.

        Args:
            subjects: Digests, names, ``DATASET#NAME``, URLs or ``POSITION:INDEX``; of
                each, all records that have it, withdrawn ones too.
            why: Said in the log, for good: name nobody in it.

        Raises:
            ClaimRefusedError: No reason is given.
            LedgerStateError: On PostgreSQL, when the user is not the tables' owner.
            NameRefusedError: The list of subjects is a text.
            NotRecordedError: A subject stands for nothing.
            VerificationError: A record is not what was logged.
        """
        reason = read_reason(why)
        named = read_names("subjects", subjects)
        with self._writing() as connection:
            ids = set[int]()
            for subject in named:
                ids.update(place.id for place in find_records(connection, subject))
            gone = _erased_before(connection, ids)
            positions: list[int] = []
            if ids - gone:
                domains = _domains(connection)
                positions = redact_records(
                    connection, sorted(ids - gone), reason, self._clock()
                )
                rebuild(connection, positions[-1])
                lost = sorted(domains - _domains(connection))
                _forget_domains(connection, lost, positions[-1])
        forget_pages(self._engine)
        return Erased(
            records=len(ids - gone), before=len(gone), positions=tuple(positions)
        )


def _domains(connection: sa.Connection) -> set[str]:
    """Return the domains that records were taken from."""
    return set(
        connection.execute(sa.select(schema.sources.c.domain).distinct()).scalars()
    )


def _forget_domains(
    connection: sa.Connection, domains: Sequence[str], position: int
) -> None:
    """Call domains that are erased something else, where sums were kept by them.

    What was told of earlier positions keeps its amounts, without their name.
    """
    values, tallies = schema.tally_values, schema.tallies
    elsewhere = sa.exists().where(
        tallies.c.value_id == values.c.id,
        tallies.c.dimension != DIMENSIONS["source"],
    )
    for number, domain in enumerate(domains):
        connection.execute(
            values.update()
            .where(values.c.value == domain, ~elsewhere)
            .values(value=f"(erased {position}.{number})")
        )


def _erased_before(connection: sa.Connection, ids: set[int]) -> set[int]:
    table, batches = schema.redactions, schema.batches
    number = batches.c.first_record + table.c.leaf_index
    query = sa.select(number).join(batches, batches.c.position == table.c.batch)
    return ids & set(connection.execute(query).scalars())
