"""Archives that end early or are damaged: what can be read is, the rest is a fault."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifest.archives.written import (
    PAGE,
    make_archive,
    make_record,
    make_response,
    pack,
    read_archive,
)
from manifest.rows import write

from provenance.manifest.archives import coding, warc_records

RECORDS = make_archive()
CAPTURES = [3, 5, 6]


@pytest.mark.parametrize("packing", ["", "gz", "zstd", "lz4"])
def test_a_cut_loses_what_is_behind_it_and_says_so(
    tmp_path: Path, packing: str
) -> None:
    packed = [pack([record], packing) for record in RECORDS]
    data = b"".join(packed)
    ends = [len(b"".join(packed[:n])) for n in range(len(packed) + 1)]
    for cut in range(len(packed[0]), len(data), 7):
        path = write(tmp_path / "a.warc", data[:cut])
        records, faults, _ = read_archive(path, format="warc")
        whole = sum(1 for end in ends if end <= cut) - 1
        rows = [record["row"] for record in records]
        assert rows in (
            [row for row in CAPTURES if row <= whole],
            [row for row in CAPTURES if row <= whole + 1],
        )
        # Plain records end in two line ends that nothing needs.
        if ends[whole] < cut < ends[whole + 1] - (0 if packing else 4):
            assert len(faults) == 1, cut


def test_damage_in_one_packed_record_costs_only_that(tmp_path: Path) -> None:
    packed = [pack([make_response(number=n)], "gz") for n in range(1, 6)]
    broken = bytearray(packed[2])
    broken[len(broken) // 2 : len(broken) // 2 + 9] = b"\0" * 9
    data = b"".join([*packed[:2], bytes(broken), *packed[3:]])
    records, faults, _ = read_archive(write(tmp_path / "a.warc", data))
    assert [r["name"][-2] for r in records if r["name"]] == ["1", "2", "4", "5"]
    assert [(f.row, f.field) for f in faults] == [(3, "row")]
    assert "damaged here" in faults[0].reason


def test_a_wrong_length_in_a_plain_file_costs_only_that(tmp_path: Path) -> None:
    wrong = make_response(number=2, Content_Length="100000")
    short = make_response(number=4, Content_Length="90")
    whole = [make_response(number=n) for n in (1, 3, 5)]
    data = b"".join([whole[0], wrong, whole[1], short, whole[2]])
    records, faults, notes = read_archive(write(tmp_path / "a.warc", data))
    assert [r["name"][-2] for r in records] == ["1", "3", "4", "5"]
    assert len(faults) == 2
    assert sum(notes.values()) == 1  # the digest of what is there of the fourth


def test_a_head_with_doubled_carriage_returns_is_read(tmp_path: Path) -> None:
    record = make_record("resource", PAGE)
    head, _, rest = record.partition(b"\r\n\r\n")
    odd = head.replace(b"\r\n", b"\r\r\n") + b"\r\r\n\r\r\n" + rest
    path = write(tmp_path / "a.warc", odd + odd)
    records, faults, _ = read_archive(path)
    assert ([r["bytes"] for r in records], faults) == ([len(PAGE)] * 2, [])


def test_records_inside_a_payload_are_its_content(tmp_path: Path) -> None:
    inner = make_record("resource", PAGE)
    outer = make_record("resource", b"\n" + inner, Content_Length="")
    outer = make_record("resource", b"\n" + inner)
    damage = b"not a record\r\n"
    path = write(tmp_path / "a.warc", outer + damage + make_response())
    records, faults, _ = read_archive(path)
    assert [r["bytes"] for r in records] == [len(inner) + 1, len(PAGE)]
    assert [f.row for f in faults] == [2]


@pytest.mark.parametrize("length", ["0", "99999999999999999999"])
def test_damage_behind_a_record_of_no_length_is_met_once(
    tmp_path: Path, length: str
) -> None:
    empty = make_record("resource", b"", number=2, Content_Length=length)
    garbage = b"no record\r\n"
    data = make_response(number=1) + empty + garbage + make_response(number=3)
    records, faults, _ = read_archive(write(tmp_path / "a.warc", data))
    assert [r["name"][-2] for r in records] == ["1", "2", "3"]
    assert [f.row for f in faults] == [3]


def test_more_places_of_damage_than_are_tried_end_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warc_records, "_MOST_TRIES", 10)
    data = make_response() + b"\nWARC/9\n" * 50
    records, faults, _ = read_archive(write(tmp_path / "a.warc", data))
    assert len(records) == 1
    assert "the rest is unread" in faults[-1].reason


def test_a_body_that_stands_for_too_much_keeps_the_size_that_was_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coding, "LARGEST", 1 << 20)
    body = gzip.compress(bytes(4 << 20))
    block = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + body
    path = write(tmp_path / "a.warc", make_record("response", block))
    (found,), _, _ = read_archive(path)
    assert found["bytes"] == len(body)


FUZZED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=150,
)


@st.composite
def mutate(draw: st.DrawFn, whole: list[bytes]) -> bytes:
    """Change, drop, double or insert some bytes of one of several files."""
    data = bytearray(draw(st.sampled_from(whole)))
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(data)))
        how = draw(st.sampled_from(["change", "drop", "double", "insert"]))
        if how == "change":
            data[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
        elif how == "drop":
            del data[place : place + draw(st.sampled_from([1, 7, 100, 1000]))]
        elif how == "double":
            data[place:place] = data[: draw(st.integers(0, 2000))]
        else:
            data[place:place] = draw(st.binary(max_size=20))
    return bytes(data)


@pytest.mark.slow
@FUZZED
@given(mutate([pack(RECORDS, packing) for packing in ("", "gz", "zstd", "lz4")]))
def test_any_mutation_of_an_archive_ends_in_captures_faults_and_notes(
    tmp_path: Path, data: bytes
) -> None:
    path = write(tmp_path / "a.warc", b"WARC/1.0\r\n" + data)
    records, faults, notes = read_archive(path)
    rows = [r["row"] for r in records]
    assert rows == sorted(set(rows))
    assert records or faults or notes
