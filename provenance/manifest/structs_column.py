"""Columns that hold all origins, or all parents, of a row as a list of structs.

The other columns say one mode and one kind of evidence for a whole row; here each
origin and each parent has its own, as the batch schema has them. A cell is a list of
structs (Parquet), or the same as JSON::

    [{"kind": "model", "model": "GPT-4", "mode": "answered", "evidence": "declared"}]
    [{"digest": "sha256:…", "mode": "copied", "evidence": "declared"}]

Few combinations of words occur in a file: each distinct one is looked at once.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import types

from provenance.batch import ORIGIN_TYPE, PARENT_TYPE
from provenance.domain import Derivation, Evidence, Field, Kind, Mode
from provenance.domain.models import UNNAMED
from provenance.manifest.combinations import combine
from provenance.manifest.digests_column import DigestColumn
from provenance.manifest.kernels import has_any, mask_of, pc
from provenance.manifest.origins_column import THRESHOLD
from provenance.manifest.parsed import Flaws, Parsed, parse_distinct
from provenance.manifest.raw_text import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from enum import StrEnum

__all__ = ["OriginsList", "ParentsList", "join_lists"]

_KINDS = frozenset({Kind.HUMAN, Kind.MODEL, Kind.OTHER})
_LONGEST_NAME = 300
_LONGEST_REFERENCE = 65_536
_TEXTS = {"kind", "model", "mode", "evidence", "detector", "digest", "reference"}
_SAID_ALREADY = "expected nothing here, since another column says the same of the row"

Check = tuple[Any, ...]


class OriginsList:
    """Reads a column of lists of origins."""

    _kind = pa.struct([field.with_nullable(nullable=True) for field in ORIGIN_TYPE])

    def parse(self, column: Any) -> Parsed:
        """Read origins as lists of the batch schema's structs."""
        found = _read_lists(Field.ORIGINS, column, self._kind)
        lists = found.values
        flat = lists.flatten()
        scores = flat.field("score")
        evidence, thresholds = _tell_detected(
            scores, flat.field("evidence"), flat.field("threshold")
        )
        words = [flat.field(name) for name in ("kind", "model", "mode")]
        words += [evidence, flat.field("detector"), thresholds]
        codes, said = combine(words, len(flat))
        checked, reasons = _check_each(said, _check_origin, width=4)
        columns = dict(
            zip(("kind", "model", "mode", "evidence"), checked, strict=False)
        )
        outside = pc.or_(pc.less(scores, 0.0), pc.greater(scores, 1.0))
        told = pa.array(reasons, pa.string()).take(codes)
        told = pc.if_else(
            pc.fill_null(outside, False), "expected a score from 0 to 1", told
        )
        parts = [
            columns[name].take(codes) if name in columns else flat.field(name)
            for name in ORIGIN_TYPE.names
        ]
        parts[ORIGIN_TYPE.get_field_index("threshold")] = thresholds
        return _rebuild(Field.ORIGINS, column, found, ORIGIN_TYPE, parts, told)


class ParentsList:
    """Reads a column of lists of parents, batch after batch."""

    _kind = pa.struct(
        [(name, pa.string()) for name in ("digest", "reference", "mode", "evidence")]
    )

    def __init__(self) -> None:
        self._digests = DigestColumn(Field.PARENTS)

    def parse(self, column: Any) -> Parsed:
        """Read parents as lists of the batch schema's structs."""
        found = _read_lists(Field.PARENTS, column, self._kind)
        flat = found.values.flatten()
        digests = self._digests.parse(flat.field("digest"))
        words = [flat.field("mode"), flat.field("evidence")]
        codes, said = combine(words, len(flat))
        checked, reasons = _check_each(said, _check_parent, width=2)
        told = pa.array(reasons, pa.string()).take(codes)
        references = flat.field("reference")
        nothing = pc.and_(pc.is_null(digests.values), pc.is_null(references))
        told = pc.if_else(nothing, "expected a digest or a reference", told)
        long = pc.greater(pc.binary_length(references), _LONGEST_REFERENCE)
        told = pc.if_else(
            pc.fill_null(long, False),
            f"expected references of at most {_LONGEST_REFERENCE} characters",
            told,
        )
        modes, evidence = (values.take(codes) for values in checked)
        parts = [digests.values, references, modes, evidence]
        return _rebuild(Field.PARENTS, column, found, PARENT_TYPE, parts, told)


def join_lists(of: Field, plain: Parsed | None, lists: Parsed) -> Parsed:
    """Take a row's edges from the one column or the others that say them.

    Args:
        of: The field of the lists, where both speak of one row: that is a flaw.
        plain: From columns of single words, where there are any.
        lists: From a column of lists.
    """
    if plain is None:
        return lists
    counts = [pc.list_value_length(found.values) for found in (plain, lists)]
    both = pc.and_(pc.greater(counts[0], 0), pc.greater(counts[1], 0))
    flaws = Flaws.where(of, both, pa.repeat("a list", len(both)), _SAID_ALREADY)
    values = pc.if_else(pc.greater(counts[1], 0), lists.values, plain.values)
    return Parsed(values=values, flaws=plain.flaws + lists.flaws + flaws)


def _tell_detected(scores: Any, evidence: Any, thresholds: Any) -> tuple[Any, Any]:
    """Say of scores what columns of their own say: a detector's, held against 0.5."""
    scored = pc.is_valid(scores)
    unsaid = pc.and_(scored, pc.is_null(evidence))
    evidence = pc.if_else(unsaid, str(Evidence.DETECTOR), evidence)
    words = pa.array([str(Evidence.DETECTOR), str(Evidence.WATERMARK)])
    detected = pc.and_(scored, pc.is_in(evidence, value_set=words))
    unheld = pc.and_(detected, pc.is_null(thresholds))
    return evidence, pc.if_else(unheld, THRESHOLD, thresholds)


def _check_each(
    said: Sequence[Check], check: Callable[..., Sequence[str | None]], *, width: int
) -> tuple[list[pa.Array[Any]], list[str | None]]:
    """Look at each combination: what it comes to, word by word, or why it is none."""
    found: list[Sequence[str | None]] = []
    reasons: list[str | None] = []
    for words in said:
        reason = None
        try:
            found.append(check(*words))
        except ValueError as error:
            found.append((None,) * width)
            reason = str(error)
        reasons.append(reason)
    columns = [
        pa.array([row[place] for row in found], pa.string()) for place in range(width)
    ]
    return columns, reasons


def _check_origin(
    kind: str | None,
    model: str | None,
    mode: str | None,
    evidence: str | None,
    detector: str | None,
    threshold: float | None,
) -> Sequence[str | None]:
    if kind not in _KINDS:
        raise ValueError("expected kinds human, model or other")
    if kind == Kind.MODEL:
        model = model or UNNAMED
    elif model is not None or mode not in (None, Mode.UNSPECIFIED):
        raise ValueError(f"expected no model and no mode of kind {kind}")
    if any(len(name or "") > _LONGEST_NAME for name in (model, detector)):
        raise ValueError(f"expected names of at most {_LONGEST_NAME} characters")
    if threshold is not None and not 0 <= threshold <= 1:
        raise ValueError("expected a threshold from 0 to 1")
    words = (_read_word(Mode, mode), _read_word(Evidence, evidence))
    return str(kind), model, *words


def _check_parent(mode: str | None, evidence: str | None) -> Sequence[str | None]:
    return _read_word(Derivation, mode), _read_word(Evidence, evidence)


def _read_word(vocabulary: type[StrEnum], word: str | None) -> str:
    if word is None:
        return str(Evidence.DECLARED if vocabulary is Evidence else "unspecified")
    if word not in set(vocabulary):
        raise ValueError(f"expected one of {', '.join(vocabulary)}")
    return word


def _read_lists(of: Field, column: Any, kind: pa.StructType) -> Parsed:
    """Return lists of structs of the fields that are wanted, whatever holds them."""
    into = pa.list_(kind)
    if types.is_list(column.type) or types.is_large_list(column.type):
        inner = column.type.value_type
        if types.is_struct(inner):
            flat = column.flatten()
            parts = [_take_field(flat, field) for field in kind]
            structs = pa.StructArray.from_arrays(parts, fields=list(kind))
            counts = pc.fill_null(pc.list_value_length(column), 0).cast(pa.int32())
            return Parsed(values=_wrap(counts, structs, into))
    text = to_text(of, column)
    known: Mapping[str, pa.Field[Any]] = {field.name: field for field in kind}
    found = parse_distinct(of, text.values, lambda t: _read_json(t, known), into)
    filled = pc.fill_null(found.values, pa.scalar([], into))
    return Parsed(values=filled, flaws=text.flaws + found.flaws)


def _take_field(flat: Any, field: pa.Field[Any]) -> Any:
    if flat.type.get_field_index(field.name) < 0:
        return pa.nulls(len(flat), field.type)
    values = flat.field(field.name)
    if types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return values.cast(field.type)


def _read_json(text: str, known: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError("expected a JSON array of objects")
    for one in found:
        for name, value in one.items():
            if name not in known:
                raise ValueError(f"expected only the names {', '.join(known)}")
            is_right = isinstance(value, str) if name in _TEXTS else _is_number(value)
            if value is not None and not is_right:
                raise ValueError(f"expected another kind of value for {name}")
            if isinstance(value, str) and "\0" in value:
                raise ValueError("expected text without NUL characters")
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrap(counts: Any, structs: Any, into: pa.DataType) -> Any:
    ends = pc.cumulative_sum(counts)
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    return pa.ListArray.from_arrays(offsets, structs, type=into)


def _rebuild(
    of: Field,
    column: Any,
    found: Parsed,
    kind: pa.StructType,
    parts: Sequence[Any],
    told: Any,
) -> Parsed:
    """Put lists together again; a row with a bad element has none, and a flaw."""
    lists, height = found.values, len(found.values)
    counts = pc.list_value_length(lists)
    flaws = found.flaws
    bad = pc.is_valid(told)
    if has_any(bad):
        places = pc.list_parent_indices(lists)
        at, first = places.filter(bad), told.filter(bad)
        firsts = pa.table({"at": at, "why": first}).group_by("at", use_threads=False)
        one = firsts.aggregate([("why", "min")]).sort_by("at")
        rows = one["at"].combine_chunks().cast(pa.int64())
        shown = to_text(of, column.take(rows)).values
        reasons = one["why_min"].combine_chunks()
        flaws += (Flaws(field=of, places=rows, values=shown, reasons=reasons),)
        spoilt = mask_of(rows, height)
        keep = pc.invert(spoilt.take(places))
        parts = [part.filter(keep) for part in parts]
        counts = pc.if_else(spoilt, pa.scalar(0, pa.int32()), counts)
    structs = pa.StructArray.from_arrays(list(parts), fields=list(kind))
    return Parsed(values=_wrap(counts, structs, pa.list_(kind)), flaws=flaws)
