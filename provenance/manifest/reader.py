"""What every reader of a manifest format offers, and what it hands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from provenance.manifest.kernels import pc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from provenance.batch import Fault

__all__ = ["FixedColumns", "RawBatch", "Reader", "cut", "cut_all"]

_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBatch:
    """Rows as the file has them: some columns, nothing parsed."""

    rows: pa.Int64Array
    """For each row, the number that a fault or a record would name."""
    columns: Mapping[str, pa.Array[Any]]
    """Column path → values, as long as ``rows``; text, or what Parquet holds."""
    faults: Sequence[Fault]
    """Rows that could not be read at all; they are not among ``rows``."""
    parts: pa.Int32Array | None = None
    """Which part of its row each is, from 0; None: every row is one record.

    The parts of a row share its number and stand in one batch.
    """
    made: pa.BooleanArray | None = None
    """Which parts were made from another: what is set for every row, of a generator,
    holds for these alone. None: for all."""
    notes: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """What else is to be told → the rows it was seen in.

    Rows that are no item and were passed over, or flaws that do not stop a row from
    being recorded.
    """
    share: float | None = None
    """How much of the file was read by then, from 0 to 1, where that is known."""


class Reader(Protocol):
    """One manifest file, opened and recognised, read as often as wanted."""

    @property
    def file(self) -> str:
        """The file as faults name it."""

    @property
    def format(self) -> str:
        """Its name: a word of ``FORMATS``."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Column paths in the order of the file; nested ones with dots."""

    @property
    def late(self) -> Mapping[str, int]:
        """Columns that ``read`` met only after ``columns`` was made → first row.

        Only a format without a header can have them. They were not read.
        """

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the given columns from the first row on, in bounded memory.

        A reader of archives ends in a fault where the file is damaged: each record
        of an archive stands for itself. All others raise.

        Raises:
            ManifestError: The file is damaged, or is not what it was.
        """


class FixedColumns:
    """What readers have in common whose columns are the same for every file."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path = path
        self._columns = columns

    @property
    def file(self) -> str:
        """The file as faults name it."""
        return str(self._path)

    @property
    def columns(self) -> tuple[str, ...]:
        """The same for every file."""
        return self._columns

    @property
    def late(self) -> Mapping[str, int]:
        """Nothing: no column is met later."""
        return {}


def cut(value: object) -> str:
    """Return what a fault shows of a value: its first 200 characters.

    A NUL becomes its picture, since faults go into databases that refuse it.
    """
    return str(value)[:_LONGEST_VALUE].replace("\0", "\N{SYMBOL FOR NULL}")


def cut_all(values: Any) -> Any:
    """Return what faults show of an array of texts, as ``cut`` does of one."""
    cut_values = pc.utf8_slice_codeunits(values, 0, _LONGEST_VALUE)
    return pc.replace_substring(cut_values, "\0", "\N{SYMBOL FOR NULL}")
