"""``provenance ingest`` as scripts and people meet it."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import fsspec
import pytest
from click.testing import CliRunner, Result

from provenance.cli import cli

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


def test_memory_is_a_size(run_cli: Run, tmp_path: Path) -> None:
    path = _rows(tmp_path / "a.jsonl", {"name": "x", "generated_by": "M"})
    refused = run_cli("ingest", path, "--memory", "plenty")
    assert refused.exit_code == 2
    assert "500MB" in refused.stderr
    assert _json(run_cli("ingest", path, "--memory", "100 MiB", "--json"))


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
    told = []
    for made in (False, True):
        assert (tmp_path / "ledger.db").exists() == made
        done = _json(run_cli("ingest", path, "--dry-run", "--json"))
        told.append((done["recorded"], done["quarantined"], done["quarantine_file"]))
        assert list(tmp_path.glob("*.db*")) == [tmp_path / "ledger.db"] * made
        run_cli("model", "add", "M")  # makes the ledger
    assert told == [(1, 1, None)] * 2
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
            "not one of the 1 row",
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
        ("sqlite://ledger.db", "'sqlite://ledger.db' is not a ledger URL"),
        ("sqlite:///a\0.db", "not a ledger URL"),
        ("postgresql://u:secret@host:port/x", "u:***@host:port/x' is not a ledger URL"),
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
    assert "secret" not in refused.stderr
    if "ledger URL" in words:
        assert words in run_cli("ingest", path, "--dry-run", ledger=url).stderr


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


def test_several_files_are_recorded_and_a_bad_one_ends_in_1(
    run_cli: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    _rows(folder / "a.jsonl", {"name": "x"}, {"name": "y", "bytes": -1})
    (folder / "b.csv").write_text("what,ever\n1,2\n")
    (folder / "c.bin").write_bytes(b"\0\1\2")
    _rows(folder / "d.jsonl", {"name": "z"})
    done = run_cli("ingest", folder)
    assert done.exit_code == 1
    assert f"{folder}/a.jsonl → a (jsonl)" in done.stdout
    assert f"{folder}/c.bin: passed over, since it is in no format" in done.stdout
    assert f"{folder}/d.jsonl → d (jsonl)" in done.stdout
    assert f"Error: {folder}/b.csv: no column has a usual name" in done.stderr
    assert done.stderr.splitlines()[-1] == (
        "4 files: 2 recorded (2 rows, 1 quarantined), 1 passed over, 1 refused"
    )
    again = run_cli("ingest", folder, "--json")
    told = [json.loads(line) for line in again.stdout.splitlines()]
    assert [line.get("already") for line in told] == [True, None, None, True]
    assert again.exit_code == 1


def test_a_quoted_pattern_and_a_dataset_for_all(run_cli: Run, tmp_path: Path) -> None:
    for name in "ab":
        _rows(tmp_path / f"{name}.jsonl", {"name": name})
    done = run_cli("ingest", f"{tmp_path}/*.jsonl", "--dataset", "all@1")
    assert done.exit_code == 0
    assert done.stderr == "2 files: 2 recorded (2 rows)\n"
    assert _records(run_cli, "all@1") == 2
    nothing = run_cli("ingest", f"{tmp_path}/*.nothing")
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    assert "no file matches" in nothing.stderr


def test_on_error_stop_stops_before_the_next_file(run_cli: Run, tmp_path: Path) -> None:
    _rows(tmp_path / "a.jsonl", {"bytes": -1})
    _rows(tmp_path / "b.jsonl", {"name": "x"})
    stopped = run_cli("ingest", f"{tmp_path}/*.jsonl", "--on-error", "stop")
    assert (stopped.exit_code, stopped.stdout) == (1, "")
    assert json.loads(run_cli("dataset", "list", "--json").stdout) == []


@pytest.mark.parametrize("pack", [bytes, partial(gzip.compress, mtime=0)])
def test_standard_input_is_a_manifest_of_any_format(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    def run(data: bytes, *more: str) -> Result:
        url = f"sqlite:///{tmp_path}/ledger.db"
        arguments = ["--ledger", url, "ingest", "-", *more]
        return CliRunner().invoke(cli, arguments, input=pack(data))

    data = b"id,bytes\nx,1\ny,-1\n"
    assert "no name to call a dataset by" in run(data).stderr
    done = json.loads(run(data, "--dataset", "a", "--json").stdout)
    assert (done["file"], done["format"]) == ("standard input", "csv")
    kept = Path(done["quarantine_file"])
    assert json.loads(kept.read_text())["file"] == "standard input"
    assert "already recorded" in run(data, "--dataset", "a").stdout
    changed = run(data + b"z,1\n", "--dataset", "a")
    assert "standard input has changed since it was recorded" in changed.stderr
    grown = json.loads(
        run(data + b"z,1\n", "--dataset", "a", "--append", "--json").stdout
    )
    assert grown["recorded"] == (1 if pack is bytes else 2)
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
    broken = run(b"\xfd7zXZ\0 and so on", "--dataset", "a")
    assert "standard input is an xz file" in broken.stderr or pack is not bytes


def test_a_file_url_is_the_path(run_cli: Run, tmp_path: Path) -> None:
    path = _rows(tmp_path / "a b.jsonl", {"name": "x"})
    assert run_cli("ingest", path.as_uri(), "--dataset", "a").exit_code == 0
    assert "already recorded" in run_cli("ingest", path, "--dataset", "a").stdout


def test_a_far_file_is_the_same_file_the_second_time(
    run_cli: Run, tmp_path: Path
) -> None:
    fsspec.filesystem("memory").pipe_file("/far/a.csv", b"id,bytes\nx,1\ny,-1\n")
    done = _json(run_cli("ingest", "memory://far/a.csv", "--json"))
    assert (done["file"], done["dataset"], done["recorded"]) == (
        "memory://far/a.csv",
        "a",
        1,
    )
    assert "already recorded" in run_cli("ingest", "memory://far/*.csv").stdout
    assert list(tmp_path.glob(".provenance-*")) == []


def test_max_bad_refuses_a_wrong_mapping_with_its_reasons(
    run_cli: Run, tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [{"name": "x", "size": "big"}] * 2_000
    path = _rows(tmp_path / "a.jsonl", *rows, {"name": "x", "size": 1})
    refused = run_cli("ingest", path, "--max-bad", "5%")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "2,000 of the first 2,001 rows are bad" in refused.stderr
    assert "bytes: expected a whole number" in refused.stderr
    assert "(2,000 rows, as row 1: 'big')" in refused.stderr
    assert json.loads(run_cli("dataset", "list", "--json").stdout) == []
    assert list(tmp_path.glob("*quarantine*")) == []
    assert run_cli("ingest", path, "--max-bad", "2000").exit_code == 0


def test_a_key_met_late_is_read_when_it_is_named(run_cli: Run, tmp_path: Path) -> None:
    rows = [{"name": str(number)} for number in range(66_000)]
    late = {"name": "x", "meta": {"by": "M"}}
    path = _rows(tmp_path / "a.jsonl", *rows, late)
    refused = run_cli("ingest", path, "--map", "generated_by=meta.who")
    assert "has no column 'meta.who'" in refused.stderr
    done = _json(run_cli("ingest", path, "--map", "generated_by=meta.by", "--json"))
    assert (done["recorded"], done["generated_by"]) == (66_001, 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--map", "name"], "'name' is not FIELD=COLUMN"),
        (["--map", "nam=x"], "'nam' is no field (is 'name' meant?)"),
        (["--set", "zzz=x"], "'zzz' is no field. The fields are: digest"),
        (["--map", "name=a", "--map", "name=b"], "name is given twice"),
        (["--append", "--replace"], "exclude each other"),
        (["--format", "xml"], "'xml' is not one of"),
    ],
)
def test_misuse_is_told_apart_from_refusal(
    run_cli: Run, tmp_path: Path, options: list[str], words: str
) -> None:
    path = _rows(tmp_path / "a.jsonl", {"name": "x"})
    misused = run_cli("ingest", path, *options)
    assert (misused.exit_code, misused.stdout) == (2, "")
    assert words in misused.stderr


@pytest.mark.parametrize("name", [b"a\nb.jsonl", b"a\xff.jsonl", b"[x] 100%.jsonl"])
def test_a_file_of_any_name_is_recorded_once(
    run_cli: Run, tmp_path: Path, name: bytes
) -> None:
    path = _rows(Path(os.fsdecode(bytes(tmp_path) + b"/" + name)), {"name": "x"}, {})
    for words in ("→ d (jsonl)", "already recorded"):
        done = run_cli("ingest", path, "--dataset", "d")
        assert done.exit_code == 0, done.output
        assert words in done.stdout
    bad = _rows(path, {"name": "x"}, {"bytes": -1})
    done = run_cli("ingest", bad, "--dataset", "e")
    assert done.exit_code == 0, done.output
    (kept,) = tmp_path.glob("*.quarantine.jsonl")
    assert json.loads(kept.read_text())["row"] == 2
