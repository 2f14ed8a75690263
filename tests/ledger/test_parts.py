"""Where a manifest is cut into batches."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.batch import BATCH_SCHEMA, Fault, Faults
from provenance.ledger import parts
from provenance.ledger.parts import Part, cut_parts


def make_batch(rows: list[int]) -> pa.RecordBatch:
    """Records of the given rows of a file; a row that recurs has several parts."""
    empty = dict.fromkeys(BATCH_SCHEMA.names)
    values: list[dict[str, object]] = [
        {**empty, "row": row, "part": 0, "copies": 1000, "origins": [], "parents": []}
        for row in rows
    ]
    return pa.RecordBatch.from_pylist(values, schema=BATCH_SCHEMA)


def make_faults(rows: list[int]) -> Faults:
    found = [Fault(file="m", row=r, field="x", value="", reason="bad") for r in rows]
    return Faults.of("m", found)


@st.composite
def files(draw: st.DrawFn) -> list[tuple[list[int], list[int]]]:
    """Batches of a file: rows recorded, several times or not, and rows set aside."""
    batches, row = [], 0
    for size in draw(st.lists(st.integers(0, 9), max_size=6)):
        good: list[int] = []
        bad: list[int] = []
        for _ in range(size):
            row += 1
            times = draw(st.integers(0, 2))
            good += [row] * times
            bad += [row] * (not times)
        batches.append((good, bad))
    return batches


def cut(file: list[tuple[list[int], list[int]]], skip: int, largest: int) -> list[Part]:
    rows = (
        (make_batch([r for r in good if r > skip]), make_faults(bad).after(skip))
        for good, bad in file
    )
    return list(cut_parts(rows, skip + 1, largest))


def recorded(part: Part) -> list[int]:
    return [row for batch in part.batches for row in batch.column("row").to_pylist()]


@given(files(), st.integers(2, 12))
def test_parts_hold_every_row_once_and_no_more_than_allowed(
    file: list[tuple[list[int], list[int]]], largest: int
) -> None:
    found = cut(file, 0, largest)
    good = [row for rows, _ in file for row in rows]
    bad = [row for _, rows in file for row in rows]
    assert good == [row for part in found for row in recorded(part)]
    if not good:
        assert not found
        return
    assert len(bad) == sum(part.quarantined for part in found)
    assert [part.last for part in found] == [False] * (len(found) - 1) + [True]
    assert all(part.records for part in found)
    assert all(part.records == len(recorded(part)) <= largest for part in found)
    ends = [part.last_row for part in found]
    assert [part.first_row for part in found] == [1, *(end + 1 for end in ends[:-1])][
        : len(found)
    ]
    assert all(
        set(recorded(part)) <= set(range(part.first_row, part.last_row + 1))
        for part in found
    )


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(5, 9))
def test_edges_end_a_part_as_records_do(edges: list[int], most: int) -> None:
    empty = dict.fromkeys(BATCH_SCHEMA.names)
    parent = {"reference": "r", "mode": "cleaned", "evidence": "declared"}
    values: list[dict[str, object]] = [
        {**empty, "row": row, "part": 0, "copies": 1000, "origins": []}
        | {"parents": [parent] * count}
        for row, count in enumerate(edges, start=1)
    ]
    rows = pa.RecordBatch.from_pylist(values, schema=BATCH_SCHEMA)
    chunks = [rows.slice(start, 7) for start in range(0, len(rows), 7)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(parts._MOST, "edges", most)
        found = list(cut_parts([(chunk, make_faults([])) for chunk in chunks], 1, 100))
    expected: list[list[int]] = [[]]
    for row, count in enumerate(edges, start=1):
        held = sum(edges[one - 1] for one in expected[-1])
        if expected[-1] and held + count > most:
            expected.append([])
        expected[-1].append(row)
    assert [recorded(part) for part in found] == expected


@given(
    st.lists(st.tuples(*[st.integers(0, 9)] * 4), min_size=1, max_size=30),
    st.integers(36, 60),
)
def test_long_texts_end_a_part(
    lengths: list[tuple[int, int, int, int]], most: int
) -> None:
    empty = dict.fromkeys(BATCH_SCHEMA.names)
    said = {"mode": "cleaned", "evidence": "declared"}
    values: list[dict[str, object]] = [
        {**empty, "row": row, "part": 0, "copies": 1000, "origins": []}
        | {"url": "u" * url, "name": "n" * name}
        | {"parents": [{"reference": "r" * n, **said} for n in references]}
        for row, (url, name, *references) in enumerate(lengths, start=1)
    ]
    rows = pa.RecordBatch.from_pylist(values, schema=BATCH_SCHEMA)
    chunks = [rows.slice(start, 7) for start in range(0, len(rows), 7)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(parts._MOST, "text", most)
        found = list(cut_parts([(chunk, make_faults([])) for chunk in chunks], 1, 100))
    assert [row for part in found for row in recorded(part)] == [
        row for row, _ in enumerate(lengths, start=1)
    ]
    held = [sum(sum(lengths[row - 1]) for row in recorded(part)) for part in found]
    firsts = [sum(lengths[recorded(part)[0] - 1]) for part in found]
    assert all(size <= most for size in held)
    assert all(
        size + first > most for size, first in zip(held, firsts[1:], strict=False)
    )


@given(files(), st.integers(2, 12))
def test_going_on_after_any_part_makes_the_parts_that_follow(
    file: list[tuple[list[int], list[int]]], largest: int
) -> None:
    whole = cut(file, 0, largest)
    for place, part in enumerate(whole):
        rest = cut(file, part.last_row, largest)
        assert [(p.first_row, p.last_row, recorded(p)) for p in rest] == [
            (p.first_row, p.last_row, recorded(p)) for p in whole[place + 1 :]
        ]
