from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from manifest.rows import normalise, reasons, values

NO_COUNT = "expected a whole number from 0 to 2^53 - 1"
NO_COPIES = "expected a number from 0 to 9 · 10^12, with at most three decimals"
NO_FRACTION = "expected a number from 0 to 1"


@pytest.mark.parametrize("field", ["bytes", "tokens", "items"])
@pytest.mark.parametrize(
    "column",
    [
        ["12", " 12 ", "12.0", "012", "12."],
        [12, 12],
        [12.0, 12.0],
        pa.array([12, 12], pa.uint64()),
        pa.array([12, 12], pa.int8()),
        pa.array([Decimal("12.00")]),
    ],
)
def test_whole_numbers_are_read_in_any_spelling(field: str, column: Any) -> None:
    assert set(values(field, column)) == {12}


@pytest.mark.parametrize("field", ["bytes", "tokens", "items"])
@pytest.mark.parametrize(
    "column", [[None, "", "  "], [None, float("nan"), None], pa.nulls(3)]
)
def test_an_empty_cell_is_not_stated(field: str, column: Any) -> None:
    assert values(field, column) == [None, None, None]


@pytest.mark.parametrize(
    "value",
    [
        *("-1", "1e3", "1.5", "0x10", "1,000", "1_000", "twelve", "9007199254740992"),
        *("99999999999999999999", "١٢", "+1", "true", "nan"),
    ],
)
def test_other_texts_are_no_counts(value: str) -> None:
    assert reasons("bytes", ["1", value]) == [(2, "bytes", value, NO_COUNT)]


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ([1, -1], "-1"),
        ([1, 1 << 53], "9007199254740992"),
        ([1.0, 1.5], "1.5"),
        ([1.0, float("inf")], "Infinity"),
        ([1.0, 1e16], "10000000000000000"),
        (pa.array([1, 1 << 63], pa.uint64()), "9223372036854775808"),
        ([[], [1]], "[]"),
    ],
)
def test_other_numbers_are_no_counts(column: Any, shown: str) -> None:
    row, _, value, reason = reasons("tokens", column)[-1 if shown != "[]" else 0]
    assert (shown, NO_COUNT) == (value, reason)
    assert row == (1 if shown == "[]" else 2)


def test_the_greatest_count_is_exact() -> None:
    most = (1 << 53) - 1
    assert values("bytes", [most]) == [most]
    assert values("bytes", [str(most), f"{most}.0"]) == [most, most]


def test_a_row_is_one_item_unless_the_file_counts_items() -> None:
    assert normalise({"name": ["a"]})[0][0]["items"] == 1
    assert values("items", ["3", ""]) == [3, None]


@pytest.mark.parametrize(
    ("column", "thousandths"),
    [
        (["1", "2.5", "0", "0.125", "1.5000"], [1000, 2500, 0, 125, 1500]),
        ([1, 4], [1000, 4000]),
        ([0.1 + 0.2, 1.001], [300, 1001]),
        ([Decimal("2.50")], [2500]),
        (["1e1", ".5", "0.30000000000000004"], [10_000, 500, 300]),
        ([None, "", "2"], [1000, 1000, 2000]),
    ],
)
def test_copies_are_exact_to_thousandths(column: Any, thousandths: list[int]) -> None:
    assert thousandths == values("copies", column)


def test_numbers_of_single_precision_are_what_was_written() -> None:
    """As doubles, 0.9 would lie below a threshold of 0.9, and 0.1 have 17 decimals."""
    column = pa.array([0.1, 0.9, None], pa.float32())
    assert values("copies", column) == [100, 900, 1000]
    records, _ = normalise({"score": column, "threshold": [0.1, 0.9, 0.5]})
    assert [o["score"] for r in records for o in r["origins"]] == [0.1, 0.9]


def test_a_row_stands_once_where_the_file_does_not_say() -> None:
    assert normalise({"name": ["a"]})[0][0]["copies"] == 1000


@pytest.mark.parametrize(
    "value",
    ["0.0005", "1.0001", "-1", "nan", "inf", "1_0", "x", "1e300", "9" * 41, "1/2"],
)
def test_other_copies_are_faults(value: str) -> None:
    assert reasons("copies", ["1", value]) == [(2, "copies", value, NO_COPIES)]


@pytest.mark.parametrize("column", [["0.25", "1", "0", ""], [0.25, 1.0, 0.0, None]])
def test_scores_are_fractions(column: Any) -> None:
    records, faults = normalise({"score": column, "generated_by": ["M"] * 4})
    assert [r["origins"][0]["score"] for r in records] == [0.25, 1.0, 0.0, None]
    assert faults == []


@pytest.mark.parametrize("value", ["1.01", "-0.1", "inf", "nan", "high", "1_0", "0x1"])
@pytest.mark.parametrize("field", ["score", "threshold"])
def test_other_fractions_are_faults(field: str, value: str) -> None:
    assert reasons(field, ["0.5", value]) == [(2, field, value, NO_FRACTION)]


def test_a_float_beyond_the_bounds_is_a_fault_and_nan_is_not_stated() -> None:
    assert reasons("score", [0.5, 2.5]) == [(2, "score", "2.5", NO_FRACTION)]
    assert reasons("score", [0.5, float("nan")]) == []
