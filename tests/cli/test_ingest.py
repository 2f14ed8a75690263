"""``provenance ingest`` as scripts and people meet it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]


def _rows(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def _json(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _records(run_cli: Run, dataset: str) -> int:
    found = _json(run_cli("report", dataset, "--json"))
    total: int = found["units"]["records"]["total"]
    return total


def test_reports_what_it_did(run_cli: Run, tmp_path: Path) -> None:
    path = _rows(tmp_path / "a.jsonl", {"name": "x", "generated_by": ["M", "N"]})
    done = _json(run_cli("ingest", path, "--json"))
    assert (
        done["rows_read"],
        done["recorded"],
        done["quarantined"],
        done["new_contents"],
        done["edges"],
        done["batch"],
    ) == (1, 1, 0, 1, 2, 1)
    assert done["seconds"] >= 0
    told = run_cli("ingest", path, "--dataset", "b").stdout
    assert "generated_by ← generated_by" in told


def test_same_file_again_records_nothing_and_says_so(
    run_cli: Run, tmp_path: Path
) -> None:
    path = _rows(tmp_path / "a.jsonl", {"name": "x"}, {"name": "x"})
    run_cli("ingest", path)
    assert "already recorded" in run_cli("ingest", path).stdout
    assert _records(run_cli, "a") == 2
    again = _json(run_cli("ingest", path, "--dataset", "b", "--json"))
    assert (again["recorded"], again["already"]) == (2, False)


def test_changed_file_needs_append_or_replace(run_cli: Run, tmp_path: Path) -> None:
    path = _rows(tmp_path / "a.jsonl", {"name": "x"})
    run_cli("ingest", path)
    _rows(path, {"name": "y"}, {"name": "z"})
    refused = run_cli("ingest", path)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "has changed" in refused.stderr
    assert "--replace" in refused.stderr
    assert run_cli("ingest", path, "--append").exit_code == 0
    assert _records(run_cli, "a") == 3
    _rows(path, {"name": "w"})
    assert run_cli("ingest", path, "--replace").exit_code == 0
    assert run_cli("db", "check").exit_code == 0


def test_replace_leaves_only_the_new_rows(run_cli: Run, tmp_path: Path) -> None:
    path = _rows(tmp_path / "a.jsonl", {"name": "x"}, {"name": "y"})
    run_cli("ingest", path)
    _rows(path, {"name": "z", "generated_by": "M"})
    run_cli("ingest", path, "--replace")
    found = _json(run_cli("report", "a", "--json"))
    assert found["units"]["records"]["downstream_share"] == [1.0, 1.0]


def test_append_of_a_grown_file_records_the_new_rows(
    run_cli: Run, tmp_path: Path
) -> None:
    path = _rows(tmp_path / "a.jsonl", {"name": "x"})
    run_cli("ingest", path)
    _rows(path, {"name": "x"}, {"name": "y"})
    done = _json(run_cli("ingest", path, "--append", "--json"))
    assert (done["recorded"], done["skipped"]) == (1, 1)
    assert _records(run_cli, "a") == 2


def test_bad_rows_are_set_aside_with_their_reason(run_cli: Run, tmp_path: Path) -> None:
    good = json.dumps({"name": "x", "bytes": 1})
    lines = [good] * 16 + ['{"name": '] + [good] * 3
    bad = [
        {"digest": "sha256:zz"},
        {"fetched_at": "the day before"},
        {"bytes": -1},
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([*lines, *map(json.dumps, bad)]) + "\n", "utf-8")
    done = _json(run_cli("ingest", path, "--json"))
    assert (done["rows_read"], done["recorded"], done["quarantined"]) == (23, 19, 4)
    kept = Path(done["quarantine_file"])
    assert tmp_path == kept.parent
    faults = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    assert [fault["row"] for fault in faults] == [17, 21, 22, 23]
    assert [f["field"] for f in faults] == ["row", "digest", "fetched_at", "bytes"]
    assert all(f["file"] == str(path) and f["reason"] and f["value"] for f in faults)


def test_on_error_stop_records_nothing(run_cli: Run, tmp_path: Path) -> None:
    path = _rows(tmp_path / "a.jsonl", {"name": "x"}, {"bytes": -1})
    stopped = run_cli("ingest", path, "--on-error", "stop")
    assert stopped.exit_code == 1
    assert "row 2, bytes" in stopped.stderr
    assert json.loads(run_cli("dataset", "list", "--json").stdout) == []


def test_dry_run_keeps_nothing(run_cli: Run, tmp_path: Path) -> None:
    path = _rows(tmp_path / "a.jsonl", {"name": "x"}, {"bytes": -1})
    done = _json(run_cli("ingest", path, "--dry-run", "--json"))
    assert (
        done["recorded"],
        done["quarantined"],
        done["quarantine_file"],
    ) == (1, 1, None)
    assert json.loads(run_cli("dataset", "list", "--json").stdout) == []
    assert list(tmp_path.glob("*.quarantine*")) == []


def _truncated(path: Path) -> None:
    path.write_bytes(gzip.compress(b'{"name": "x"}\n' * 5000)[:-20])


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("missing.jsonl", lambda _path: None, "missing.jsonl"),
        ("empty.jsonl", lambda path: path.touch(), "no rows"),
        ("cut.jsonl.gz", _truncated, "ends early"),
        ("folder.jsonl", lambda path: path.mkdir(), "folder.jsonl"),
        ("not.parquet", lambda path: path.write_bytes(b"PAR1 nothing"), "not.parquet"),
        (
            "bad.jsonl",
            lambda path: path.write_text('{"bytes": -1}\n'),
            "not one of the 1 rows",
        ),
    ],
)
def test_bad_file_is_refused_in_words(
    run_cli: Run,
    tmp_path: Path,
    name: str,
    make: Callable[[Path], None],
    words: str,
) -> None:
    make(tmp_path / name)
    refused = run_cli("ingest", tmp_path / name)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert words in refused.stderr
    assert "Hint:" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert json.loads(run_cli("dataset", "list", "--json").stdout) == []


def test_unknown_column_is_refused_and_unknown_field_is_usage(
    run_cli: Run, tmp_path: Path
) -> None:
    path = _rows(tmp_path / "a.jsonl", {"name": "x"})
    column = run_cli("ingest", path, "--map", "url=adress")
    assert column.exit_code == 1
    assert "adress" in column.stderr
    field = run_cli("ingest", path, "--map", "uri=name")
    assert field.exit_code == 2
    assert "uri=name" in field.stderr


@pytest.mark.parametrize("name", ["a b", "a@", "@1", "a#b", "a@1@2", "", "a\nb", "!"])
def test_odd_dataset_names_are_refused(run_cli: Run, tmp_path: Path, name: str) -> None:
    path = _rows(tmp_path / "a.jsonl", {"name": "x"})
    refused = run_cli("ingest", path, "--dataset", name)
    assert refused.exit_code == 1
    assert "not a dataset name" in refused.stderr


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:////proc/nowhere/ledger.db", "does not exist"),
        ("sqlite:////proc/ledger.db", "cannot be written"),
        ("mysql://x/y", "not a database a ledger can live in"),
        ("nonsense", "not a ledger URL"),
        ("postgresql://127.0.0.1:1/none", "failed"),
    ],
)
def test_place_that_cannot_hold_a_ledger_is_refused(
    run_cli: Run, tmp_path: Path, url: str, words: str
) -> None:
    path = _rows(tmp_path / "a.jsonl", {"name": "x"})
    refused = run_cli("ingest", path, ledger=url)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert words in refused.stderr


def test_file_that_is_no_database_is_refused(run_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("nothing of the sort, at some length\n" * 99)
    refused = run_cli("ingest", _rows(tmp_path / "a.jsonl", {"name": "x"}))
    assert refused.exit_code == 1
    assert "is not a ledger" in refused.stderr


def test_key_that_comes_late_is_reported(run_cli: Run, tmp_path: Path) -> None:
    rows = [{"name": str(number)} for number in range(66_000)]
    path = _rows(tmp_path / "a.jsonl", *rows, {"name": "x", "generated_by": "M"})
    told = run_cli("ingest", path).stdout
    assert "generated_by, first met in row 66,001" in told
