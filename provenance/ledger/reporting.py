"""A ledger whose reports can be cited: signed, and checked against it later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from provenance.domain import Unit, parse_dataset, parse_unit
from provenance.errors import VerificationError
from provenance.ledger.reports import make_report
from provenance.ledger.transactions import Transactions
from provenance.ledger.view import AsOf, find_size
from provenance.log import log_size, parse_known_key, read_key
from provenance.log.cosignatures import load_checkpoint_of
from provenance.log.prove import hash_entries
from provenance.merkle import (
    format_note,
    hash_tree,
    lookup_leaves,
    prove_inclusion,
)
from provenance.report.envelope import open_envelope, seal_envelope
from provenance.report.statement import (
    REPORT_TYPE,
    CitedBatch,
    Statement,
    format_statement,
    list_differences,
    parse_statement,
    verify_statement,
)
from provenance.store import schema

__all__ = ["CheckedReport", "Reporting", "read_report"]

_DIFFERENCES_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedReport:
    """What a verified report says, and what of it was recomputed."""

    signer: str
    """Name of the key that signed it."""
    report: Mapping[str, Any]
    origin: str
    size: int
    """Entries of the log that the numbers are of."""
    batches: int
    recomputed: bool
    """The numbers are those that a ledger gives."""
    not_proved: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``report verify --json``."""
        return {
            "signer": self.signer,
            "report": dict(self.report),
            "origin": self.origin,
            "size": self.size,
            "batches": self.batches,
            "recomputed": self.recomputed,
            "not_proved": list(self.not_proved),
        }


def read_report(
    octets: bytes, vkey: str, log_vkeys: Sequence[str] = ()
) -> tuple[Statement, CheckedReport]:
    """Check a signed report without a ledger: signature, log, cited batches.

    Args:
        octets: The envelope.
        vkey: Verifier key of whoever signs reports, known from elsewhere.
        log_vkeys: Verifier keys of the log, known from elsewhere.

    Raises:
        KeyRefusedError: A key is none.
        VerificationError: It was changed, or contradicts itself.
    """
    key = parse_known_key(vkey)
    statement = parse_statement(open_envelope(octets, REPORT_TYPE, key))
    keys = [parse_known_key(text) for text in log_vkeys]
    checkpoint = verify_statement(statement, keys)
    unproved = ["the numbers were not recomputed: no ledger was asked"]
    if not keys:
        unproved.append("that the checkpoint is the log's: see --log-vkey")
    unproved.append("that what was recorded is true, or is all there was to record")
    return statement, CheckedReport(
        signer=str(key.name),
        report=statement.report,
        origin=str(checkpoint.origin),
        size=checkpoint.head.tree_size,
        batches=len(statement.batches),
        recomputed=False,
        not_proved=tuple(unproved),
    )


class Reporting(Transactions):
    """Signs reports and recomputes signed ones."""

    def sign_report(
        self,
        dataset: str,
        key: str | Path,
        *,
        by: Sequence[str] = (),
        unit: str | Unit = Unit.ITEMS,
        policy: str = "default",
        as_of: AsOf = None,
    ) -> bytes:
        """Make a report and sign it, with the log that it is of.

        Args:
            dataset: See ``Ledger.report``, as for what follows.
            key: File of the key that signs reports; better not the log's own.
            by: Groupings.
            unit: The unit of the breakdowns and of the depth.
            policy: Name of a stored policy.
            as_of: An earlier position, at which the log was signed.

        Returns:
            A DSSE envelope.

        Raises:
            KeyRefusedError: The file of the key holds none.
            LedgerStateError: The log is not signed as it stands, or stood then.
        """
        signer = read_key(Path(key))
        asked = {
            "dataset": dataset,
            "by": list(by),
            "unit": str(parse_unit(unit)),
            "policy": policy,
        }
        with self._reading() as connection:
            size = find_size(connection, as_of)
            size = log_size(connection) if size is None else size
            note = load_checkpoint_of(connection, size)
            report = _answer(connection, asked, size)
            statement = Statement(
                asked=asked,
                report=report,
                checkpoint=format_note(note),
                batches=tuple(_cite(connection, report["dataset"], size)),
            )
        return seal_envelope(format_statement(statement), REPORT_TYPE, signer)

    def verify_report(
        self, octets: bytes, vkey: str, log_vkeys: Sequence[str] = ()
    ) -> CheckedReport:
        """Check a signed report, and recompute its numbers as of its log.

        Names that were erased since are left out: their amounts are recomputed.

        Raises:
            VerificationError: It was changed, contradicts itself, is of another
                history, or its numbers are not what this ledger gave then.
        """
        statement, checked = read_report(octets, vkey, log_vkeys)
        with self._reading() as connection:
            self._verify_log(connection, statement, checked.size)
            found = _answer(connection, statement.asked, checked.size)
            erased = _is_erased_since(connection, checked.size)
        said = dict(statement.report)
        unproved = list(checked.not_proved[1:])
        if erased and "source" in said.get("by", {}):
            said, found = _unnamed(said), _unnamed(found)
            unproved.insert(0, "names of sources: some were erased since")
        differences = list_differences(said, found)
        if differences:
            raise VerificationError(
                "the numbers of the report are not those of the ledger: "
                f"{'; '.join(differences[:_DIFFERENCES_TOLD])}",
                hint="Run: provenance verify --deep, to see which of them is right.",
            )
        return replace(checked, recomputed=True, not_proved=tuple(unproved))

    def _verify_log(
        self, connection: sa.Connection, statement: Statement, size: int
    ) -> None:
        hashes = hash_entries(connection, size)
        if (len(hashes), hash_tree(hashes).hex()) != (
            size,
            statement.report["log"]["root"],
        ):
            raise VerificationError(
                f"the report is of {size} entries that are not this ledger's",
                hint="It is of another ledger, or one of the two was rewritten.",
            )
        cited = [batch.position for batch in statement.batches]
        dataset = statement.report["dataset"]
        standing = [batch.position for batch in _standing(connection, dataset, size)]
        if cited != standing:
            raise VerificationError(
                f"the report cites the batches at {cited}, of {dataset} stood "
                f"{standing}"
            )


def _is_erased_since(connection: sa.Connection, size: int) -> bool:
    table = schema.redactions
    query = sa.select(table.c.position).where(table.c.position >= size).limit(1)
    return connection.execute(query).first() is not None


def _unnamed(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report with its sources by their amounts alone."""
    amounts = [
        sorted((name, value) for name, value in group.items() if name != "source")
        for group in report["by"]["source"]
    ]
    return {**report, "by": {**report["by"], "source": sorted(amounts)}}


def _answer(
    connection: sa.Connection, asked: Mapping[str, Any], size: int
) -> dict[str, Any]:
    """Ask the ledger the question of a report; the answer as JSON reads it back."""
    report = make_report(
        connection,
        parse_dataset(str(asked["dataset"])),
        by=list(asked["by"]),
        unit=parse_unit(asked["unit"]),
        policy=str(asked["policy"]),
        as_of=size,
    )
    answer: dict[str, Any] = json.loads(json.dumps(report.to_dict()))
    return answer


def _standing(connection: sa.Connection, dataset: str, size: int) -> Sequence[Any]:
    """Return the batches of a dataset version that stood at a size of the log."""
    batches, datasets, gone = schema.batches, schema.datasets, schema.withdrawals
    name = parse_dataset(dataset)
    withdrawn = sa.select(gone.c.withdrawn).where(gone.c.position < size)
    return connection.execute(
        sa.select(batches.c.position, schema.log_entries.c.entry)
        .join(datasets, datasets.c.id == batches.c.dataset_id)
        .join(schema.log_entries, schema.log_entries.c.position == batches.c.position)
        .where(
            datasets.c.name == name.name,
            datasets.c.version == name.version,
            batches.c.position < size,
            batches.c.position.not_in(withdrawn),
        )
        .order_by(batches.c.position)
    ).all()


def _cite(connection: sa.Connection, dataset: str, size: int) -> Sequence[CitedBatch]:
    lookup = lookup_leaves(hash_entries(connection, size))
    return [
        CitedBatch(
            position=batch.position,
            entry=batch.entry,
            path=prove_inclusion(
                lookup, leaf_index=batch.position, tree_size=size
            ).hashes,
        )
        for batch in _standing(connection, dataset, size)
    ]
