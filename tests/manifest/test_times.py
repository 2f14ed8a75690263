from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest.rows import reasons, values

EXPECTED = (
    "expected a time: ISO 8601, a 14-digit CDX time, or seconds since 1970, "
    "in the years 1000 to 9999"
)
TIME = datetime(2023, 5, 6, 7, 8, 9, tzinfo=UTC)
DAY = datetime(2023, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2023-05-06T07:08:09Z", TIME),
        ("2023-05-06T09:08:09+02:00", TIME),
        ("2023-05-06T09:08:09+0200", TIME),
        ("2023-05-06T09:08:09+02", TIME),
        ("2023-05-05T22:08:09-09:00", TIME),
        ("2023-05-06T07:08:09", TIME),
        ("2023-05-06 07:08:09", TIME),
        (" 2023-05-06 07:08:09 ", TIME),
        ("2023-05-06 07:08:09+00:00", TIME),
        ("2023-05-06T07:08:09.5Z", TIME.replace(microsecond=500_000)),
        ("2023-05-06T07:08:09.123456789Z", TIME.replace(microsecond=123_456)),
        ("2023-05-06 07:08:09 UTC", TIME),
        ("2023-05-06 07:08:09.5 UTC", TIME.replace(microsecond=500_000)),
        ("20230506T070809Z", TIME),
        ("2023-05-06T07:08", TIME.replace(second=0)),
        ("2023-05-06", DAY),
        ("20230506070809", TIME),
        ("202305060708", TIME.replace(second=0)),
        ("2023050607", TIME.replace(minute=0, second=0)),
        ("20230506", DAY),
        ("1683356889", TIME),
        ("1683356889000", TIME),
        ("2099999999", datetime(2036, 7, 18, 13, 19, 59, tzinfo=UTC)),
        ("1683356889000000", TIME),
        ("1683356889.5", TIME.replace(microsecond=500_000)),
        ("1683356889.250", TIME.replace(microsecond=250_000)),
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("-100", datetime(1969, 12, 31, 23, 58, 20, tzinfo=UTC)),
        ("-86400", datetime(1969, 12, 31, tzinfo=UTC)),
        ("1000-01-01", datetime(1000, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time_in_any_spelling_is_utc(text: str, time: datetime) -> None:
    assert values("fetched_at", [text]) == [time]
    mixed = ["2020-01-01T00:00:00Z", text, "2020-01-01", None]
    assert values("fetched_at", mixed)[1] == time


@pytest.mark.parametrize(
    "text",
    [
        *("yesterday", "2023", "2023-02-30", "2023-02-30T00:00:00Z", "1e9", "0x10"),
        *("2023-05-06T25:00:00Z", "20231306070809", "00010101000000", "0001-01-01"),
        *("0999-12-31T23:59:59Z", "2023-05-06T07:08:09+25:00", "06/05/2023"),
        *("Sat, 06 May 2023 07:08:09 GMT", "9" * 20, "9999-12-31T23:59:59-05:00"),
    ],
)
def test_other_texts_are_no_times(text: str) -> None:
    for column in ([text], ["2020-01-01T00:00:00Z", text], ["2020-01-01", text]):
        row, field, _, reason = reasons("fetched_at", column)[0]
        assert (row, field, reason) == (len(column), "fetched_at", EXPECTED)


def test_what_is_wrong_is_shown() -> None:
    assert reasons("fetched_at", ["soon"])[0][2] == "soon"
    assert reasons("fetched_at", ["0001-01-01"])[0][2].startswith("0001-01-01 00:00:00")


@pytest.mark.parametrize(
    "column",
    [
        pa.array([TIME], pa.timestamp("s", "UTC")),
        pa.array([TIME], pa.timestamp("ms", "UTC")),
        pa.array([TIME], pa.timestamp("ns", "UTC")),
        pa.array([TIME], pa.timestamp("us", "Europe/Zurich")),
        pa.array([TIME.replace(tzinfo=None)], pa.timestamp("us")),
        pa.array([TIME.replace(tzinfo=None)], pa.timestamp("ns")),
        pa.array([1683356889]),
        pa.array([1683356889000]),
        pa.array([1683356889000000]),
        pa.array([1683356889.0]),
        pa.array([20230506070809]),
    ],
)
def test_times_and_numbers_of_parquet_are_utc(column: Any) -> None:
    assert values("fetched_at", column) == [TIME]


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_dates_of_parquet_are_midnight(kind: pa.DataType) -> None:
    column = pa.array([date(2023, 5, 6), None], kind)
    assert values("fetched_at", column) == [DAY, None]


def test_finer_times_are_cut_to_microseconds() -> None:
    column = pa.array([1_683_356_889_123_456_789], pa.timestamp("ns"))
    assert values("fetched_at", column) == [TIME.replace(microsecond=123_456)]


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_times_before_1970_are_cut_towards_the_past_in_every_spelling(
    zone: str | None,
) -> None:
    last = datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    ticks = pa.array([-1, -1_000, -999, 0, None, 999], pa.int64())
    column = ticks.cast(pa.timestamp("ns", zone))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert values("fetched_at", column) == [last, last, last, epoch, None, epoch]
    for text in ("1969-12-31T23:59:59.999999999Z", "-0.000000001"):
        assert values("fetched_at", [text]) == [last]
    smallest = pa.array([-(2**63)]).cast(pa.timestamp("ns"))
    assert values("fetched_at", smallest)[0].year == 1677


@pytest.mark.parametrize(
    "column",
    [
        pa.array([0, -40_000_000_000], pa.timestamp("s")),
        pa.array([0, 400_000_000_000], pa.timestamp("s")),
        pa.array([0, 1 << 62], pa.timestamp("s")),
        pa.array([0, 2_000_000_000], pa.date32()),
        pa.array([0, 1 << 62], pa.timestamp("us", "UTC")),
    ],
)
def test_years_beyond_four_digits_are_faults_of_their_row(column: Any) -> None:
    assert [(row, why) for row, _, _, why in reasons("fetched_at", column)] == [
        (2, EXPECTED)
    ]


def test_a_time_of_day_is_no_time() -> None:
    column = pa.array([1000], pa.time32("s"))
    assert reasons("fetched_at", column)[0][3] == EXPECTED


@given(st.lists(st.datetimes(datetime(1000, 1, 1)), min_size=1, max_size=5))  # noqa: DTZ001 - naive means UTC
def test_every_spelling_of_a_second_means_the_same(times: list[datetime]) -> None:
    seconds = [time.replace(microsecond=0, tzinfo=UTC) for time in times]
    for spelling in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S"):
        texts = [time.strftime(spelling) for time in seconds]
        assert seconds == values("fetched_at", texts)
    assert seconds == values("fetched_at", pa.array(seconds, pa.timestamp("s", "UTC")))
