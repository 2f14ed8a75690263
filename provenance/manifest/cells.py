"""Plain lines of delimited text cut into columns, by Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv

from provenance.manifest.kernels import mask_of, pc

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cut_cells"]


def cut_cells(
    lines: pa.StringArray, delimiter: str, width: int, wanted: Sequence[int]
) -> tuple[list[Any], Any, list[int]]:
    """Cut lines of which each is one record into the wanted columns.

    Args:
        lines: None of them blank.
        width: How many cells a record has.
        wanted: Places of columns.

    Returns:
        The columns, over the lines that have as many cells as they must; a mask of
        those lines; and how many cells each of the others has.
    """
    others: list[int] = []
    counts: list[int] = []

    def refuse(row: Any) -> str:
        others.append(row.number - 1)
        counts.append(row.actual_columns)
        return "skip"

    names = [str(place) for place in range(width)]
    lists = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
    (text,) = pc.binary_join(lists, "\n").cast(pa.binary()).to_pylist()
    table = pyarrow.csv.read_csv(
        pa.BufferReader(text),
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False, block_size=len(text) + 1, column_names=names
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=delimiter, invalid_row_handler=refuse
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=[names[place] for place in wanted] or names[:1],
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    good = pc.invert(mask_of(pa.array(others, pa.int64()), len(lines)))
    columns = [_one(table.column(names[place])) for place in wanted]
    return columns, good, counts


def _one(column: pa.ChunkedArray[Any]) -> Any:
    return (
        pa.concat_arrays(column.chunks)
        if column.num_chunks
        else pa.array([], column.type)
    )
