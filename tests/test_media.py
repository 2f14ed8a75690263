"""Media files in the ledger: what they say of themselves, in its numbers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from manifest.media.written import (
    IPTC,
    make_action,
    make_anchor,
    make_png,
    make_xmp,
    sign,
)
from manifest.rows import write

from provenance import Ledger
from provenance.errors import ManifestChangedError, ManifestError
from provenance.ledger import Ingested, PassedOver
from provenance.store import schema


def make_folder(folder: Path) -> Path:
    folder.mkdir()
    agent = make_action("trainedAlgorithmicMedia", softwareAgent="Painter")
    write(folder / "a.png", sign(make_png(seed=1), [agent]))
    write(folder / "b.png", make_png(make_xmp(IPTC + "digitalCapture"), seed=2))
    write(folder / "c.png", make_png(seed=3))
    write(folder / "d.png", "no picture")
    write(folder / "list.csv", "name,model\nx,GPT-4\n")
    return folder


def test_a_folder_of_media_is_one_manifest_beside_the_others(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = make_folder(tmp_path / "media")
    table, media = ledger.ingest_all([folder], dataset="mixed")
    assert isinstance(table, Ingested)
    assert isinstance(media, Ingested)
    assert (table.format, table.recorded) == ("csv", 1)
    assert (media.format, media.file) == ("media", str(folder))
    assert (media.recorded, media.quarantined, media.dataset) == (3, 1, "mixed")
    again = list(ledger.ingest_all([folder], dataset="mixed"))
    assert all(isinstance(done, Ingested) and done.already for done in again)


def test_tiers_follow_what_media_files_say(ledger: Ledger, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "media")
    (done,) = (
        d
        for d in ledger.ingest_all([folder], format="media")
        if isinstance(d, Ingested)
    )
    assert done.dataset == "media"
    tiers = ledger.report("media").units["items"].tiers
    assert {str(t): n for t, n in tiers.items() if n} == {
        "generated": 1,
        "other": 1,
        "unknown": 1,
    }
    (explained,) = ledger.explain("media#a.png")
    (origin,) = explained.records[0].origins
    assert (origin.model, origin.evidence) == ("Painter", "manifest")
    assert origin.detector == "C2PA Valid"


def test_a_changed_folder_is_another_manifest(ledger: Ledger, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "media")
    ledger.ingest(folder)
    write(folder / "c.png", make_png(seed=9))
    with pytest.raises(ManifestChangedError):
        ledger.ingest(folder)
    done = ledger.ingest(folder, append=True)
    assert (done.recorded, done.new_contents) == (3, 1)


def test_media_are_passed_over_where_another_format_is_asked_for(
    ledger: Ledger, tmp_path: Path
) -> None:
    folder = make_folder(tmp_path / "media")
    table, media = ledger.ingest_all([folder], format="csv")
    assert isinstance(table, Ingested)
    assert media == PassedOver(
        file=str(folder), passed_over="is a folder of media files"
    )


def test_the_log_keeps_by_which_list_signers_were_trusted(
    ledger: Ledger, tmp_path: Path
) -> None:
    made = make_action("trainedAlgorithmicMedia", softwareAgent="Painter")
    path, anchors = tmp_path / "a.png", tmp_path / "anchors.pem"
    write(path, sign(make_png(seed=1), [made]))
    write(anchors, make_anchor())
    ledger.ingest(path, dataset="d", trust=anchors)
    with ledger._reading() as connection:
        (said,) = connection.execute(schema.batches.select())
        origins = connection.execute(schema.origins.select()).all()
    trusted = hashlib.sha256(anchors.read_bytes()).hexdigest()
    assert json.loads(said.mapping)["trust"] == trusted
    assert [o.detector for o in origins if o.model] == ["C2PA Trusted"]
    with pytest.raises(ManifestError, match="no list of certificates"):
        ledger.ingest(path, dataset="e", trust=path)
    with pytest.raises(ManifestChangedError, match="another mapping"):
        ledger.ingest(path, dataset="d")
