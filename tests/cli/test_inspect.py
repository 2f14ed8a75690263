"""``provenance inspect`` and ``formats``: what would be read, without a ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import Result
from manifest.archives.written import make_archive

from provenance.domain.formats import FORMATS, SHAPES
from provenance.manifest.attributes import ATTRIBUTES
from provenance.manifest.open import READERS
from provenance.manifest.parts.take_apart import SHAPES as KNOWN

Run = Callable[..., Result]
ROWS = [
    {"id": f"a{n}", "model": "M", "sha256": "ab" * 32, "quality": 3, "tokens": n}
    for n in range(9)
]

MAPPED = "digest ← sha256, name ← id, tokens ← tokens, generated_by ← model"


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_shows_mapping_loss_and_five_records(run_cli: Run, tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", [*ROWS[:2], {"tokens": "x"}, *ROWS[2:]])
    told = run_cli("inspect", path)
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        f"{path} (jsonl)",
        f"  mapped       {MAPPED}",
        "  not read     quality",
        "  digests      digest is spelled in hex",
        *(
            line
            for n, row in enumerate([1, 2, 4, 5, 6])
            for line in (
                f"  row {row}",
                "    digest     sha256:" + "ab" * 32,
                f"    name       a{n}",
                f"    tokens     {n}",
                "    origins    model, M, unspecified, declared",
            )
        ),
        "  bad row      3, tokens: expected a whole number from 0 to 2^53 - 1",
    ]
    assert list(tmp_path.glob("*")) == [path]


def test_json_has_the_same(run_cli: Run, tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", ROWS)
    told = run_cli("inspect", path, "--json", "--records", "1", "--set", "split=x")
    found = json.loads(told.stdout)
    assert found["format"] == "jsonl"
    assert found["mapping"]["split"] == "=x"
    assert (found["unused"], found["spellings"]) == (["quality"], {"digest": "hex"})
    (record,) = found["records"]
    assert (record["row"], record["digest"]) == (1, "sha256:" + "ab" * 32)
    assert record["origins"] == [
        {"kind": "model", "model": "M", "mode": "unspecified", "evidence": "declared"}
    ]
    assert (found["faults"], found["noted"]) == ([], {})


def test_what_is_set_for_parts_is_no_column_of_the_file(
    run_cli: Run, tmp_path: Path
) -> None:
    row = {"prompt": "Why?", "response": "So.", "quality": 3}
    path = _write(tmp_path / "a.jsonl", [row])
    told = run_cli("inspect", path, "--json", "--set", "generated_by=M")
    assert json.loads(told.stdout)["unused"] == ["quality (of the row)"]
    path = _write(tmp_path / "b.jsonl", [row | {"generated_by": "N"}])
    told = run_cli("inspect", path, "--json", "--set", "generated_by=M")
    unused = json.loads(told.stdout)["unused"]
    assert unused == ["generated_by", "quality (of the row)"]


def test_parts_and_notes_are_shown(run_cli: Run, tmp_path: Path) -> None:
    row = {"id": "a", "instruction": "Do.", "output": "Done."}
    told = run_cli("inspect", _write(tmp_path / "a.jsonl", [row])).stdout
    assert "  row 1:1\n" in told
    assert "seeded, declared" in told
    (tmp_path / "a.warc").write_bytes(b"".join(make_archive()))
    told = run_cli("inspect", tmp_path / "a.warc").stdout
    assert "request records are no captures: 1 row of those looked at" in told
    assert "fetched_at 2024-05-18T01:58:10+00:00" in told


def test_a_file_without_records_says_so(run_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(make_archive()[0])
    told = run_cli("inspect", tmp_path / "a.warc")
    assert told.exit_code == 0
    assert "no record in what was looked at" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nowhere.jsonl"], 1),
        (["a.jsonl", "--map", "name=nothing"], 1),
        (["a.jsonl", "--set", "mode=dreamt"], 1),
        (["a.jsonl", "--map", "nothing"], 2),
        (["a.jsonl", "--format", "xml"], 2),
        ([], 2),
    ],
)
def test_exit_codes_are_those_of_ingest(
    run_cli: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    _write(tmp_path / "a.jsonl", ROWS)
    for command in ("inspect", "ingest"):
        done = run_cli(command, *arguments)
        assert (done.exit_code, done.stdout) == (code, "")
        assert done.stderr


def test_formats_are_those_that_are_read(run_cli: Run) -> None:
    assert [known.name for known in FORMATS] == list(READERS)
    names = [known.name for known in SHAPES]
    assert names == [ATTRIBUTES, *(shape.name for shape in KNOWN)]
    told = run_cli("formats").stdout
    assert all(known.name in told for known in (*FORMATS, *SHAPES))
    found = json.loads(run_cli("formats", "--json").stdout)
    assert [known["name"] for known in found["files"]] == list(READERS)
    assert set(found["rows"][0]) == {"name", "told_by", "gives"}


def test_help_of_export_names_its_formats(run_cli: Run) -> None:
    told = " ".join(run_cli("export", "--help").stdout.split())
    assert "FORMAT is one of: parquet, prov-json, croissant, cyclonedx" in told
    assert told.endswith("eu-summary, ab-2013, dps.")


ASKING = (
    *(("db", "check"), ("db", "rebuild"), ("db", "upgrade"), ("loops",)),
    *(("dataset", "list"), ("model", "list"), ("model", "suggest")),
    *(("policy", "list"), ("policy", "show", "default")),
    ("claim", "add", "--dataset", "d", "--origin", "human", "--dry-run"),
)


@pytest.mark.parametrize("asked", ASKING, ids=" ".join)
def test_who_only_asks_makes_no_ledger(
    run_cli: Callable[..., Result], tmp_path: Path, asked: tuple[str, ...]
) -> None:
    refused = run_cli(*asked)
    assert "there is no ledger" in refused.output
    assert refused.exit_code == 1
    assert not (tmp_path / "ledger.db").exists()
