"""The log under every fact: entries, batch trees, checkpoints, verification."""

from provenance.log.append import append_entry, load_frontier, log_size
from provenance.log.checkpoint import sign_head
from provenance.log.entries import verify_facts
from provenance.log.keys import make_key, read_key
from provenance.log.records import (
    LoggedBatch,
    list_batches,
    verify_batch,
    verify_counts,
)
from provenance.log.tree import BatchTree, hash_batch
from provenance.log.verify import LogState, verify_log

__all__ = [
    "BatchTree",
    "LogState",
    "LoggedBatch",
    "append_entry",
    "hash_batch",
    "list_batches",
    "load_frontier",
    "log_size",
    "make_key",
    "read_key",
    "sign_head",
    "verify_batch",
    "verify_counts",
    "verify_facts",
    "verify_log",
]
