import os
from pathlib import Path

import pytest

from provenance.errors import LedgerStateError, ManifestError
from provenance.ledger.manifests import Named, find_manifests
from provenance.ledger.spool import copy_input, place_for_copy


def names(*given: str | Path) -> list[str]:
    """Return what was found; errors as their message."""
    return [
        found.message if isinstance(found, ManifestError) else found.name
        for found in find_manifests(given)
    ]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.csv", "a.csv", "c.jsonl", "sub/d.csv", "sub/deep/e.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/x.csv").touch()
    (tmp_path / ".hidden.csv").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_names_keep_their_order_and_what_they_stand_for_is_sorted(folder: Path) -> None:
    assert names("c.jsonl", "*.csv") == ["c.jsonl", "a.csv", "b.csv"]
    assert names(folder / "sub") == [
        str(folder / "sub/d.csv"),
        str(folder / "sub/deep/e.csv"),
    ]
    assert names("**/*.csv") == ["a.csv", "b.csv", "sub/d.csv", "sub/deep/e.csv"]


def test_a_folder_stands_for_its_files_but_not_the_hidden_ones(folder: Path) -> None:
    found = [f for f in find_manifests([folder]) if isinstance(f, Named)]
    assert len(found) == 5
    assert all(f.is_found for f in found)


def test_a_pattern_that_matches_a_folder_goes_into_it(folder: Path) -> None:
    assert folder.is_dir()
    assert names("s*") == ["sub/d.csv", "sub/deep/e.csv"]


def test_a_manifest_named_twice_comes_once(folder: Path) -> None:
    uri = (folder / "a.csv").as_uri()
    assert names("a.csv", folder / "a.csv", "a*.csv", uri, "./a.csv") == ["a.csv"]


def test_a_name_that_looks_like_a_pattern_may_be_a_file(folder: Path) -> None:
    (folder / "x[1].csv").touch()
    (folder / "x1.csv").touch()
    assert names("x[1].csv") == ["x[1].csv"]


def test_what_leads_nowhere_is_an_error_in_its_place(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert names("no*.csv", "a.csv", "empty", "x" * 300) == [
        "no file matches no*.csv",
        "a.csv",
        "empty holds no files",
        f"{'x' * 300} cannot be read: File name too long",
    ]
    assert names("missing.csv") == ["missing.csv"]


def test_a_path_is_recorded_absolute_and_input_as_a_dash(folder: Path) -> None:
    assert Named("a.csv").recorded == str(folder / "a.csv")
    assert Named("-").recorded == "-"
    with pytest.raises(ManifestError, match="no name to call a dataset by"):
        _ = Named("-").stem


def test_a_name_of_any_bytes_can_be_recorded_and_shown(tmp_path: Path) -> None:
    named = Named(os.fsdecode(bytes(tmp_path) + b"/a\nb\xff.csv"))
    assert named.recorded.encode() == bytes(tmp_path) + rb"/a" + b"\n" + rb"b\xff.csv"
    assert named.shown == str(tmp_path) + r"/a\nb\xff.csv"


def test_a_stem_ends_at_the_first_dot() -> None:
    assert Named("x/data.v1.csv.gz").stem == "data"
    assert Named("https://example.org/a/b.csv?x=1").stem == "b"
    assert Named(".hidden").stem == ".hidden"


def test_a_copy_goes_when_it_is_done_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    data = os.urandom(3 << 20)
    (tmp_path / "source").write_bytes(data)
    with (
        (tmp_path / "source").open("rb") as source,
        place_for_copy(tmp_path, "a.csv") as path,
    ):
        copy_input(source, path)
        assert path.read_bytes() == data
        assert tmp_path in path.parents
    assert [p.name for p in tmp_path.iterdir()] == ["source"]


def test_a_copy_without_a_place_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "none"))
    with (
        pytest.raises(LedgerStateError, match=r"no copy of a\.csv can be kept"),
        place_for_copy(tmp_path, "a.csv"),
    ):
        pass
