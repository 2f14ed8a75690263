"""Media files: what each says of its origin, and how far that is believed."""

from __future__ import annotations

import builtins
import hashlib
import io
import os
import sys
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifest.archives.written import read_archive
from manifest.media.written import (
    IPTC,
    make_action,
    make_anchor,
    make_png,
    make_wav,
    make_xmp,
    sign,
)
from manifest.rows import Row, write

from provenance.errors import LedgerStateError, ManifestError
from provenance.manifest import (
    fingerprint,
    inspect_manifest,
    open_manifest,
    read_trust_list,
    recognise,
)
from provenance.manifest.media.kinds import find_media_type
from provenance.manifest.media.xmp import (
    LARGEST_PACKET,
    BadPacketError,
    Packets,
    read_packet,
)

ANY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=50,
)
NO_MEDIA = "expected an image, audio, video or PDF file"


def read_one(path: Path, data: bytes) -> tuple[Row, list[str]]:
    """Read a file by itself: its record, and what was noted."""
    (record,), faults, notes = read_archive(write(path, data))
    assert faults == []
    return record, sorted(notes)


def origin_of(record: Row) -> tuple[Any, ...] | None:
    if not record["origins"]:
        return None
    (origin,) = record["origins"]
    keys = ("kind", "model", "mode", "evidence", "detector")
    return tuple(origin[key] for key in keys)


def test_a_file_is_a_record_of_its_bytes(tmp_path: Path) -> None:
    data = make_png()
    record, notes = read_one(tmp_path / "a.png", data)
    assert record["digest"] == bytes.fromhex("1220") + hashlib.sha256(data).digest()
    assert (record["name"], record["bytes"]) == ("a.png", len(data))
    assert (record["medium"], record["media_type"]) == ("image", "image/png")
    assert (record["origins"], record["parents"], notes) == ([], [], [])


@pytest.mark.parametrize(
    ("start", "media_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x1cftypavif", "image/avif"),
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"ID3\x04\0\0", "audio/mpeg"),
        (b'<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns=""/>', "image/svg+xml"),
        (b"\xef\xbb\xbf<svg/>", "image/svg+xml"),
        (b'<!DOCTYPE svg [\n<!ENTITY a "b">\n]>\n<svg/>', "image/svg+xml"),
        (b"<!-- a -> b --><svg/>", "image/svg+xml"),
        (b"BMW,Audi,1000,\n", None),
        (b"ID3,name,model\n", None),
        (b"<html><svg></svg></html>", None),
    ],
)
def test_the_kind_is_told_by_the_first_bytes(
    start: bytes, media_type: str | None
) -> None:
    assert find_media_type(start) == media_type


@pytest.mark.parametrize(
    ("source_type", "said"),
    [
        ("trainedAlgorithmicMedia", ("model", "unnamed", "unspecified")),
        ("trainedAlgorithmicData", ("model", "unnamed", "unspecified")),
        ("compositeWithTrainedAlgorithmicMedia", ("model", "unnamed", "edited")),
        ("compositeSynthetic", ("model", "unnamed", "edited")),
        ("digitalCapture", ("other", None, "unspecified")),
        ("algorithmicMedia", ("other", None, "unspecified")),
        ("composite", None),
        ("empty", None),
    ],
)
@pytest.mark.parametrize("element", [False, True])
def test_a_source_type_in_xmp_is_declared(
    tmp_path: Path, source_type: str, said: tuple[Any, ...] | None, *, element: bool
) -> None:
    xmp = make_xmp(IPTC + source_type, element=element)
    record, notes = read_one(tmp_path / "a.png", make_png(xmp))
    assert origin_of(record) == (said and (*said, "declared", None))
    assert notes == []


def test_xmp_names_the_system_and_its_version(tmp_path: Path) -> None:
    xmp = make_xmp(
        f" {IPTC}trainedAlgorithmicMedia ",
        AISystemUsed="Painter, Large",
        AISystemVersionUsed="3",
    )
    record, _ = read_one(tmp_path / "a.png", make_png(xmp))
    assert record["origins"][0]["model"] == "Painter, Large 3"


def test_xmp_that_says_nothing_known_is_told(tmp_path: Path) -> None:
    xmp = make_xmp(IPTC + "dreamt")
    record, notes = read_one(tmp_path / "a.png", make_png(xmp))
    assert record["origins"] == []
    assert notes == ["its digital source type is not of the vocabulary of IPTC or C2PA"]
    broken = make_xmp(IPTC + "digitalCapture").replace(b"</rdf:Description>", b"")
    assert read_one(tmp_path / "b.png", make_png(broken))[1] == [
        "its XMP cannot be read"
    ]


def test_xmp_of_an_image_in_a_pdf_says_nothing_of_the_pdf(tmp_path: Path) -> None:
    image = make_xmp(IPTC + "trainedAlgorithmicMedia").replace(
        b'rdf:about=""', b'rdf:about="" dc:format="image/png"'
    )
    own = make_xmp(IPTC + "digitalCreation").replace(
        b'rdf:about=""', b'rdf:about="" dc:format="application/pdf"'
    )
    pdf = b"%PDF-1.4\n" + image + own + b"\n%%EOF\n"
    record, _ = read_one(tmp_path / "a.pdf", pdf)
    assert origin_of(record) == ("other", None, "unspecified", "declared", None)


def test_packets_are_found_wherever_the_pieces_end() -> None:
    packet = make_xmp(IPTC + "print")
    data = b"x" * 50 + packet + b"<rdf:RDF><x>" + b"y" * 50 + packet
    whole = Packets()
    whole.feed(data)
    single = Packets()
    for place in range(len(data)):
        single.feed(data[place : place + 1])
    assert single.found == whole.found
    assert len(whole.found) == 2
    long = Packets()
    long.feed(b"<x:xmpmeta " + b" " * LARGEST_PACKET)
    long.feed(packet)
    assert [read_packet(p, "image/png")[0] is not None for p in long.found] == [True]


@pytest.mark.parametrize("packet", [b"<!DOCTYPE x>", b"<x:xmpmeta>", b"\xff<a/>"])
def test_a_packet_that_is_none_is_refused(packet: bytes) -> None:
    with pytest.raises(BadPacketError):
        read_packet(packet, "image/png")


def test_signed_content_is_proven_to_be_generated(tmp_path: Path) -> None:
    agent = {"name": "Tiny Image Model", "version": "2"}
    action = make_action("trainedAlgorithmicMedia", softwareAgent=agent)
    record, notes = read_one(tmp_path / "a.png", sign(make_png(), [action]))
    assert origin_of(record) == (
        *("model", "Tiny Image Model 2", "unspecified", "manifest"),
        "C2PA Valid",
    )
    assert notes == ["its C2PA manifest is Valid"]


def test_a_changed_file_proves_nothing(tmp_path: Path) -> None:
    signed = sign(make_wav(), [make_action("digitalCapture")], media_type="audio/wav")
    data = bytearray(signed)
    data[signed.index(b"data") + 20] ^= 1
    record, notes = read_one(tmp_path / "a.wav", bytes(data))
    assert origin_of(record) == (
        *("other", None, "unspecified", "declared"),
        "C2PA Invalid",
    )
    assert notes == ["its C2PA manifest is Invalid"]


def test_an_edit_by_a_model_makes_it_partly_generated(tmp_path: Path) -> None:
    actions = [
        make_action("digitalCapture"),
        make_action("trainedAlgorithmicMedia", "c2pa.edited", softwareAgent="Filler"),
    ]
    record, _ = read_one(tmp_path / "a.png", sign(make_png(), actions))
    assert origin_of(record) == ("model", "Filler", "edited", "manifest", "C2PA Valid")


@pytest.mark.parametrize(
    ("relation", "action", "said", "derivation"),
    [
        ("parentOf", "c2pa.opened", ("model", "unspecified"), "unspecified"),
        ("componentOf", "c2pa.placed", ("model", "edited"), "merged"),
        ("inputTo", "c2pa.created", ("other", "unspecified"), "seeded"),
    ],
)
def test_what_a_generated_ingredient_says_holds_as_far_as_it_went_in(
    tmp_path: Path, relation: str, action: str, said: tuple[str, str], derivation: str
) -> None:
    inner = sign(
        make_png(seed=1),
        [make_action("trainedAlgorithmicMedia", softwareAgent="Painter")],
    )
    ingredient = {"title": "inner", "relationship": relation, "instance_id": "iid:1"}
    ingredient["label"] = "c2pa.ingredient.v3"
    parameters = {"ingredientIds": ["c2pa.ingredient.v3"]}
    used = make_action("", action, parameters=parameters)
    if relation == "inputTo":
        used = make_action("digitalCreation", action, parameters=parameters)
    actions = [used] if action != "c2pa.placed" else [make_action("empty"), used]
    outer = sign(make_png(), actions, ingredients=[(ingredient, inner)])
    record, _ = read_one(tmp_path / "a.png", outer)
    (origin,) = record["origins"]
    assert (origin["kind"], origin["mode"]) == said
    (parent,) = record["parents"]
    assert parent["mode"] == derivation


@pytest.mark.parametrize("relation", ["parentOf", "componentOf"])
def test_what_an_ingredient_says_that_does_not_verify_is_not_proven(
    tmp_path: Path, relation: str
) -> None:
    made = [make_action("trainedAlgorithmicMedia", softwareAgent="Painter")]
    forged = sign(make_png(seed=1), made).replace(b"Painter", b"Fainter")
    ingredient = {"title": "inner", "relationship": relation, "instance_id": "iid:1"}
    ingredient["label"] = "c2pa.ingredient.v3"
    used = {"parameters": {"ingredientIds": ["c2pa.ingredient.v3"]}}
    actions = (
        [make_action("", "c2pa.opened", **used)]
        if relation == "parentOf"
        else [make_action("digitalCapture"), make_action("", "c2pa.placed", **used)]
    )
    outer = sign(make_png(), actions, ingredients=[(ingredient, forged)])
    record, notes = read_one(tmp_path / "a.png", outer)
    (origin,) = record["origins"]
    told = tuple(origin[key] for key in ("kind", "model", "evidence", "detector"))
    assert told == ("model", "Fainter", "declared", "C2PA Invalid")
    assert "its C2PA manifest is Valid" in notes
    assert (
        "an ingredient that says its origin has a C2PA manifest that is Invalid"
        in notes
    )


def test_xmp_counts_where_credentials_do_not_say(tmp_path: Path) -> None:
    xmp = make_xmp(IPTC + "trainedAlgorithmicMedia")
    silent = sign(make_png(xmp), [make_action("empty")])
    record, _ = read_one(tmp_path / "a.png", silent)
    assert origin_of(record) == ("model", "unnamed", "unspecified", "declared", None)
    other = sign(make_png(xmp), [make_action("digitalCapture")])
    record, notes = read_one(tmp_path / "b.png", other)
    assert origin_of(record) == (
        *("other", None, "unspecified", "manifest"),
        "C2PA Valid",
    )
    assert "its XMP says something else of its origin than its C2PA manifest" in notes


def test_a_reservation_from_training_is_told(tmp_path: Path) -> None:
    entries = {"cawg.ai_generative_training": {"use": "notAllowed"}}
    assertion = {"label": "cawg.training-mining", "data": {"entries": entries}}
    signed = sign(make_png(), [make_action("digitalCapture")], assertions=[assertion])
    record, notes = read_one(tmp_path / "a.png", signed)
    assert record["reservation"] == "cawg.ai_generative_training: notAllowed"
    assert "it is reserved from training or mining" in notes


def test_a_signer_on_the_trust_list_is_trusted(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(sign(make_png(), [make_action("trainedAlgorithmicMedia")]))
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes(make_anchor())
    trust = read_trust_list(anchors)
    (trusted,) = open_manifest(path, trust=trust).read(["detector"])
    (valid,) = open_manifest(path).read(["detector"])
    found = [raw.columns["detector"].to_pylist() for raw in (trusted, valid)]
    assert found == [["C2PA Trusted"], ["C2PA Valid"]]


@pytest.mark.parametrize("data", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_trust_list_without_certificates_is_refused(
    tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "anchors.pem").write_bytes(data)
    with pytest.raises(ManifestError, match="no list of certificates"):
        read_trust_list(tmp_path / "anchors.pem")
    with pytest.raises(ManifestError, match="cannot be read"):
        read_trust_list(tmp_path / "none.pem")


def test_a_store_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    signed = sign(make_png(), [make_action("digitalCapture")])
    record, notes = read_one(tmp_path / "a.png", signed.replace(b"cbor", b"abcd"))
    assert record["origins"] == []
    assert notes == ["its C2PA manifest store cannot be read"]


@pytest.fixture
def without_c2pa(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the extra look as if it were not installed."""
    real = builtins.__import__

    def refuse(name: str, *others: Any, **more: Any) -> Any:
        if name == "c2pa":
            raise ImportError(name)
        return real(name, *others, **more)

    monkeypatch.delitem(sys.modules, "c2pa", raising=False)
    monkeypatch.setattr(builtins, "__import__", refuse)


@pytest.mark.usefixtures("without_c2pa")
def test_without_the_extra_only_a_file_with_a_store_is_refused(tmp_path: Path) -> None:
    plain = make_png(make_xmp(IPTC + "trainedAlgorithmicMedia"))
    record, _ = read_one(tmp_path / "a.png", plain)
    assert origin_of(record) == ("model", "unnamed", "unspecified", "declared", None)
    assert read_one(tmp_path / "a.pdf", b"%PDF-1.4\n%%EOF\n")[0]["origins"] == []


def test_without_the_extra_a_store_names_it(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = write(tmp_path / "a.png", sign(make_png(), [make_action("empty")]))
    request.getfixturevalue("without_c2pa")
    with pytest.raises(ManifestError, match=r"a\.png carries a C2PA manif") as raised:
        read_archive(path)
    assert raised.value.hint == "Install it: pip install 'training-provenance[media]'"


def make_folder(folder: Path) -> Path:
    for place, name in enumerate(("b.png", "a.PNG", "deep/c.wav", ".hidden.png")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, make_wav() if name.endswith("wav") else make_png(seed=place))
    write(folder / "readme.txt", "no media")
    return folder


def make_tar(folder: Path, mode: str = "w") -> Path:
    """Write heads of one block each, so that places are known."""
    path = folder.with_suffix(".tar" if mode == "w" else ".tar.gz")
    ustar = tarfile.USTAR_FORMAT
    with tarfile.open(path, mode, format=ustar) as archive:  # type: ignore[call-overload]  # a str
        archive.add(folder, arcname=".")
    return path


def make_zip(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())
    return path


@pytest.mark.parametrize(
    "pack", [lambda f: f, make_tar, lambda f: make_tar(f, "w:gz"), make_zip]
)
def test_a_folder_or_archive_is_a_record_per_media_file(
    tmp_path: Path, pack: Callable[[Path], Path]
) -> None:
    path = pack(make_folder(tmp_path / "media"))
    assert recognise(path) == "media"
    records, faults, notes = read_archive(path)
    assert sorted(r["name"] for r in records) == ["a.PNG", "b.png", "deep/c.wav"]
    assert faults == []
    others = "files of other kinds in the archive were passed over"
    assert notes[others] == (0 if path.is_dir() else 2)


def test_bad_files_of_a_folder_are_faults(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "media")
    write(folder / "c.jpg", "<html>not found</html>")
    write(folder / "d.jpg", "")
    (folder / "e.jpg").symlink_to(folder / "nothing")
    os.mkfifo(folder / "f.jpg")
    records, faults, _ = read_archive(folder)
    assert [r["row"] for r in records] == [1, 2, 7]
    assert [(f.row, f.value, f.reason) for f in faults] == [
        (3, "c.jpg", NO_MEDIA),
        (4, "d.jpg", "is empty"),
        (5, "e.jpg", "cannot be read: No such file or directory"),
        (6, "f.jpg", "expected a regular file"),
    ]


@pytest.mark.parametrize(
    ("mode", "size", "damage"),
    [
        ("w", 3200, "is damaged or ends early"),  # in a member
        ("w", 4300, "is damaged or ends early"),  # in a head
        ("w", 4096, "is damaged or ends early"),  # between two
        ("w:gz", -60, "ends early"),
    ],
)
def test_the_rest_of_a_cut_tar_is_one_fault(
    tmp_path: Path, mode: str, size: int, damage: str
) -> None:
    path = make_tar(make_folder(tmp_path / "media"), mode)
    write(path, path.read_bytes()[:size])
    records, faults, _ = read_archive(path, format="media")
    assert len(records) in (1, 2)
    reason = f"the archive {damage}: the rest cannot be read"
    assert [fault.reason for fault in faults][-1:] == [reason]


def test_links_in_a_tar_are_not_passed_over_in_silence(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    first = write(folder / "a.png", make_png())
    (folder / "b.png").hardlink_to(first)
    (folder / "c.png").symlink_to("a.png")
    (folder / "c.txt").symlink_to("a.png")
    records, faults, _ = read_archive(make_tar(folder))
    told = [record["name"] for record in records] + [fault.value for fault in faults]
    assert sorted(told) == ["a.png", "b.png", "c.png"]
    assert {fault.reason for fault in faults} == {"is a link: unpack the archive"}


def test_a_bad_head_in_a_tar_is_not_its_end(tmp_path: Path) -> None:
    path = make_tar(make_folder(tmp_path / "media"))
    data = bytearray(path.read_bytes())
    data[2560 + 148] ^= 1  # the check sum of the head of b.png
    records, faults, _ = read_archive(write(path, bytes(data)))
    assert [record["name"] for record in records] == ["a.PNG"]
    assert len(faults) == 1


def test_a_damaged_member_of_a_zip_loses_no_other(tmp_path: Path) -> None:
    path = make_zip(make_folder(tmp_path / "media"))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("b.png").header_offset + 60
    data[place] ^= 0xFF
    records, faults, _ = read_archive(write(path, bytes(data)))
    assert sorted(r["name"] for r in records) == ["a.PNG", "deep/c.wav"]
    assert [(f.value, f.reason) for f in faults] == [
        ("b.png", "is damaged or ends early")
    ]
    with pytest.raises(ManifestError, match="damaged or ends early"):
        read_archive(write(path, bytes(data[:300])))


def test_documents_that_are_zip_files_hold_no_media(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("word/media/image1.png", make_png())
    with pytest.raises(ManifestError, match="is a ZIP archive"):
        recognise(tmp_path / "a.docx")
    (tmp_path / "texts").mkdir()
    write(tmp_path / "texts/a.txt", "text")
    with pytest.raises(ManifestError, match="is a tar archive without media files"):
        recognise(make_tar(tmp_path / "texts"))
    with pytest.raises(ManifestError, match="is a directory"):
        recognise(tmp_path / "texts")


def test_no_room_to_unpack_is_no_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    path = make_zip(make_folder(tmp_path / "media"))
    monkeypatch.setattr(
        "provenance.manifest.media.members.SpooledTemporaryFile", lambda **_: Full()
    )
    with pytest.raises(LedgerStateError, match="cannot be unpacked: No space left"):
        read_archive(path)


def test_a_folder_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "media")
    batches = open_manifest(folder).read(["digest"])
    write(folder / "b.png", make_png(seed=77) + b"more")
    with pytest.raises(ManifestError, match="was written to while it was read"):
        list(batches)


def test_the_fingerprint_of_a_folder_is_what_sha256sum_prints(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "media")
    (folder / "e.jpg").symlink_to(folder / "nothing")
    names = ("a.PNG", "b.png", "e.jpg", "deep/c.wav")
    contents = [(folder / n).read_bytes() if n[0] != "e" else None for n in names]
    lines = (
        f"{hashlib.sha256(data).hexdigest() if data else '-'}  {name}\n"
        for name, data in zip(names, contents, strict=True)
    )
    digest, size = fingerprint(folder)
    assert digest == hashlib.sha256("".join(lines).encode()).digest()
    assert size == sum(len(data) for data in contents if data)


def test_inspect_shows_what_would_be_read_of_a_folder(tmp_path: Path) -> None:
    found = inspect_manifest(
        make_folder(tmp_path / "media"), columns={}, constants={}, records=2
    )
    assert (found.format, found.unused) == ("media", ())
    assert [record["name"] for record in found.records] == ["a.PNG", "b.png"]


@ANY
@given(st.binary(max_size=200), st.sampled_from(["", "<x:xmpmeta ", "<rdf:RDF>"]))
def test_any_bytes_are_a_packet_or_none(data: bytes, start: str) -> None:
    with suppress(BadPacketError):
        read_packet(start.encode() + data, "image/png")
    find_media_type(data)


SIGNED = sign(make_png(), [make_action("trainedAlgorithmicMedia")])


@ANY
@given(st.data())
def test_a_signed_file_with_any_damage_is_a_record(
    tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(SIGNED)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(8, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(len(content) // 2, len(content)))
    records, faults, _ = read_archive(write(tmp_path / "a.png", bytes(content[:end])))
    assert (len(records), faults) == (1, [])


@ANY
@given(st.data())
def test_an_archive_with_any_damage_is_no_crash(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = make_folder(tmp_path_factory.mktemp("any") / "media")
    pack = data.draw(st.sampled_from([make_tar, make_zip]))
    path = pack(folder)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(4, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    write(path, bytes(content[: data.draw(st.integers(600, 20_000))]))
    try:
        records, faults, _ = read_archive(path, format="media")
    except ManifestError:
        return
    assert len(records) + len(faults) <= 5
