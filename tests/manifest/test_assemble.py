import hashlib
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from manifest.rows import make_raw, map_fields, normalise

from provenance.batch import BATCH_SCHEMA
from provenance.domain import format_digest
from provenance.manifest import Normaliser


def test_a_batch_has_the_one_schema_whatever_is_mapped() -> None:
    for columns in ({"name": ["a"]}, {"text": ["a"]}, {"derived_from": ["p"]}):
        normaliser = Normaliser(map_fields(columns), file="m")
        batch, _ = normaliser.normalise(make_raw(columns))
        assert batch.schema == BATCH_SCHEMA
        batch.validate(full=True)


def test_what_a_file_does_not_say_is_null_or_empty() -> None:
    (record,), _ = normalise({"name": ["a"]})
    stated = {"row": 1, "part": 0, "name": "a", "items": 1, "copies": 1000}
    assert record == dict.fromkeys(BATCH_SCHEMA.names) | stated | {
        "origins": [],
        "parents": [],
    }


def identify(texts: Any, **columns: Any) -> list[dict[str, Any]]:
    return normalise({"text": texts, **columns})[0]


def sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_a_text_gives_its_digest_size_and_medium() -> None:
    (record,) = identify(["One.\nTwo"])
    assert format_digest(record["digest"]) == sha256("One.\nTwo")
    assert (record["bytes"], record["medium"]) == (8, "text")


def test_line_ends_and_composition_do_not_change_the_digest() -> None:
    spelled = ["caf\u00e9\nx\ny", "cafe\u0301\r\nx\ry"]
    records = identify(spelled)
    assert [format_digest(r["digest"]) for r in records] == [sha256(spelled[0])] * 2
    assert [r["bytes"] for r in records] == [9, 11]


def test_white_space_around_a_text_is_part_of_it() -> None:
    assert format_digest(identify([" a "])[0]["digest"]) == sha256(" a ")


def test_an_empty_text_has_no_digest_and_a_missing_one_nothing() -> None:
    empty, missing = identify(["", None])
    assert (empty["digest"], empty["bytes"], empty["medium"]) == (None, 0, "text")
    assert (missing["digest"], missing["bytes"], missing["medium"]) == (None,) * 3


def test_what_a_row_states_comes_before_what_its_text_gives() -> None:
    stated = "ab" * 32
    records = identify(
        ["x", "y"],
        digest=[stated, None],
        bytes=["100", ""],
        media_type=["image/png", None],
    )
    assert [format_digest(r["digest"]) for r in records] == [
        f"sha256:{stated}",
        sha256("y"),
    ]
    assert [r["bytes"] for r in records] == [100, 1]
    assert [r["medium"] for r in records] == ["image", "text"]


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"))))
def test_a_text_in_bulk_is_what_it_is_alone(texts: list[str]) -> None:
    together = identify(pa.array(texts, pa.string()))
    alone = [identify([text])[0] for text in texts]
    assert [r["digest"] for r in alone] == [r["digest"] for r in together]
