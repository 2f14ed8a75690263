import pytest

from provenance.errors import ManifestError
from provenance.ledger.limit import BadRowLimit


@pytest.mark.parametrize(
    ("text", "bad", "rows", "at_end", "passed"),
    [
        ("0", 0, 1, False, False),
        ("0", 1, 1, False, True),
        (0, 1, 1, False, True),
        ("100", 100, 100, True, False),
        ("100", 101, 10**9, False, True),
        ("10%", 999, 999, False, False),
        ("10%", 99, 999, True, False),
        ("10%", 100, 999, True, True),
        ("10%", 100, 1000, False, False),
        ("10%", 101, 1000, False, True),
        ("2.5 %", 26, 1000, False, True),
        ("100%", 1000, 1000, True, False),
        ("29%", 29, 100, True, False),
        ("0.07%", 7, 10_000, True, False),
        ("1.1%", 11, 1_000, False, False),
    ],
)
def test_a_limit_is_a_number_of_rows_or_a_share_of_at_least_a_thousand(
    text: str | int, bad: int, rows: int, *, at_end: bool, passed: bool
) -> None:
    assert BadRowLimit.parse(text).is_passed(bad, rows, at_end=at_end) is passed


@pytest.mark.parametrize("text", ["", "-1", "x", "%", "101%", "1e3", "5%%", "٣"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ManifestError, match="is no limit for bad rows"):
        BadRowLimit.parse(text)
