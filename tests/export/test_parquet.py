from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import reference as ref
from click.testing import Result
from hypothesis import Phase, given, settings
from worlds import record_world, worlds

from provenance import Ledger
from provenance.cli.export import export
from provenance.domain import parse_dataset
from provenance.errors import NameRefusedError
from provenance.export.parquet import name_file
from provenance.ledger.exporting import EXPORTS
from provenance.lineage import rebuild
from provenance.report import GROUPINGS

_FEW = settings(
    max_examples=2,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
)

_ABOUT_THE_LOG = ("as_of", "log")


def _report(ledger: Ledger, dataset: str, unit: str) -> dict[str, Any]:
    found = ledger.report(dataset, by=tuple(GROUPINGS), unit=unit).to_dict()
    for name in _ABOUT_THE_LOG:
        del found[name]
    for share in found["shares"]:
        del share["claim"]
    return found


def _hand_on(source: Ledger, target: Ledger, datasets: list[str]) -> set[str]:
    """Export the first dataset, the others beside it, and record what was written."""
    folder = Path(tempfile.mkdtemp())
    first, *beside = datasets
    done = source.export_dataset("parquet", first, folder / "out", beside=beside)
    refused = [
        one.to_dict()["error"]
        for one in target.ingest_all([folder / "out"])
        if "error" in one.to_dict()
    ]
    shutil.rmtree(folder)
    # Evidence that says nothing is no evidence; worlds have some.
    assert all("not one of the" in words for words in refused)
    return {loss.what for loss in done.lost}


@pytest.mark.slow
@given(world=worlds())
@_FEW
def test_a_world_handed_on_as_parquet_gives_the_same_reports(world: ref.World) -> None:
    datasets = sorted({r.dataset for r in world.records if r.dataset})
    if not datasets:
        return
    with (
        Ledger.open("sqlite://") as source,
        Ledger.open("sqlite://") as alone,
        Ledger.open("sqlite://") as whole,
    ):
        with source._writing() as connection:
            record_world(connection, world)
            rebuild(connection, 0)
        assert _hand_on(source, whole, datasets) == {"log"}
        for dataset in datasets:
            expected = _report(source, dataset, "tokens")
            assert expected == _report(whole, dataset, "tokens")

        lost = _hand_on(source, alone, datasets[:1])
        assert lost <= {"log", "depth", "loops", "parents"}
        expected, found = (
            _report(ledger, datasets[0], "bytes") for ledger in (source, alone)
        )
        assert expected["units"] == found["units"]
        assert expected["shares"] == found["shares"]
        for by in set(GROUPINGS) - {"depth"}:
            assert expected["by"][by] == found["by"][by]


ROWS = [
    {
        "name": "a1",
        "sha256": "aa" * 32,
        "generated_by": "GPT-4",
        "mode": "answered",
        "tokens": 10,
        "url": "https://www.example.org/x",
        "date": "2023-01-02T03:04:05.678901Z",
        "copies": 2.5,
    },
    {"name": "a2", "sha256": "bb" * 32, "tokens": 20, "parent": "a1"},
    {"name": "a3", "tokens": 20, "parent": "nowhere", "split": "test"},
    {"url": "https://example.com/only", "tokens": None, "language": "de"},
    {"tokens": 5, "origin": "human", "media_type": "text/html"},
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ledger of two datasets, one on top of the other."""
    folder = tmp_path_factory.mktemp("template")
    rows = folder / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    other = folder / "other.jsonl"
    other.write_text(
        json.dumps({"sha256": "bb" * 32, "generated_by": "Llama", "mode": "edited"})
    )
    with Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger:
        ledger.ingest(rows, dataset="org/set@1.5")
        ledger.ingest(other, dataset="other")
        ledger.add_model("GPT-4", aliases=["gpt-4"], trained_on=["other"])
    return folder


@pytest.fixture
def recorded(template: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be changed."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_names_and_places_of_items_without_digest_stay_theirs(
    recorded: Path, new_url: Callable[[], str]
) -> None:
    with Ledger.open(new_url()) as source, Ledger.open(new_url()) as target:
        source.ingest(recorded / "rows.jsonl", dataset="org/set@1.5")
        source.ingest(recorded / "other.jsonl", dataset="other")
        _hand_on(source, target, ["org/set@1.5", "other"])
        assert _report(source, "org/set", "items") == _report(
            target, "org/set", "items"
        )
        ((one,), (other,)) = (
            ledger.explain("https://example.com/only") for ledger in (source, target)
        )
        assert one.item == other.item
        assert [p.reference for p in target.explain("a3")[0].records[0].parents] == [
            "nowhere"
        ]


def test_items_whose_names_were_erased_stay_one_item_each(
    tmp_path: Path, new_url: Callable[[], str]
) -> None:
    rows = [
        {"name": "n", "tokens": 1, "origin": "human"},
        {"name": "n", "tokens": 2},
        {"url": "https://a.org/x", "tokens": 4, "generated_by": "M"},
        {"url": "https://a.org/x", "tokens": 8},
        {"name": "kept", "url": "https://a.org/1", "tokens": 16, "origin": "human"},
        {"name": "kept", "url": "https://a.org/2", "tokens": 32},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Ledger.open(new_url()) as source:
        source.ingest(path, dataset="d")
        source.redact(["d#n", "https://a.org/x"], why="asked for")
        expected = _report(source, "d", "tokens")
        assert expected["units"]["contents"]["total"] == 3
        for name in ("parquet", "prov-json", "croissant"):
            handed = source.export_dataset(name, "d", tmp_path / name)
            assert [loss.what for loss in handed.lost] == ["log"]
            with Ledger.open(new_url()) as target:
                list(target.ingest_all([tmp_path / name]))
                assert expected == _report(target, "d", "tokens")
        source.redact(["https://a.org/2"], why="asked for")
        done = source.export_dataset("parquet", "d", tmp_path / "divided")
    assert [(one.what, one.amount) for one in done.lost if one.what == "erased"] == [
        ("erased", 1)
    ]


def test_each_dataset_has_a_file_named_as_a_dataset_can_be() -> None:
    long = "ü" * 150
    names = ["a/b", "a--b", "a-/b", "a/b@1", "a@b", long, f"{long}/b", "a@" + "ü" * 99]
    names += ["x" * 164 + "@--1", "a" + "/a" * 99, name_file("a--b")]
    files = [name_file(name) for name in names]
    assert len(set(files)) == len(names)
    assert files[0] == "a--b"
    for file in files:
        assert len(file.encode()) <= 247
        assert str(parse_dataset(file)) == file


def test_a_dataset_with_a_name_that_no_file_can_have_is_read_back(
    recorded: Path,
) -> None:
    dataset = "ü" * 150 + "--b/c"
    with (
        Ledger.open(f"sqlite:///{recorded}/ledger.db") as source,
        Ledger.open(f"sqlite:///{recorded}/again.db") as target,
    ):
        source.ingest(recorded / "other.jsonl", dataset=dataset)
        source.export_dataset("parquet", dataset, recorded / "out")
        list(target.ingest_all([recorded / "out"]))
        found = {d["dataset"]: d["records"] for d in target.datasets()}
        assert found[dataset] == 1


def test_a_folder_recorded_twice_says_so(recorded: Path) -> None:
    with (
        Ledger.open(f"sqlite:///{recorded}/ledger.db") as source,
        Ledger.open(f"sqlite:///{recorded}/again.db") as target,
    ):
        source.export_dataset("parquet", "org/set", recorded / "out")
        first, again = (
            [one.to_dict() for one in target.ingest_all([recorded / "out"])]
            for _ in range(2)
        )
    assert sum(one.get("recorded", 0) for one in first) == len(ROWS) + 1
    assert all(one["already"] for one in again if "passed_over" not in one)


def test_a_dataset_without_records_goes_along_with_its_facts(recorded: Path) -> None:
    with (
        Ledger.open(f"sqlite:///{recorded}/ledger.db") as source,
        Ledger.open(f"sqlite:///{recorded}/again.db") as target,
    ):
        source.add_dataset("bare@1", derived_from=["other"], license="MIT", note="n")
        assert _hand_on(source, target, ["org/set@1.5", "bare@1"]) >= {"log"}
        told = [
            {key: value for key, value in one.items() if key != "position"}
            for ledger in (source, target)
            for one in ledger.datasets()
            if one["dataset"] == "bare"
        ]
        assert told[0] == told[1]


def test_duckdb_reads_rows_with_their_tiers(recorded: Path) -> None:
    with Ledger.open(f"sqlite:///{recorded}/ledger.db") as ledger:
        ledger.export_dataset("parquet", "org/set", recorded / "out")
        figures = ledger.report("org/set").units["tokens"]
    rows = recorded / "out" / "records" / "org--set@1.5.parquet"
    query = f"SELECT tier, sum(tokens * copies) FROM '{rows}' GROUP BY tier"
    summed = {
        tier: amount or 0 for tier, amount in duckdb.connect().execute(query).fetchall()
    }
    tiers = {str(tier): amount for tier, amount in figures.tiers.items() if amount}
    assert tiers == {tier: float(amount) for tier, amount in summed.items() if amount}
    table = pq.read_table(rows).to_pylist()
    (origins,) = (row["origins"] for row in table if row["name"] == "a1")
    assert origins == [
        {
            "kind": "model",
            "model": "GPT-4",
            "mode": "answered",
            "evidence": "declared",
            "detector": None,
            "score": None,
            "threshold": None,
        }
    ]


def test_what_is_derived_is_no_manifest(
    recorded: Path, run_cli: Callable[..., Result]
) -> None:
    done = run_cli("export", "parquet", "org/set", "-o", recorded / "out", "--json")
    assert done.exit_code == 0
    files = [Path(file["path"]) for file in json.loads(done.stdout)["files"]]
    assert "pedigrees.parquet" in [file.name for file in files]
    refused = run_cli("ingest", recorded / "out" / "derived" / "pedigrees.parquet")
    assert refused.exit_code == 1
    assert "holds no records that a ledger exported" in refused.stderr


def test_a_folder_that_is_there_is_left_alone(
    recorded: Path, run_cli: Callable[..., Result]
) -> None:
    words = ("export", "parquet", "org/set", "-o", recorded / "out")
    assert run_cli(*words).exit_code == 0
    again = run_cli(*words)
    assert again.exit_code == 1
    assert "is there already" in again.stderr
    assert run_cli(*words, "--overwrite").exit_code == 0


@pytest.mark.parametrize("name", ["parquet", "croissant"])
def test_an_export_that_is_overwritten_leaves_nothing_but_what_is_not_ours(
    recorded: Path, name: str
) -> None:
    out = recorded / "out"
    with Ledger.open(f"sqlite:///{recorded}/ledger.db") as ledger:
        earlier = ledger.export_dataset("parquet", "org/set", out)
        for inner in ("records", "upstream", "evidence"):
            (out / inner).mkdir(exist_ok=True)
            pq.write_table(pa.table({"mine": [1]}), out / inner / "mine.parquet")
            (out / inner / "notes.parquet").write_text("no Parquet")
        shutil.copy(out / "records" / "org--set@1.5.parquet", out / "copy.parquet")
        done = ledger.export_dataset(name, "other", out, overwrite=True)
    ours = {path for path in out.rglob("*.parquet") if _is_exported(path)}
    assert any(path.parent.name == "upstream" for path in earlier.files)
    assert ours - {out / "copy.parquet"} <= set(done.files)
    assert (out / "copy.parquet").exists()
    assert len([*out.glob("*/mine.parquet"), *out.glob("*/notes.parquet")]) == 6


def _is_exported(path: Path) -> bool:
    if path.name == "notes.parquet":
        return False
    return b"provenance.holds" in (pq.read_schema(path).metadata or {})


def test_what_is_lost_is_printed(
    recorded: Path, run_cli: Callable[..., Result]
) -> None:
    alone = run_cli("export", "parquet", "org/set", "-o", recorded / "alone")
    assert "lost     depth: 3 generations of models" in alone.stdout
    assert "hangs on other" in alone.stdout
    whole = run_cli(
        "export", "parquet", "org/set", "-o", recorded / "whole", "--beside", "other"
    )
    assert "lost     depth" not in whole.stdout


@pytest.mark.parametrize("name", ["prov-json", "croissant", "card"])
def test_no_dataset_goes_along_in_another_format_and_that_is_said(
    recorded: Path, run_cli: Callable[..., Result], name: str
) -> None:
    words = ("export", name, "org/set", "-o", recorded / "out", "--beside", "other")
    refused = run_cli(*words)
    assert refused.exit_code == 2
    assert "--beside is of parquet only" in refused.stderr
    with (
        Ledger.open(f"sqlite:///{recorded}/ledger.db") as ledger,
        pytest.raises(NameRefusedError, match="no other dataset goes along"),
    ):
        ledger.export_dataset(name, "org/set", recorded / "out", beside=["other"])
    assert not (recorded / "out").exists()


def test_evidence_goes_along_and_stays_of_no_dataset(
    recorded: Path, run_cli: Callable[..., Result]
) -> None:
    seen = recorded / "seen.jsonl"
    score = {"digest": "sha256:" + "bb" * 32, "detector": "d@1", "score": 0.75}
    seen.write_text(json.dumps({**score, "threshold": 0.25}) + "\n")
    with (
        Ledger.open(f"sqlite:///{recorded}/ledger.db") as source,
        Ledger.open(f"sqlite:///{recorded}/again.db") as target,
    ):
        source.ingest(seen, kind="evidence")
        _hand_on(source, target, ["org/set@1.5", "other"])
        assert _report(source, "org/set", "items") == _report(
            target, "org/set", "items"
        )
        origins = [
            origin
            for occurrence in target.explain("sha256:" + "bb" * 32)[0].evidence
            for origin in occurrence.origins
        ]
        assert [(o.detector, o.score, o.threshold) for o in origins] == [
            ("d@1", 0.75, 0.25)
        ]
        source.export_dataset("parquet", "org/set", recorded / "out")
    evidence = recorded / "out" / "evidence" / "evidence.parquet"
    refused = run_cli("ingest", evidence, "--dataset", "mine")
    assert refused.exit_code == 1
    assert "holds evidence, which belongs to no dataset" in refused.stderr
    assert run_cli("ingest", evidence).exit_code == 0


def test_the_command_knows_every_format() -> None:
    (argument,) = (p for p in export.params if p.name == "format_")
    assert isinstance(argument.type, click.Choice)
    assert tuple(argument.type.choices) == tuple(EXPORTS)
