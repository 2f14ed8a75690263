"""Short texts of a row: names, addresses, languages, media types."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

from provenance.domain import Field
from provenance.manifest.kernels import pc
from provenance.manifest.parsed import Flaws, Parsed, blank, parse_distinct
from provenance.manifest.raw_text import parse_coded, read_list, to_text

__all__ = ["find_media", "parse_languages", "parse_media_types", "parse_words"]

_LONGEST = {
    Field.NAME: 4096,
    Field.URL: 65_536,
    Field.SPLIT: 300,
    Field.DETECTOR: 300,
    Field.DETECTOR_VERSION: 300,
    Field.RESERVATION: 4096,
}
"""Characters; of a URL, which is ASCII when it is one, bytes."""

_LONGEST_CODE = 100
_SEPARATORS = re.compile(r"[,\s]+")
_NO_TYPE = frozenset({"-", "unk", "warc/revisit", "none", "null"})
_MEDIA = frozenset({"text", "image", "audio", "video"})
_TEXTUAL = re.compile(
    r"application/((.+\+)?(json|xml)|(x-)?(ndjson|jsonlines|javascript|yaml|tex))"
)


def parse_words(of: Field, column: Any) -> Parsed:
    """Read texts as they are, without the white space around them."""
    text = to_text(of, column)
    longest = _LONGEST[of]
    measure = pc.binary_length if of is Field.URL else pc.utf8_length
    if (pc.max(pc.binary_length(text.values)).as_py() or 0) <= longest:
        return text
    long = pc.fill_null(pc.greater(measure(text.values), longest), False)
    reason = f"expected at most {longest} characters"
    flaws = Flaws.where(of, long, text.values, reason)
    return Parsed(values=blank(text.values, long), flaws=text.flaws + flaws)


def parse_languages(column: Any) -> Parsed:
    """Read language codes; of a list, the first."""
    return parse_coded(Field.LANGUAGE, column, _read_language, pa.string())


def _read_language(text: str) -> str | None:
    codes = read_list(text)
    if codes is None:
        codes = _SEPARATORS.split(text)
    first = next((code.strip() for code in codes if code.strip()), None)
    if first and (len(first) > _LONGEST_CODE or first.startswith("{")):
        raise ValueError("expected a language code")
    return first


def parse_media_types(column: Any) -> Parsed:
    """Read media types without their parameters."""
    return parse_coded(Field.MEDIA_TYPE, column, _read_media_type, pa.string())


def find_media(media_types: Any) -> Any:
    """Return the medium of each media type: text, image, audio, video or other."""
    of = Field.MEDIA_TYPE
    return parse_distinct(of, media_types, _find_medium, pa.string()).values


def _read_media_type(text: str) -> str | None:
    name = text.partition(";")[0].strip().lower()
    if len(name) > _LONGEST_CODE:
        raise ValueError("expected a media type, as text/html")
    return None if not name or name in _NO_TYPE else name


def _find_medium(media_type: str) -> str:
    medium = media_type.partition("/")[0]
    if medium in _MEDIA:
        return medium
    return "text" if _TEXTUAL.fullmatch(media_type) else "other"
