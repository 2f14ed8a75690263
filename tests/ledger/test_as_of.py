"""What was printed once can be asked for again, whatever was logged since."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from provenance import Ledger
from provenance.errors import NameRefusedError, NotRecordedError

DAY = 86_400_000_000
FIRST = 1_700_000_000_000_000  # 2023-11-14, 22:13 UTC


@pytest.fixture
def daily(url: str) -> Iterator[Ledger]:
    """A ledger each of whose entries is logged an hour after the one before."""
    moments = iter(range(FIRST, FIRST + 100 * DAY, DAY // 24))
    with Ledger.open(url, clock=lambda: next(moments)) as opened:
        yield opened


def _write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _ask(ledger: Ledger, as_of: int | None = None) -> list[Any]:
    """Everything that can be told of the whole ledger."""
    told: list[Any] = [
        ledger.datasets(as_of=as_of),
        [loop.to_dict() for loop in ledger.loops(as_of=as_of)],
    ]
    for dataset in ledger.datasets(as_of=as_of):
        name = "@".join(filter(None, (dataset["dataset"], dataset["version"])))
        for policy, by in (("default", ["source"]), ("low-background", [])):
            report = ledger.report(name, by=by, policy=policy, as_of=as_of)
            told.append(report.to_dict())
    return told


def test_every_change_leaves_what_was_printed_before(
    daily: Ledger, tmp_path: Path
) -> None:
    ledger = daily
    crawl = _write(
        tmp_path / "crawl.jsonl",
        {"name": "a", "fetched_at": "2022-01-01", "tokens": 10, "language": "en"},
        {"name": "b", "generated_by": "m-1", "tokens": 20, "derived_from": "late"},
        {"name": "self", "derived_from": "self"},
    )
    late = _write(
        tmp_path / "late.jsonl",
        {"name": "late", "generated_by": "M", "derived_from": "b", "bytes": 9},
        {"name": "copy", "derived_from": "crawl#a", "derivation": "copied"},
    )
    changes: list[Callable[[], object]] = [
        lambda: ledger.ingest(crawl, dataset="crawl"),
        lambda: ledger.add_model("M", aliases=["m-1"], trained_on=["crawl"]),
        lambda: ledger.add_dataset("mix", derived_from=["crawl", "nowhere"]),
        lambda: ledger.ingest(late, dataset="crawl"),
        lambda: ledger.ingest(late, dataset="mix"),
        lambda: ledger.add_model("M", generative=False),
        ledger.rebuild,
        lambda: ledger.ingest(
            _write(crawl, {"name": "a", "origin": "human"}),
            dataset="crawl",
            replace=True,
        ),
        lambda: ledger.add_dataset("mix", license="MIT", note="late"),
    ]
    printed: dict[int, list[Any]] = {}
    for change in changes:
        change()
        told = _ask(ledger)
        (report, *_) = told[2:]
        printed[report["as_of"]] = told
    assert {size: _ask(ledger, size) for size in printed} == printed
    loops = [told[1] for told in printed.values()]
    assert len({json.dumps(told) for told in loops}) > 3
    assert ledger.check_derived() == []


def test_a_date_counts_what_was_logged_before_its_end(
    daily: Ledger, tmp_path: Path
) -> None:
    rows = _write(tmp_path / "rows.jsonl", {"name": "a"})
    daily.ingest(rows, dataset="one")  # at 23:13, the policies an hour before
    daily.ingest(rows, dataset="two")  # at 00:13
    assert [d["dataset"] for d in daily.datasets(as_of="2023-11-14")] == ["one"]
    assert [d["dataset"] for d in daily.datasets(as_of="2023-11-15")] == ["one", "two"]
    assert daily.datasets(as_of="2023-11-13") == []
    assert daily.datasets(as_of="9999-12-31") == daily.datasets()
    told = daily.report("one", as_of="2023-11-15").as_of
    assert told == daily.report("one").as_of
    with pytest.raises(NotRecordedError, match="as of 4"):
        daily.report("two", as_of="2023-11-14")


@pytest.mark.parametrize("as_of", ["7.5", "yesterday", "99", 99, -1, "2023-13-01"])
def test_what_is_no_position_of_the_log_is_refused(
    ledger: Ledger, as_of: int | str
) -> None:
    with pytest.raises(NameRefusedError):
        ledger.datasets(as_of=as_of)


def test_command_line_answers_as_of(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    rows = _write(tmp_path / "d.jsonl", {"name": "a", "derived_from": "a"})
    run_cli("ingest", rows)
    before = json.loads(run_cli("report", "d", "--json").stdout)
    more = _write(tmp_path / "e.jsonl", {"name": "b", "generated_by": "M"})
    run_cli("ingest", more, "--dataset", "d")
    size = str(before["as_of"])
    again = run_cli("report", "d", "--json", "--as-of", size)
    assert json.loads(again.stdout) == before
    assert f"as of {size}" in run_cli("report", "d", "--as-of", size).stdout
    listed = run_cli("dataset", "list", "--json", "--as-of", size)
    assert [one["records"] for one in json.loads(listed.stdout)] == [1]
    assert "itself" in run_cli("loops", "--as-of", size).stdout
    assert "no loops" in run_cli("loops", "--as-of", "2").stdout
    for asked in (("report", "d"), ("check", "d", "--max-depth", "1"), ("loops",)):
        for early in ("0", "2020-01-01"):
            refused = run_cli(*asked, "--as-of", early)
            assert refused.exit_code == 1
            assert "nothing stood then: the log of this ledger began on 20" in (
                refused.stderr
            )
    refused = run_cli("explain", "d#a", "--as-of", "0")
    assert f"a position from 1 to {int(size) + 1}" in refused.stderr
    refused = run_cli("report", "d", "--as-of", "999")
    assert "a position from 1 to" in refused.stderr
    refused = run_cli("report", "d", "--as-of", "never")
    assert (refused.exit_code, "no date" in refused.stderr) == (1, True)
