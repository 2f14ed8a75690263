"""The log: every change of facts, in order, and the trees over them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from provenance.store.schema.metadata import ID, METADATA, id_column, position_column

__all__ = [
    "batch_tiles",
    "checkpoints",
    "cosignatures",
    "log_entries",
    "log_state",
    "redactions",
    "reservations",
    "withdrawals",
]


def _record_columns() -> tuple[Column[int], Column[int]]:
    """The key of what is said of one logged record."""
    return (
        Column(
            "batch",
            ForeignKey("log_entries.position"),
            primary_key=True,
            comment="log position of the batch",
        ),
        Column(
            "leaf_index",
            BigInteger,
            primary_key=True,
            comment="place in its tree, from 0",
        ),
    )


log_entries = Table(
    "log_entries",
    METADATA,
    Column("position", ID, primary_key=True, autoincrement=False, comment="from 0"),
    Column("kind", Text, nullable=False, comment="batch, model, dataset, policy …"),
    Column("entry", LargeBinary, nullable=False, comment="exact bytes of the entry"),
    Column("recorded_at", BigInteger, nullable=False, comment="time of logging"),
    comment="every change of facts, in order; its length is the as-of position",
)

log_state = Table(
    "log_state",
    METADATA,
    id_column(),
    Column("size", BigInteger, nullable=False, comment="entries in the log"),
    Column("root", LargeBinary, nullable=False, comment="RFC 6962 root over them"),
    Column("peaks", LargeBinary, nullable=False, comment="right edge of the tree"),
    comment="the head of the log, replaced by compare-and-swap on size and root",
)

batch_tiles = Table(
    "batch_tiles",
    METADATA,
    Column("batch_id", BigInteger, primary_key=True, comment="→ batches"),
    Column("level", SmallInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("hashes", LargeBinary, nullable=False, comment="up to 256 × 32 bytes"),
    comment="tiles of level 1 and above of the tree over each batch's records",
)

checkpoints = Table(
    "checkpoints",
    METADATA,
    Column("size", ID, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, comment="signed note; null when unsigned"),
    comment="tree heads of the log, one root per size",
)

cosignatures = Table(
    "cosignatures",
    METADATA,
    Column("size", ForeignKey("checkpoints.size"), primary_key=True),
    Column("witness", Text, primary_key=True, comment="verifier key of the witness"),
    Column(
        "cosigned_at",
        BigInteger,
        primary_key=True,
        comment="POSIX time at which the witness had seen this head",
    ),
    Column("line", Text, nullable=False, comment="signature line of the note"),
    comment="what witnesses vouch for (C2SP tlog-cosignature)",
)

reservations = Table(
    "reservations",
    METADATA,
    *_record_columns(),
    Column("said", Text, nullable=False, comment="header lines, names in lower case"),
    position_column(),
    comment="what reserves records from mining or training, as their source said",
)

redactions = Table(
    "redactions",
    METADATA,
    *_record_columns(),
    Column("item", LargeBinary, comment="item key that the record keeps"),
    Column("leaf", LargeBinary, nullable=False, comment="hash of the leaf as logged"),
    Column(
        "remains",
        LargeBinary,
        nullable=False,
        comment="hash of the leaf without name and URL",
    ),
    position_column(),
    comment="records whose name and URL were erased; their leaves stand by hash",
)

withdrawals = Table(
    "withdrawals",
    METADATA,
    Column("position", ForeignKey("log_entries.position"), primary_key=True),
    Column("withdrawn", ForeignKey("log_entries.position"), primary_key=True),
    Column("why", Text, nullable=False),
    comment="later facts that take back earlier ones (PROV Revision)",
)
