"""Hash every record and edge of a ledger anew, on every core."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from provenance.errors import VerificationError
from provenance.ledger.recheck import recheck_piece
from provenance.ledger.workers import explain_end, start_workers
from provenance.log import (
    HashedPiece,
    LoggedBatch,
    Piece,
    Read,
    Shared,
    grow_tree,
    hash_piece,
    load_shared,
    read_piece,
    split_batch,
    verify_edge_counts,
    verify_tree,
)
from provenance.merkle import Hash, LeafHash
from provenance.store import schema
from provenance.store.arrow import read_batches
from provenance.store.bulk import BulkReader
from provenance.store.engine import is_in_memory
from provenance.store.values import verify_values

__all__ = ["ROWS", "Rehashed", "rehash_records", "start_hashing"]

ROWS = (
    schema.records,
    schema.record_salts,
    schema.generated_by,
    schema.derived_from,
)
"""Tables of a row for each record or edge."""

_WORKERS = 2
_WORTH_WORKERS = 100_000
"""Records; fewer are hashed before the workers have started."""


@dataclass(slots=True)
class Rehashed:
    """What was met while every record and edge was hashed."""

    records: int = 0
    used: dict[str, set[int]] = field(default_factory=dict)
    """Ids of the shared rows that records and edges point to, by table."""
    weak: int = 0
    """Records known by a digest that finds a content and does not prove it."""


@contextmanager
def start_hashing(
    connection: sa.Connection, batches: Sequence[LoggedBatch]
) -> Iterator[Iterator[HashedPiece]]:
    """Hash the pieces of batches in worker processes, where there is enough to do.

    The workers start at once; what is done until the first piece is asked for costs no
    time.

    Yields:
        The pieces of all batches, in their order.

    Raises:
        LedgerStateError: A worker was killed.
    """
    pieces = [piece for batch in batches for piece in split_batch(batch)]
    records = sum(batch.records for batch in batches)
    url = connection.engine.url
    if records < _WORTH_WORKERS or is_in_memory(url):
        yield _hash_here(connection, pieces)
        return
    text = url.render_as_string(hide_password=False)
    pool = start_workers(_WORKERS, _Worker.start, text)
    try:
        with explain_end():
            yield pool.map(_Worker.hash_piece, pieces)
    finally:
        pool.shutdown(cancel_futures=True)


def rehash_records(
    connection: sa.Connection,
    batches: Sequence[LoggedBatch],
    hashed: Iterator[HashedPiece],
    progress: Callable[[int, int], None] | None = None,
) -> Rehashed:
    """Compare what the records and edges of all batches hash to with their roots.

    Args:
        connection: An open transaction.
        batches: What the log has, by first record.
        hashed: Their pieces, from ``start_hashing``.
        progress: Called with records hashed so far and records in all.

    Raises:
        VerificationError: A record or an edge is not what was logged.
    """
    total = sum(batch.records for batch in batches)
    found = Rehashed()
    for batch in batches:
        tops: list[Hash] = []
        rest: list[LeafHash] = []
        edges = Counter[str]()
        for piece in split_batch(batch):
            part = next(hashed)
            tops += part.tops
            rest += part.rest
            edges.update(part.edges)
            for table, ids in part.used.items():
                found.used.setdefault(table, set()).update(ids)
            found.weak += part.weak
            found.records += piece.records
            if progress:
                progress(found.records, total)
        verify_edge_counts(batch, edges)
        verify_tree(connection, batch, grow_tree(tops, rest))
    return found


def _hash_here(
    connection: sa.Connection, pieces: Sequence[Piece]
) -> Iterator[HashedPiece]:
    verify_values(connection, ROWS)
    read: Read = partial(_read_tuples, connection)
    shared = load_shared(read)
    for piece in pieces:
        yield _hash_piece(read, shared, piece)


def _read_tuples(
    connection: sa.Connection, query: sa.Select[Any], kept: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Read without a bulk path; text that is none is a finding, not a failure."""
    try:
        yield from read_batches(connection, query, kept)
    except OperationalError as error:
        if "UTF-8" not in str(error.orig):
            raise
        raise VerificationError(str(error.orig).partition(" with text")[0]) from error


def _hash_piece(read: Read, shared: Shared, piece: Piece) -> HashedPiece:
    stored = read_piece(read, piece, join_sources=shared.sources is None)
    recheck_piece(stored, shared)
    return hash_piece(stored, shared)


class _Worker:
    """A process that hashes pieces, and touches the ledger by ADBC alone."""

    _url: str
    _opened: tuple[Read, Shared] | None = None

    @classmethod
    def start(cls, url: str) -> None:
        """Note where the ledger is."""
        pa.set_cpu_count(1)
        cls._url = url

    @classmethod
    def hash_piece(cls, piece: Piece) -> HashedPiece:
        """Hash one piece; the first opens the ledger."""
        if cls._opened is None:
            read = BulkReader(cls._url).read
            cls._opened = read, load_shared(read)
        return _hash_piece(*cls._opened, piece)
