"""Cut a manifest into batches: bounded rows, at the same places every time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.batch import BATCH_SCHEMA, Faults

__all__ = ["LARGEST_BATCH", "Part", "cut_parts"]

LARGEST_BATCH = 1 << 19
"""Records of a batch, at most; a row of several parts is never torn apart.

Each batch writes to nearly every page of the index by content: the fewer, the better.
"""

_MOST_EDGES = 1 << 18
"""Origins and parents of a batch, at most: following them takes the most memory."""


@dataclass(slots=True)
class Part:
    """The rows that become one batch, and how far in the file they reach."""

    first_row: int
    last_row: int = 0
    quarantined: int = 0
    records: int = 0
    edges: int = 0
    """Origins and parents of the records."""
    last: bool = False
    """Whether no record follows in the file."""
    batches: list[pa.RecordBatch] = field(default_factory=list)

    def add(self, batch: pa.RecordBatch, faults: Faults) -> None:
        """Take more rows, and the faults among them."""
        last = pc.max(batch.column("row")).as_py() or 0
        self.last_row = max(self.last_row, last, faults.last_row)
        self.records += len(batch)
        self.edges += pc.sum(_count_edges(batch)).as_py() or 0
        self.quarantined += len(faults)
        if len(batch):
            self.batches.append(batch)

    def extend(self, tail: Part) -> None:
        """Take over the bad rows that are all there is of the next part."""
        self.last_row = max(self.last_row, tail.last_row)
        self.quarantined += tail.quarantined

    def combine(self) -> pa.RecordBatch:
        """Hand over all rows as one batch; none of them is kept."""
        table = pa.Table.from_batches(self.batches, schema=BATCH_SCHEMA)
        self.batches.clear()
        return table.combine_chunks().to_batches(max_chunksize=None)[0]


def cut_parts(
    rows: Iterable[tuple[pa.RecordBatch, Faults]],
    first_row: int,
    largest: int = LARGEST_BATCH,
) -> Iterator[Part]:
    """Gather normalised rows into parts, each of which holds records.

    Where a part ends depends on the rows since it began and on nothing else, so an
    ingest that was broken off and goes on makes the same batches as one that was not.
    A part comes when it is known whether another follows: bad rows behind the last
    record belong to its part.

    Args:
        rows: Normalised batches in the order of the file, each with its faults.
        first_row: The first row to be recorded.
        largest: Records of a part, at most.
    """
    full: Part | None = None
    part = Part(first_row)
    for batch, faults in rows:
        rest, bad = batch, faults
        while (fitting := _fit(part, rest, largest)) < len(rest):
            end = _row_end(rest, fitting)
            if not end and not part.records:
                break  # one row of more than a batch may have
            last = rest.column("row")[end - 1].as_py() if end else part.last_row
            part.add(rest.slice(0, end), bad.until(last))
            bad = bad.after(last)
            rest = rest.slice(end)
            if full:
                yield full
            full, part = part, Part(part.last_row + 1)
        part.add(rest, bad)
        if full and part.records:
            yield full
            full = None
    if full:
        full.extend(part)
        part = full
    part.last = True
    if part.records:
        yield part


def _count_edges(batch: pa.RecordBatch) -> pa.Array[Any]:
    """How many origins and parents each record has."""
    origins, parents = (
        pc.list_value_length(batch.column(name)) for name in ("origins", "parents")
    )
    return pc.add(origins, parents).cast(pa.int64())


def _fit(part: Part, batch: pa.RecordBatch, largest: int) -> int:
    """How many of the first records of a batch a part may still take."""
    so_far = pc.cumulative_sum(_count_edges(batch))
    fitting = pc.sum(pc.less_equal(so_far, _MOST_EDGES - part.edges)).as_py() or 0
    return min(fitting, largest - part.records)


def _row_end(batch: pa.RecordBatch, wanted: int) -> int:
    """How many of the first records to take so that no row is torn apart."""
    rows = batch.column("row")
    while wanted and wanted < len(rows) and rows[wanted] == rows[wanted - 1]:
        wanted -= 1
    return wanted
