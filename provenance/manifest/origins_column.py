"""What a row says its content comes from: up to eight columns, one list of origins.

Few combinations of generator, mode, evidence … occur in a file, so each distinct
one is worked out once and handed to its rows; only the score differs by row.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from provenance.batch import ORIGIN_TYPE
from provenance.domain import Evidence, Field, Kind, Mode
from provenance.manifest.amounts import parse_fraction
from provenance.manifest.combinations import combine
from provenance.manifest.kernels import pc
from provenance.manifest.parsed import Parsed
from provenance.manifest.raw_text import parse_coded, read_list
from provenance.manifest.words import parse_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

__all__ = ["ORIGIN_FIELDS", "THRESHOLD", "parse_origins", "parse_vocabulary"]

ORIGIN_FIELDS = (
    Field.ORIGIN,
    Field.GENERATED_BY,
    Field.MODE,
    Field.EVIDENCE,
    Field.DETECTOR,
    Field.DETECTOR_VERSION,
    Field.THRESHOLD,
    Field.SCORE,
)
"""The columns that make the origins of a row."""

_UNNAMED = "unnamed"
THRESHOLD = 0.5
"""The score from which a detector says generated, where nothing else is stated."""

_LONGEST_NAME = 300
_MARKS = re.compile(r"[()]|[,;|\n]|\s[+&]\s|\sand\s")
"""What stands between two names, and brackets, in which it does not."""
_HUMANS = frozenset({"human", "humans", "human-written", "human annotators"})
_TEMPLATES = frozenset({"template", "templates"})
_OTHERS = frozenset({"other", "others", "various"})
_NO_NAME = frozenset(
    {"", "null", "none", "nan", "na", "n/a", "<na>", "\\n", "-", "unknown"}
)
"""In lower case; ``\\N`` is what databases write, ``<NA>`` and ``NA`` pandas and R."""
_KINDS: dict[str, Kind] = {
    "human": Kind.HUMAN,
    "model": Kind.MODEL,
    "other": Kind.OTHER,
    "unknown": Kind.UNKNOWN,
    **dict.fromkeys(("true", "1", "yes"), Kind.MODEL),
    **dict.fromkeys(("ai", "machine", "generated", "synthetic"), Kind.MODEL),
    **dict.fromkeys(("false", "0", "no"), Kind.UNKNOWN),
}
_ORIGINS = pa.list_(ORIGIN_TYPE)


@dataclass(frozen=True, slots=True)
class _Statement:
    """What the columns of one row say together, in the order of ``ORIGIN_FIELDS``."""

    kind: str | None
    generators: str | None
    """Their names as a JSON array."""
    mode: str | None
    evidence: str | None
    detector: str | None
    version: str | None
    threshold: float | None
    has_score: bool | None

    def list_origins(self) -> list[dict[str, object]]:
        """Return the origins, as structs of the batch schema without a score."""
        names: list[str] = json.loads(self.generators or "[]")
        folded = [name.lower() for name in names]
        no_models = _HUMANS | _TEMPLATES
        models = [
            _UNNAMED if low in _OTHERS else name
            for name, low in zip(names, folded, strict=True)
            if low not in no_models
        ]
        is_human = self.kind == Kind.HUMAN or not _HUMANS.isdisjoint(folded)
        is_other = self.kind == Kind.OTHER or not _TEMPLATES.isdisjoint(folded)
        detected = self.has_score and self.kind is None and not names
        if not models and (self.kind == Kind.MODEL or detected):
            models = [_UNNAMED]
        mode = self.mode or Mode.UNSPECIFIED
        origins = [self._origin(Kind.MODEL, name, mode) for name in models]
        if is_human:
            origins.append(self._origin(Kind.HUMAN, None, Mode.UNSPECIFIED))
        if is_other:
            origins.append(self._origin(Kind.OTHER, None, Mode.UNSPECIFIED))
        return origins

    def _origin(self, kind: Kind, model: str | None, mode: str) -> dict[str, object]:
        unstated = Evidence.DETECTOR if self.has_score else Evidence.DECLARED
        evidence = self.evidence or unstated
        told = self.has_score or evidence in (Evidence.DETECTOR, Evidence.WATERMARK)
        threshold = THRESHOLD if self.threshold is None else self.threshold
        return {
            "kind": str(kind),
            "model": model,
            "mode": str(mode),
            "evidence": str(evidence),
            "detector": "@".join(filter(None, (self.detector, self.version))) or None,
            "score": None,
            "threshold": threshold if told else None,
        }


def parse_origins(columns: Mapping[Field, Any], height: int) -> Parsed:
    """Read the origins of rows as lists of the batch schema's structs."""
    parsed = {field: _PARSERS[field](field, columns[field]) for field in columns}
    words = [
        parsed[field].values
        if field in parsed
        else pa.nulls(height, pa.float64() if field in _NUMBERS else pa.string())
        for field in ORIGIN_FIELDS
    ]
    scores = words.pop()
    codes, combinations = combine([*words, _tell_scored(scores)], height)
    lists = [_Statement(*values).list_origins() for values in combinations]
    values = pa.array(lists, _ORIGINS).take(codes)
    flaws = tuple(
        flaws
        for field in ORIGIN_FIELDS
        if field in parsed
        for flaws in parsed[field].flaws
    )
    return Parsed(values=_add_scores(values, scores), flaws=flaws)


def _tell_scored(scores: Any) -> Any:
    if scores.null_count == len(scores):
        return pa.nulls(len(scores), pa.bool_())
    return pc.is_valid(scores)


def _add_scores(origins: Any, scores: Any) -> Any:
    if scores.null_count == len(scores):
        return origins
    flat = origins.flatten()
    by_origin = scores.take(pc.list_parent_indices(origins))
    parts = [
        by_origin if field.name == "score" else flat.field(field.name)
        for field in ORIGIN_TYPE
    ]
    structs = pa.StructArray.from_arrays(parts, fields=list(ORIGIN_TYPE))
    return pa.ListArray.from_arrays(origins.offsets, structs, type=_ORIGINS)


def _parse_with(
    read: Callable[[str], str | None],
) -> Callable[[Field, Any], Parsed]:
    def parse(of: Field, column: Any) -> Parsed:
        return parse_coded(of, column, read, pa.string())

    return parse


Word = TypeVar("Word", bound="StrEnum")


def parse_vocabulary(vocabulary: type[Word]) -> Callable[[Field, Any], Parsed]:
    """Return the parser for a column of words of a vocabulary, in any case."""

    def read(text: str) -> str:
        try:
            return str(vocabulary(text.lower()))
        except ValueError:
            raise ValueError(f"expected one of {', '.join(vocabulary)}") from None

    return _parse_with(read)


def _read_kind(text: str) -> str:
    try:
        return str(_KINDS[text.lower()])
    except KeyError:
        raise ValueError(
            "expected human, model, other or unknown; or true or false"
        ) from None


def _split_names(text: str) -> list[str]:
    """Split at what stands between names, where the next bracket closes none."""
    cuts, bracket = [len(text)], ""
    for found in reversed(list(_MARKS.finditer(text))):
        if found[0] in "()":
            bracket = found[0]
        elif bracket != ")":
            cuts += [found.end(), found.start()]
    cuts.append(0)
    return [text[cuts[n + 1] : cuts[n]] for n in range(0, len(cuts), 2)][::-1]


def _read_generators(text: str) -> str | None:
    names = read_list(text)
    if names is None:
        names = _split_names(text)
    stated = [name.strip() for name in names if name.strip().lower() not in _NO_NAME]
    if any(len(name) > _LONGEST_NAME for name in stated):
        raise ValueError(f"expected model names of at most {_LONGEST_NAME} characters")
    return json.dumps(list(dict.fromkeys(stated))) if stated else None


_NUMBERS = (Field.THRESHOLD, Field.SCORE)
_PARSERS: Mapping[Field, Callable[[Field, Any], Parsed]] = {
    Field.ORIGIN: _parse_with(_read_kind),
    Field.GENERATED_BY: _parse_with(_read_generators),
    Field.MODE: parse_vocabulary(Mode),
    Field.EVIDENCE: parse_vocabulary(Evidence),
    Field.DETECTOR: parse_words,
    Field.DETECTOR_VERSION: parse_words,
    Field.THRESHOLD: parse_fraction,
    Field.SCORE: parse_fraction,
}
