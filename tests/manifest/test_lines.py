from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.manifest import lines
from provenance.manifest.lines import iter_blocks


def list_lines(chunks: list[bytes]) -> list[tuple[int, bytes | None]]:
    found: list[tuple[int, bytes | None]] = []
    for block in iter_blocks(chunks):
        if block.is_oversize:
            found.append((block.first, None))
        for place, line in enumerate(block.lines.to_pylist()):
            found.append((block.first + place, line))
    return found


@given(st.binary(), st.lists(st.integers(0, 100)), st.integers(1, 60))
def test_lines_do_not_depend_on_how_the_bytes_come(
    data: bytes, cuts: list[int], most: int
) -> None:
    data = data.replace(b"\0", b"\n")
    places = sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})
    chunks = [data[a:b] for a, b in pairwise(places)]
    text = data.removeprefix(b"\xef\xbb\xbf")
    expected = text.removesuffix(b"\n").split(b"\n") if data else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "MOST_BYTES", most)
        found = list_lines([chunk for chunk in chunks if chunk])
    assert list(enumerate(expected, 1)) == found


def test_an_oversize_line_is_counted_and_its_bytes_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "MOST_BYTES", 8)
    monkeypatch.setattr(lines, "LONGEST_LINE", 40)
    for size in (41, 42, 55, 300):
        data = b"a\nb\n" + b"x" * size + b"\nc\n"
        for step in (1, 3, 7, 31):
            chunks = [data[n : n + step] for n in range(0, len(data), step)]
            expected = [(1, b"a"), (2, b"b"), (3, None), (4, b"c")]
            assert expected == [line for line in list_lines(chunks) if line[1] != b""]


def test_an_oversize_last_line_without_end_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "MOST_BYTES", 8)
    monkeypatch.setattr(lines, "LONGEST_LINE", 10)
    assert list_lines([b"a\n", b"x" * 30]) == [(1, b"a"), (2, None)]
    assert list_lines([b"a\n" + b"x" * 30]) == [(1, b"a"), (2, None)]


def test_a_line_of_the_greatest_length_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 10)
    assert list_lines([b"x" * 10 + b"\n"]) == [(1, b"x" * 10)]


def test_blocks_are_bounded_in_rows_and_keep_count() -> None:
    blocks = list(iter_blocks([b"a\n" * 150_000]))
    assert [(b.first, len(b.lines)) for b in blocks] == [
        (1, 65_536),
        (65_537, 65_536),
        (131_073, 18_928),
    ]


def test_what_fails_comes_through_after_the_last_whole_line() -> None:
    def fail() -> Iterator[bytes]:
        yield b"a\nb\nhalf a li"
        raise EOFError("ends early")

    blocks = iter_blocks(fail())
    assert next(blocks).lines.to_pylist() == [b"a", b"b"]
    with pytest.raises(EOFError, match="ends early"):
        next(blocks)


def test_an_oversize_line_alone_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_BYTES", 8)
    monkeypatch.setattr(lines, "LONGEST_LINE", 40)
    assert list_lines([b"x" * 7] * 5 + [b"x" * 6 + b"\n"]) == [(1, None)]
