import json

import pytest

from provenance.domain import Field
from provenance.errors import ManifestError
from provenance.manifest import map_columns


@pytest.mark.parametrize(
    ("columns", "described"),
    [
        ("SHA256 URL", "digest=SHA256 url=URL"),
        ("md5 sha1 sha256", "digest=sha256"),
        ("hash digest", "digest=digest"),
        ("key url sha256", "digest=sha256 name=key url=url"),
        ("file_path id", "name=id"),
        ("date fetch_time", "fetched_at=fetch_time"),
        ("model generator", "generated_by=generator"),
        ("is_synthetic model_name", "origin=is_synthetic generated_by=model_name"),
        ("mime mime-detected", "media_type=mime-detected"),
        ("content_digest warc_filename", "digest=content_digest"),
        ("content_languages lang", "language=lang"),
        ("content_mime_type content_type", "media_type=content_type"),
        ("WARC-Payload-Digest WARC-Type", "digest=WARC-Payload-Digest"),
        ("WARC-Target-URI WARC-Date", "url=WARC-Target-URI fetched_at=WARC-Date"),
        ("WARC-Record-ID", "name=WARC-Record-ID"),
        ("split num_examples", "items=num_examples split=split"),
        ("num_bytes token_count", "bytes=num_bytes tokens=token_count"),
        ("epochs lang", "copies=epochs language=lang"),
        ("parent_ids derivation", "derived_from=parent_ids derivation=derivation"),
        ("mode evidence", "mode=mode evidence=evidence"),
        ("surt timestamp filename length", "fetched_at=timestamp"),
        ("urlkey timestamp filename length", "fetched_at=timestamp"),
        ("filename length", "name=filename"),
    ],
)
def test_usual_names_map_by_themselves(columns: str, described: str) -> None:
    found = map_columns(columns.split(), {}, {}).described()
    assert described == " ".join(f"{field}={name}" for field, name in found.items())


def test_text_is_mapped_in_lower_case_only() -> None:
    assert map_columns(["id", "TEXT", "Content"], {}, {}).unused == ("TEXT", "Content")
    assert map_columns(["text"], {}, {}).described() == {"text": "text"}
    assert map_columns(["content"], {}, {}).described() == {"text": "content"}


@pytest.mark.parametrize("beside", ["evidence", "detector"])
def test_a_score_counts_only_beside_evidence_or_a_detector(beside: str) -> None:
    alone = map_columns(["id", "score", "threshold"], {}, {})
    assert alone.described() == {"name": "id"}
    assert alone.unused == ("score", "threshold")
    together = map_columns(["id", "score", "threshold", beside], {}, {})
    assert together.unused == ()
    constant = map_columns(["id", "score"], {}, {Field(beside): "detector"})
    assert constant.columns[Field.SCORE] == "score"
    assert map_columns(["score"], {Field.SCORE: "score"}, {}).unused == ()


def test_inner_columns_feed_a_field_only_when_no_outer_one_does() -> None:
    inner = ["id", "metadata", "metadata.url", "meta.date", "metadata.language"]
    assert map_columns(inner, {}, {}).described() == {
        "name": "id",
        "url": "metadata.url",
        "fetched_at": "meta.date",
        "language": "metadata.language",
    }
    outer = map_columns([*inner, "link"], {}, {})
    assert outer.columns[Field.URL] == "link"
    assert map_columns(["id", "metadata.digest"], {}, {}).described() == {"name": "id"}


def test_what_is_said_comes_before_usual_names() -> None:
    chosen = map_columns(["id", "url", "page"], {Field.NAME: "url"}, {})
    assert chosen.described() == {"name": "url"}
    assert chosen.unused == ("id", "page")


def test_one_column_may_be_said_to_feed_two_fields() -> None:
    chosen = map_columns(["url"], {Field.NAME: "url", Field.URL: "url"}, {})
    assert chosen.described() == {"name": "url", "url": "url"}
    assert chosen.needed == ("url",)


def test_an_empty_column_name_unmaps_a_field() -> None:
    chosen = map_columns(["id", "hash"], {Field.DIGEST: ""}, {})
    assert chosen.described() == {"name": "id"}


def test_a_constant_takes_the_place_of_a_usual_column() -> None:
    chosen = map_columns(["id", "model"], {}, {Field.GENERATED_BY: "M"})
    assert chosen.described() == {"name": "id", "generated_by": "=M"}
    assert chosen.unused == ("model",)


def test_an_unknown_column_is_refused_with_the_closest_one() -> None:
    with pytest.raises(ManifestError) as raised:
        map_columns(["id", "Sha256"], {Field.DIGEST: "sha_256"}, {})
    assert raised.value.message == (
        "--map digest=sha_256: the file has no column 'sha_256'; it has id, Sha256"
    )
    assert raised.value.hint == "Did you mean 'Sha256'?"
    with pytest.raises(ManifestError, match="--map url=url") as raised:
        map_columns(["id", "URL"], {Field.URL: "url"}, {})
    assert raised.value.hint == "Did you mean 'URL'?"
    with pytest.raises(ManifestError) as raised:
        map_columns(["id"], {Field.DIGEST: "zzz"}, {})
    assert raised.value.hint == ""


def test_a_column_and_a_constant_for_one_field_are_refused() -> None:
    with pytest.raises(ManifestError, match="split has both the column 'id' and"):
        map_columns(["id"], {Field.SPLIT: "id"}, {Field.SPLIT: "train"})


def test_a_file_that_maps_nothing_is_refused() -> None:
    with pytest.raises(ManifestError, match=r"no column has a usual name.* a, b") as e:
        map_columns(["a", "b"], {}, {})
    assert e.value.hint == "Say which is which: --map name=COLUMN"


def test_json_is_canonical() -> None:
    text = map_columns(["url", "id"], {}, {Field.SPLIT: "é"}).to_json()
    assert text == ('{"columns":{"name":"id","url":"url"},"constants":{"split":"é"}}')
    assert json.loads(text)["constants"] == {"split": "é"}
