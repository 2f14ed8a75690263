import fcntl
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO

import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.batch import Fault, Faults
from provenance.errors import LedgerStateError, QuarantineError
from provenance.ledger import quarantine as quarantines
from provenance.ledger.limit import BadRowLimit
from provenance.ledger.quarantine import Quarantine

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


def make_faults(*rows: int, reason: str = "expected a number") -> Faults:
    return Faults.of(
        "m.csv",
        [
            Fault(file="m.csv", row=row, field="bytes", value="-1", reason=reason)
            for row in rows
        ],
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(TEXT, st.lists(st.tuples(st.integers(1, 2**40), TEXT, TEXT), min_size=1))
def test_file_holds_every_fault_as_json(
    tmp_path: Path, file: str, found: list[tuple[int, str, str]]
) -> None:
    faults = Faults.of(
        file,
        [
            Fault(file=file, row=row, field="url", value=value, reason=reason)
            for row, value, reason in found
        ],
    )
    quarantine = Quarantine(tmp_path / "q.jsonl")
    quarantine.add(faults)
    kept = quarantine.keep()
    assert kept is not None
    lines = kept.read_bytes().decode().split("\n")
    assert [asdict(fault) for fault in faults] == [json.loads(x) for x in lines[:-1]]
    assert [json.dumps(asdict(f), ensure_ascii=False) for f in faults] == lines[:-1]
    kept.unlink()


def test_there_is_no_file_without_faults(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q.jsonl")
    quarantine.add(make_faults())
    assert quarantine.keep() is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q.jsonl")
    quarantine.add(make_faults(1))
    quarantine.drop()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_no_file_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / ".quarantine-0.part"
    left.touch()
    lock, taken = fcntl.flock, list[Path]()

    def take(file: IO[bytes], how: int) -> None:
        if how == fcntl.LOCK_EX and not taken:
            taken.extend(tmp_path.glob("*.part"))
            taken[0].unlink()
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", take)
    first, second = (Quarantine(tmp_path / "bad.jsonl") for _ in range(2))
    first.add(make_faults(1))
    assert not left.exists()
    assert len(taken) == 1
    quarantines._tidy.cache_clear()
    second.add(make_faults(1))
    assert first.keep() == tmp_path / "bad.jsonl"
    assert second.keep() == tmp_path / "bad-2.jsonl"


def test_a_second_run_does_not_lose_the_file_of_the_first(tmp_path: Path) -> None:
    kept = []
    for row in (1, 2, 3):
        quarantine = Quarantine(tmp_path / "a.quarantine.jsonl")
        quarantine.add(make_faults(row))
        kept.append(quarantine.keep())
        quarantine.drop()
    names = ["a.quarantine.jsonl", "a.quarantine-2.jsonl", "a.quarantine-3.jsonl"]
    assert [tmp_path / name for name in names] == kept
    rows = [json.loads((tmp_path / name).read_text())["row"] for name in names]
    assert rows == [1, 2, 3]


def test_most_frequent_reasons_come_first_with_a_row_that_has_them(
    tmp_path: Path,
) -> None:
    quarantine = Quarantine(tmp_path / "q.jsonl")
    quarantine.add(make_faults(4))
    quarantine.add(make_faults(7, 9, 11, reason="not valid JSON: x (character 5)"))
    quarantine.add(make_faults(1_200, reason="not valid JSON: x (character 77)"))
    assert quarantine.most_frequent() == (
        "bytes: not valid JSON: x (4 rows, as row 7: '-1'); "
        "bytes: expected a number (1 row, as row 4: '-1')"
    )
    quarantine.drop()


def test_reasons_counted_are_bounded(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q.jsonl")
    for number in range(1_100):
        quarantine.add(make_faults(number, reason=f"reason {number}"))
    quarantine.add(make_faults(5, reason="reason 3"))
    assert quarantine.most_frequent().startswith("bytes: reason 3 (2 rows")
    assert quarantine.count == 1_101
    quarantine.drop()


def test_too_many_bad_rows_end_it_with_the_reasons(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q.jsonl", BadRowLimit.parse("2"))
    quarantine.add(make_faults(1, 2))
    quarantine.check(10)
    quarantine.add(make_faults(3))
    with pytest.raises(QuarantineError, match="3 of the first 10 rows") as raised:
        quarantine.check(10)
    assert "expected a number (3 rows, as row 1" in raised.value.message
    quarantine.drop()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "none" / "q.jsonl")
    with pytest.raises(LedgerStateError, match=r"set aside in .*none"):
        quarantine.add(make_faults(1))
    quarantine.drop()


def test_a_dry_run_of_bad_rows_alone_leaves_no_file(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"name": "a", "bytes": "many"}\n')
    refused = run_cli("ingest", path, "--dry-run")
    assert refused.exit_code == 1
    assert refused.stderr.endswith("Nothing was recorded. Check --map and --format.\n")
    assert not list(tmp_path.glob("*quarantine*"))
