from typing import Any

import pyarrow as pa
import pytest
from manifest.rows import normalise, reasons, values


@pytest.mark.parametrize("field", ["name", "url", "split"])
def test_white_space_around_is_taken_off_and_empty_is_not_stated(field: str) -> None:
    assert values(field, [" a b ", "", "\t\n", None, "\u00a0c"]) == [
        *("a b", None, None, None, "c")
    ]


def test_numbers_are_names() -> None:
    assert values("name", [7, None]) == ["7", None]
    assert values("name", [1.5, 2.0]) == ["1.5", "2"]


@pytest.mark.parametrize(
    ("field", "longest", "unit"),
    [("name", 4096, "é"), ("url", 65_536, "x"), ("split", 300, "é")],
)
def test_too_long_is_a_fault(field: str, longest: int, unit: str) -> None:
    assert values(field, [unit * longest]) == [unit * longest]
    assert reasons(field, ["a", unit * (longest + 1)]) == [
        (2, field, unit * 200, f"expected at most {longest} characters")
    ]


@pytest.mark.parametrize("field", ["name", "url", "split", "text", "generated_by"])
def test_a_nul_is_a_fault(field: str) -> None:
    reason = "expected text without NUL characters"
    assert reasons(field, ["a", "b\0c", "d"]) == [(2, field, "b\u2400c", reason)]


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        (["en", " de ", ""], ["en", "de", None]),
        (["eng,deu", "fra spa", ",ita"], ["eng", "fra", "ita"]),
        (['["en", "de"]', "[]", "[null]"], ["en", None, None]),
        (pa.array([["en", "de"], [], None]), ["en", None, None]),
    ],
)
def test_the_language_is_the_first_of_a_list(column: Any, codes: list[str]) -> None:
    assert codes == values("language", column)


@pytest.mark.parametrize("value", ["x" * 101, '{"en": 0.9}', '[["en"]]'])
def test_other_languages_are_faults(value: str) -> None:
    assert len(reasons("language", ["en", value])) == 1


@pytest.mark.parametrize(
    ("stated", "media_type", "medium"),
    [
        ("text/html", "text/html", "text"),
        ("Text/HTML; charset=utf-8", "text/html", "text"),
        ("application/xhtml+xml", "application/xhtml+xml", "text"),
        ("application/json", "application/json", "text"),
        ("application/ld+json", "application/ld+json", "text"),
        ("application/pdf", "application/pdf", "other"),
        ("image/png", "image/png", "image"),
        ("audio/mpeg", "audio/mpeg", "audio"),
        ("video/mp4", "video/mp4", "video"),
        ("image", "image", "image"),
        ("text", "text", "text"),
        ("model/gltf", "model/gltf", "other"),
        ("-", None, None),
        ("unk", None, None),
        ("warc/revisit", None, None),
        ("", None, None),
    ],
)
def test_the_media_type_says_the_medium(
    stated: str, media_type: str | None, medium: str | None
) -> None:
    record = normalise({"media_type": [stated]})[0][0]
    assert (media_type, medium) == (record["media_type"], record["medium"])


def test_a_media_type_too_long_is_a_fault() -> None:
    assert reasons("media_type", ["x" * 101])[0][3] == (
        "expected a media type, as text/html"
    )
