"""Cut a manifest into batches: bounded rows, at the same places every time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.batch import BATCH_SCHEMA, Faults

__all__ = ["LARGEST_BATCH", "Part", "count_rows", "cut_parts", "skip_rows"]

LARGEST_BATCH = 6 << 17
"""Records of a batch, at most; a row of several parts is never torn apart.

Each batch writes to nearly every page of the index by content: the fewer, the better,
as long as they fit in 1.5 GB.
"""

_MOST = {"edges": 1 << 18, "text": 1 << 27}
"""Of a batch, unless one row has more: origins and parents, which take the most memory
to follow, and bytes of what rows call themselves and their parents."""


@dataclass(slots=True)
class Part:
    """The rows that become one batch, and how far in the file they reach."""

    first_row: int
    last_row: int = 0
    quarantined: int = 0
    records: int = 0
    held: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_MOST, 0))
    """Edges and bytes of text of the records."""
    last: bool = False
    """Whether no record follows in the file."""
    batches: list[pa.RecordBatch] = field(default_factory=list)

    def add(
        self, batch: pa.RecordBatch, weights: pa.RecordBatch, faults: Faults
    ) -> None:
        """Take more rows, each with its edges and text, and the faults among them."""
        last = pc.max(batch.column("row")).as_py() or 0
        self.last_row = max(self.last_row, last, faults.last_row)
        self.records += len(batch)
        for what in _MOST:
            self.held[what] += pc.sum(weights.column(what)).as_py() or 0
        self.quarantined += len(faults)
        if len(batch):
            self.batches.append(batch)

    def extend(self, tail: Part) -> None:
        """Take over the bad rows that are all there is of the next part."""
        self.last_row = max(self.last_row, tail.last_row)
        self.quarantined += tail.quarantined

    def hand_over(self) -> pa.Table:
        """Return all rows; none of them is kept."""
        table = pa.Table.from_batches(self.batches, schema=BATCH_SCHEMA)
        self.batches.clear()
        return table


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
        rest, weights, bad = batch, _weigh(batch), faults
        while (fitting := _fit(part, weights, largest)) < len(rest):
            end = _row_end(rest, fitting)
            if not end and not part.records:
                break  # one row of more than a batch may have
            last = rest.column("row")[end - 1].as_py() if end else part.last_row
            part.add(rest.slice(0, end), weights.slice(0, end), bad.until(last))
            rest, weights, bad = rest.slice(end), weights.slice(end), bad.after(last)
            if full:
                yield full
            full, part = part, Part(part.last_row + 1)
        part.add(rest, weights, bad)
        if full and part.records:
            yield full
            full = None
    if full:
        full.extend(part)
        part = full
    part.last = True
    if part.records:
        yield part


def count_rows(batch: pa.RecordBatch) -> int:
    """Count the rows of the file that a batch holds, each once for all its parts."""
    if not pc.max(batch.column("part")).as_py():
        return len(batch)
    count: int = pc.count_distinct(batch.column("row")).as_py()
    return count


def skip_rows(
    number: int, batch: pa.RecordBatch, faults: Faults
) -> tuple[pa.RecordBatch, Faults]:
    """Leave out the first rows of a file, and the faults among them."""
    if not number:
        return batch, faults
    behind = pc.greater(batch.column("row"), number)
    return batch.filter(behind), faults.after(number)


def _weigh(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The edges of each record, and the bytes of its texts without an end."""
    origins, parents = batch.column("origins"), batch.column("parents")
    edges = pc.add(pc.list_value_length(origins), pc.list_value_length(parents))
    called = pc.struct_field(pc.list_flatten(parents), "reference")
    before = pa.concat_arrays(
        [pa.array([0], pa.int64()), pc.cumulative_sum(_measure(called))]
    )
    ends = before.take(pc.subtract(parents.offsets, parents.offsets[0]))
    text = pc.subtract(ends.slice(1), ends.slice(0, len(batch)))
    for name in ("name", "url"):
        text = pc.add(text, _measure(batch.column(name)))
    return pa.record_batch({"edges": edges.cast(pa.int64()), "text": text})


def _measure(texts: pa.Array[Any]) -> pa.Array[Any]:
    """The bytes of each text; none: 0."""
    lengths: pa.Array[Any] = pc.binary_length(texts).cast(pa.int64())
    return lengths.fill_null(0)


def _fit(part: Part, weights: pa.RecordBatch, largest: int) -> int:
    """How many of the next records a part may still take."""
    fitting = largest - part.records
    for what, most in _MOST.items():
        so_far = pc.cumulative_sum(weights.column(what))
        room = pc.less_equal(so_far, most - part.held[what])
        fitting = min(fitting, pc.sum(room).as_py() or 0)
    return fitting


def _row_end(batch: pa.RecordBatch, wanted: int) -> int:
    """How many of the first records to take so that no row is torn apart."""
    rows = batch.column("row")
    while wanted and wanted < len(rows) and rows[wanted] == rows[wanted - 1]:
        wanted -= 1
    return wanted
