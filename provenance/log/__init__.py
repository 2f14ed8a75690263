"""The log under every fact: entries, batch trees, checkpoints, verification."""

from provenance.log.append import append_entry, load_frontier, log_size
from provenance.log.batches import (
    LoggedBatch,
    Piece,
    list_batches,
    split_batch,
    verify_counts,
)
from provenance.log.checkpoint import load_keys, refuse_signer, sign_head
from provenance.log.facts import COLUMNS, verify_facts
from provenance.log.fields import find_row, join_urls
from provenance.log.keys import make_key, parse_known_key, read_key
from provenance.log.records import verify_edge_counts, verify_tile_count, verify_tree
from provenance.log.rehash import WEAK_PREFIXES, HashedPiece, hash_piece
from provenance.log.shared import Read, Shared, load_shared
from provenance.log.stored import StoredPiece, read_piece
from provenance.log.tree import EMPTY_TREE, BatchTree, grow_tree, hash_batch
from provenance.log.verify import LogState, verify_log

__all__ = [
    "COLUMNS",
    "EMPTY_TREE",
    "WEAK_PREFIXES",
    "BatchTree",
    "HashedPiece",
    "LogState",
    "LoggedBatch",
    "Piece",
    "Read",
    "Shared",
    "StoredPiece",
    "append_entry",
    "find_row",
    "grow_tree",
    "hash_batch",
    "hash_piece",
    "join_urls",
    "list_batches",
    "load_frontier",
    "load_keys",
    "load_shared",
    "log_size",
    "make_key",
    "parse_known_key",
    "read_key",
    "read_piece",
    "refuse_signer",
    "sign_head",
    "split_batch",
    "verify_counts",
    "verify_edge_counts",
    "verify_facts",
    "verify_log",
    "verify_tile_count",
    "verify_tree",
]
