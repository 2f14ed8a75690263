"""Make proofs from the ledger: tree paths, entries, and the checkpoint they lead to."""

from __future__ import annotations

import sqlalchemy as sa

from provenance.domain.leaf import name_fields
from provenance.errors import NotRecordedError, VerificationError
from provenance.log.batch_hashes import read_batch_tile, read_leaf
from provenance.log.batches import find_batch
from provenance.log.cosignatures import load_checkpoint
from provenance.log.entries import parse_entry
from provenance.log.proof import Proof, make_claim
from provenance.merkle import (
    EntryProof,
    LeafHash,
    RootHash,
    TreeHead,
    format_entry_proof,
    hash_leaf,
    hash_leaves,
    lookup_leaves,
    lookup_tiles,
    parse_checkpoint,
    prove_inclusion,
    verify_inclusion,
)
from provenance.merkle.tree import Hash
from provenance.store import schema

__all__ = ["hash_entries", "prove_entry", "prove_record"]


def hash_entries(connection: sa.Connection, size: int) -> list[LeafHash]:
    """Hash the first entries of the log, in their order.

    Raises:
        VerificationError: An entry is no bytes.
    """
    table = schema.log_entries
    query = (
        sa.select(table.c.entry)
        .where(table.c.position < size)
        .order_by(table.c.position)
    )
    entries = connection.execute(query).scalars().all()
    for position, entry in enumerate(entries):
        if not isinstance(entry, bytes):
            raise VerificationError(f"log_entries: position {position} is no bytes")
    return hash_leaves(entries)


def prove_entry(connection: sa.Connection, position: int) -> Proof:
    """Prove that an entry stands in the log, under its newest checkpoint.

    Raises:
        LedgerStateError: No signed checkpoint covers the entry.
        NotRecordedError: There is no such entry.
        VerificationError: The ledger is not what its log says: no proof is made.
    """
    entry, tlog_proof = _prove_entry(connection, position)
    kind, body = parse_entry(entry)
    return Proof(
        claim=make_claim(position, kind, body), entry=entry, tlog_proof=tlog_proof
    )


def prove_record(connection: sa.Connection, position: int, index: int) -> Proof:
    """Prove that a record stands in a batch of the log.

    Args:
        connection: An open transaction.
        position: Log position of the batch.
        index: Place of the record among the leaves of the batch, from 0.

    Raises:
        LedgerStateError: No signed checkpoint covers the batch, or the record's name
            and URL were erased.
        NotRecordedError: There is no such record.
        VerificationError: The ledger is not what its log says: no proof is made.
    """
    table = schema.batches
    first = connection.execute(
        sa.select(table.c.first_record).where(
            table.c.position == position, table.c.records > index
        )
    ).scalar_one_or_none()
    if first is None:
        raise NotRecordedError(
            f"the log has no record {position}:{index}",
            hint="See: provenance batch list",
        )
    batch = find_batch(connection, first)
    entry, tlog_proof = _prove_entry(connection, position)
    kind, body = parse_entry(entry)
    leaf = read_leaf(connection, batch.first_record + index)
    lookup = lookup_tiles(read_batch_tile(connection, batch), tree_size=batch.records)
    proof = prove_inclusion(lookup, leaf_index=index, tree_size=batch.records)
    head = TreeHead(
        tree_size=body["records"], root=RootHash(Hash(bytes.fromhex(body["root"])))
    )
    verify_inclusion(hash_leaf(leaf), proof, head)
    record = name_fields(leaf)
    return Proof(
        claim=make_claim(position, kind, body, record, index),
        entry=entry,
        tlog_proof=tlog_proof,
        leaf=leaf,
        path=proof.hashes,
    )


def _prove_entry(connection: sa.Connection, position: int) -> tuple[bytes, bytes]:
    entries = schema.log_entries
    entry = connection.execute(
        sa.select(entries.c.entry).where(entries.c.position == position)
    ).scalar_one_or_none()
    if entry is None:
        newest = connection.execute(
            sa.select(sa.func.max(entries.c.position))
        ).scalar_one()
        raise NotRecordedError(
            f"the log has no entry at position {position}",
            hint="The log is empty."
            if newest is None
            else f"Its newest entry is at position {newest}.",
        )
    note = load_checkpoint(connection, position)
    head = parse_checkpoint(note.text).head
    hashes = hash_entries(connection, head.tree_size)
    if len(hashes) != head.tree_size:
        raise VerificationError(
            f"log_entries: {len(hashes)} of the {head.tree_size} entries under the "
            "newest checkpoint are there"
        )
    proof = prove_inclusion(
        lookup_leaves(hashes), leaf_index=position, tree_size=head.tree_size
    )
    verify_inclusion(hash_leaf(entry), proof, head)
    return entry, format_entry_proof(EntryProof(proof=proof, checkpoint=note))
