"""Media files of others: what the makers of C2PA's own tools find in each."""

import json
from collections import Counter
from pathlib import Path

from manifest.archives.written import read_archive

from provenance.manifest.media.credentials import Credentials
from provenance.manifest.media.kinds import find_media_type

FOLDER = "V5-c2pa"


def test_every_file_agrees_on_store_state_and_source_types(real_data: Path) -> None:
    folder = real_data / FOLDER
    credentials, seen = Credentials(), 0
    for expected in json.loads((folder / "expected.json").read_text()):
        path = folder / expected["file"].replace("/", "__")
        if not path.exists():
            continue
        seen += 1
        with path.open("rb") as file:
            media_type = find_media_type(file.read(1024))
            if media_type is None:
                assert "NotSupported" in expected["error"], path.name
                continue
            store = credentials.read(file, media_type)
        if store is None:
            assert "ManifestNotFound" in expected["error"], path.name
            continue
        assert store.state == expected["validation_state"], path.name
        assert len(store.manifests) == expected["manifests"], path.name
        types = Counter(store.iter_source_types())
        assert types == expected["digitalSourceTypes"], path.name
    assert seen == 41


def test_every_file_is_a_record_with_its_digest(real_data: Path) -> None:
    folder = real_data / FOLDER
    records, faults, _ = read_archive(folder)
    found = {r["name"]: (r["digest"][2:].hex(), r["bytes"]) for r in records}
    expected = {
        e["file"].replace("/", "__"): (e["sha256"], e["size"])
        for e in json.loads((folder / "expected.json").read_text())
    }
    assert len(found) == 40
    assert found.items() <= expected.items()
    assert faults == []


def test_generated_and_not_generative_are_told_apart(real_data: Path) -> None:
    records, _, _ = read_archive(real_data / FOLDER)
    said = Counter(
        (origin["kind"], origin["mode"], origin["evidence"])
        for record in records
        for origin in record["origins"][:1]
    )
    assert said == {
        ("model", "edited", "manifest"): 4,
        ("other", "unspecified", "manifest"): 9,
        ("other", "unspecified", "declared"): 1,
    }
