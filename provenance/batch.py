"""The narrow waist: the one Arrow schema that every reader ends in.

A normalised batch holds what rows *say*, parsed and checked, and nothing that the
ledger adds (no ids, no dataset, no item keys).

======================  =====================================================
column                  meaning, unit
======================  =====================================================
``row``                 row of the file, from 1; physical line of line formats
``part``                place within a row that became several records, from 0
``digest``              multihash of the content, or null
``name``                the item's own identifier, or null
``url``                 where it was fetched, or null
``fetched_at``          when, UTC, microseconds, or null
``bytes, tokens``       content size × 1 copy, or null when not stated
``items``               items the row stands for; null when the file has the
                        column and the cell is empty
``copies``              repetitions in thousandths; 1000 is once
``language``            primary language code, or null
``medium``              text, image, audio, video or other, or null
``media_type``          as stated, or null
``split``               part of the dataset, or null
``reservation``         what reserves it from mining or training, or null
``origins``             what the row says its content comes from
``parents``             what the row says it was derived from
======================  =====================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["BATCH_SCHEMA", "ORIGIN_TYPE", "PARENT_TYPE", "Fault", "Faults"]

ORIGIN_TYPE = pa.struct(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("model", pa.string()),
        pa.field("mode", pa.string(), nullable=False),
        pa.field("evidence", pa.string(), nullable=False),
        pa.field("detector", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("threshold", pa.float64()),
    ]
)

PARENT_TYPE = pa.struct(
    [
        pa.field("digest", pa.binary()),
        pa.field("reference", pa.string()),
        pa.field("mode", pa.string(), nullable=False),
        pa.field("evidence", pa.string(), nullable=False),
    ]
)

_COLUMNS: list[pa.Field[Any]] = [
    pa.field("row", pa.int64(), nullable=False),
    pa.field("part", pa.int32(), nullable=False),
    pa.field("digest", pa.binary()),
    pa.field("name", pa.string()),
    pa.field("url", pa.string()),
    pa.field("fetched_at", pa.timestamp("us", tz="UTC")),
    pa.field("bytes", pa.int64()),
    pa.field("tokens", pa.int64()),
    pa.field("items", pa.int64()),
    pa.field("copies", pa.int64(), nullable=False),
    pa.field("language", pa.string()),
    pa.field("medium", pa.string()),
    pa.field("media_type", pa.string()),
    pa.field("split", pa.string()),
    pa.field("reservation", pa.string()),
    pa.field("origins", pa.list_(ORIGIN_TYPE), nullable=False),
    pa.field("parents", pa.list_(PARENT_TYPE), nullable=False),
]

BATCH_SCHEMA = pa.schema(_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One reason why a row, or the rest of a file, was not recorded."""

    file: str
    row: int
    field: str
    """The field that is wrong; ``row`` when the row cannot be read at all."""
    value: str
    """What was found, cut to 200 characters."""
    reason: str
    """What was expected, as a sentence."""


_FAULT_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("field", pa.string(), nullable=False),
        pa.field("value", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Faults(Sequence[Fault]):
    """Faults of one file, column by column: a million cost little more than one."""

    file: str
    batch: pa.RecordBatch
    """Columns ``row``, ``field``, ``value`` and ``reason``, as those of a fault."""

    @classmethod
    def of(cls, file: str, faults: Iterable[Fault] = ()) -> Faults:
        """Gather single faults by row, all of them as faults of ``file``."""
        if isinstance(faults, Faults):
            return cls(file, faults.batch)
        rows = [
            {
                "row": fault.row,
                "field": fault.field,
                "value": fault.value,
                "reason": fault.reason,
            }
            for fault in sorted(faults, key=lambda fault: fault.row)
        ]
        return cls(file, pa.RecordBatch.from_pylist(rows, schema=_FAULT_SCHEMA))

    @classmethod
    def of_columns(
        cls, file: str, *, rows: Any, fields: Any, values: Any, reasons: Any
    ) -> Faults:
        """Gather faults from Arrow arrays; a text in place of one holds for all."""
        arrays = [
            pa.repeat(pa.scalar(column, pa.string()), len(rows))
            if isinstance(column, str)
            else column
            for column in (rows, fields, values, reasons)
        ]
        return cls(file, pa.RecordBatch.from_arrays(arrays, schema=_FAULT_SCHEMA))

    @property
    def last_row(self) -> int:
        """The greatest row with a fault; 0 without any."""
        return pc.max(self.batch["row"]).as_py() or 0

    def after(self, row: int) -> Faults:
        """Return the faults of later rows."""
        rows: Any = self.batch["row"]
        return Faults(self.file, self.batch.filter(pc.greater(rows, pa.scalar(row))))

    def until(self, row: int) -> Faults:
        """Return the faults of rows up to this one."""
        rows: Any = self.batch["row"]
        kept = self.batch.filter(pc.less_equal(rows, pa.scalar(row)))
        return Faults(self.file, kept)

    def moved(self, by: int) -> Faults:
        """Return the faults as those of rows that stand further down."""
        rows: Any = pc.add(self.batch["row"], pa.scalar(by, pa.int64()))
        batch = self.batch.set_column(0, _FAULT_SCHEMA.field(0), rows)
        return Faults(self.file, batch)

    def __add__(self, more: Iterable[Fault]) -> Faults:
        """Return these faults and others of the file, by row."""
        parts = [part for part in (self, Faults.of(self.file, more)) if len(part)]
        if not parts:
            return self
        found = pa.concat_batches([part.batch for part in parts])
        return Faults(self.file, found.sort_by("row") if len(parts) > 1 else found)

    def __len__(self) -> int:
        return len(self.batch)

    def __iter__(self) -> Iterator[Fault]:
        for values in self.batch.to_pylist():
            yield Fault(file=self.file, **values)

    @overload
    def __getitem__(self, place: int) -> Fault: ...
    @overload
    def __getitem__(self, place: slice) -> Faults: ...
    def __getitem__(self, place: int | slice) -> Fault | Faults:
        if isinstance(place, slice):
            places = pa.array(range(len(self))[place], pa.int64())
            return Faults(self.file, self.batch.take(places))
        (fault,) = Faults(
            self.file, self.batch.take(pa.array([range(len(self))[place]]))
        )
        return fault
