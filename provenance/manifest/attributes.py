"""Dolma attributes: what taggers say of documents that lie in another file.

https://github.com/allenai/dolma/blob/main/docs/data-format.md::

    {"source": …, "id": …, "attributes": {"TAGS__TAGGER__LABEL": [[0, 300, 0.9], …]}}

The name of an attribute is that of the set of tags, the tagger and the label, with two
underscores between them; a value is a list of spans, each with its start, its end and
its score, or one number for the whole document.

Most taggers tell of language, toxicity or quality, which says nothing of where a text
comes from. So an attribute is evidence where its name says that it detects what models
wrote, or where the caller names it as the score.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from provenance.batch import Faults
from provenance.domain import Field
from provenance.errors import ManifestError
from provenance.manifest.kernels import pc
from provenance.manifest.reader import RawBatch, cut_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.manifest.reader import Reader

__all__ = ["ATTRIBUTES", "AttributesReader", "holds_attributes", "name_tagger"]

ATTRIBUTES = "dolma-attributes"
"""The name of the format."""

_COLUMN = "attributes"
_ID = "id"
_SHOWN = 10
_BETWEEN = "__"
_WHOLE_NAME = 3
"""Parts of a name: tags, tagger, label; or tagger, version, label."""
_VERSION = re.compile(r"v?\d+(\.\d+)*", re.IGNORECASE)
_ENDS_IN_VERSION = re.compile(r"(.+?)[_-](v\d+(?:[._]\d+)*)", re.IGNORECASE)
_TELLING = frozenset(
    {
        *("ai", "aigc", "llm", "gpt", "generated", "synthetic", "machine", "mgt"),
        *("detectgpt", "fastdetectgpt", "binoculars", "gptzero", "ghostbuster"),
    }
)
"""Words in the name of an attribute that detects what models wrote."""
_INVERTED = frozenset({"human", "not", "non", "real"})
"""Words of a label whose score is high where a person wrote."""

_FORM = "expected a number, or a list of spans: start, end and a score from 0 to 1"
_READ = "SELECT place, {number} AS attribute, CAST(a{number} AS VARCHAR) AS said FROM a"
_SCORE = """
    WITH read AS MATERIALIZED (
        SELECT place, attribute, said,
               coalesce(TRY_CAST(said AS DOUBLE[][]),
                        CASE WHEN TRY_CAST(said AS DOUBLE) IS NOT NULL
                             THEN [[0, 1, TRY_CAST(said AS DOUBLE)]] END) AS spans
        FROM ({union}) WHERE said IS NOT NULL
    ), summed AS MATERIALIZED (
        SELECT place, attribute, said, spans,
               list_sum(list_transform(spans, lambda s: s[2] - s[1])) AS length,
               spans IS NULL OR len(list_filter(spans, lambda s: NOT coalesce(
                   len(s) = 3 AND s[1] <= s[2] AND s[3] BETWEEN 0 AND 1, false
               ))) > 0 AS bad
        FROM read
    )
    SELECT place, attribute, bad, said,
           CASE WHEN bad THEN NULL
                WHEN length > 0 THEN round(list_sum(
                    list_transform(spans, lambda s: s[3] * (s[2] - s[1]))) / length, 12)
                ELSE list_avg(list_transform(spans, lambda s: s[3])) END AS score
    FROM summed ORDER BY place, attribute
"""
_SILENT = "no attribute that is read has a score of the document"


def holds_attributes(columns: frozenset[str]) -> bool:
    """Whether columns, in lower case, are those of a file of attributes."""
    return {_ID, _COLUMN} <= columns and "text" not in columns


class AttributesReader:
    """The scores of the documents in a file of attributes, one per attribute.

    The score of a document is the mean of its spans, each weighted by its length.
    """

    format = ATTRIBUTES

    def __init__(self, rows: Reader, named: Mapping[Field, str]) -> None:
        """Choose the attributes that are evidence.

        Args:
            named: Field → column, as the caller says it; that of the score is the
                only attribute that is read.

        Raises:
            ManifestError: No attribute detects what models wrote, by its name.
        """
        self._rows = rows
        by_name = {column.lower(): column for column in reversed(rows.columns)}
        self._id = named.get(Field.NAME) or by_name[_ID]
        self._inner = inner = by_name[_COLUMN] + "."
        attributes = [column for column in rows.columns if column.startswith(inner)]
        chosen = named.get(Field.SCORE)
        self._score = chosen or str(Field.SCORE)
        self._chosen = (
            [chosen]
            if chosen
            else [a for a in attributes if _is_telling(a.removeprefix(inner))]
        )
        if not self._chosen:
            names = ", ".join(a.removeprefix(inner) for a in attributes[:_SHOWN])
            raise ManifestError(
                f"{rows.file} holds Dolma attributes, and none is called a detector of "
                f"what models wrote: {names or 'there are none'}",
                hint=f"If one is, say which: --map score={inner}NAME",
            )
        self._lost = [a for a in attributes if a not in self._chosen]

    @property
    def file(self) -> str:
        """The file as faults name it."""
        return self._rows.file

    @property
    def columns(self) -> tuple[str, ...]:
        """What is said of a document, then the attributes that are not read."""
        return (self._id, self._score, "detector", "detector_version", *self._lost)

    @property
    def late(self) -> Mapping[str, int]:
        """What the rows met too late."""
        return self._rows.late

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield a score per document and attribute; one of another form is a fault."""
        wanted = tuple(dict.fromkeys([self._id, *self._chosen]))
        query = _SCORE.format(
            union=" UNION ALL ".join(
                _READ.format(number=number) for number in range(len(self._chosen))
            )
        )
        with duckdb.connect(
            config={
                "threads": 1,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        ) as duck:
            for raw in self._rows.read(wanted):
                said = {f"a{n}": raw.columns[a] for n, a in enumerate(self._chosen)}
                places = pa.arange(0, len(raw.rows))
                duck.register("a", pa.table({"place": places, **said}))
                found = duck.sql(query).to_arrow_table().combine_chunks()
                yield self._tell(raw, found, columns)

    def _tell(self, raw: RawBatch, found: pa.Table, columns: Sequence[str]) -> RawBatch:
        """Make rows of what was found: all scores of a document, or one fault."""
        bad = found.filter(found["bad"])
        wrong = bad["place"].unique()
        first = bad.take(pc.index_in(wrong, value_set=bad["place"]))
        good = found.filter(
            pc.and_(
                pc.invert(pc.is_in(found["place"], value_set=wrong)),
                pc.is_valid(found["score"]),
            )
        )
        places, attributes = _one(good["place"]), _one(good["attribute"])
        heard = pa.concat_arrays([places, wrong])
        silent = pc.invert(pc.is_in(pa.arange(0, len(raw.rows)), value_set=heard))
        rows = raw.rows.filter(silent).to_pylist()
        made = {
            self._id: raw.columns[self._id].take(places),
            self._score: _one(good["score"]),
            "detector": self._name(attributes, 0),
            "detector_version": self._name(attributes, 1),
        }
        nothing = pa.nulls(len(places), pa.string())
        return RawBatch(
            rows=raw.rows.take(places),
            columns={column: made.get(column, nothing) for column in columns},
            faults=Faults.of(self.file, raw.faults)
            + Faults.of_columns(
                self.file,
                rows=raw.rows.take(_one(first["place"])),
                fields=str(Field.SCORE),
                values=cut_all(_one(first["said"])),
                reasons=_FORM,
            ),
            parts=attributes.cast(pa.int32()),
            notes={**raw.notes, **({_SILENT: rows} if rows else {})},
            share=raw.share,
        )

    def _name(self, attributes: Any, place: int) -> Any:
        """Return the tagger, or its version, of each attribute."""
        names = [name_tagger(a.removeprefix(self._inner))[place] for a in self._chosen]
        return pa.array(names, pa.string()).take(attributes)


def name_tagger(attribute: str) -> tuple[str, str | None]:
    """Return the tagger of an attribute, and its version where the name has one.

    Example:
        >>> name_tagger("mix_v1__looks_generated_v2__ai")
        ('looks_generated', 'v2')
        >>> name_tagger("looks_generated__1.4__ai")
        ('looks_generated', '1.4')
        >>> name_tagger("generated")
        ('generated', None)
    """
    parts = attribute.split(_BETWEEN)
    if len(parts) == _WHOLE_NAME:
        if _VERSION.fullmatch(parts[1]):
            return parts[0], parts[1]
        attribute = parts[1]
    versioned = _ENDS_IN_VERSION.fullmatch(attribute)
    return (versioned[1], versioned[2]) if versioned else (attribute, None)


def _is_telling(attribute: str) -> bool:
    """Whether an attribute is called a detector of what models wrote."""
    label = _words(attribute.rpartition(_BETWEEN)[2])
    return not _TELLING.isdisjoint(_words(attribute)) and _INVERTED.isdisjoint(label)


def _words(name: str) -> list[str]:
    return re.split(r"[^a-z]+", name.lower())


def _one(column: Any) -> Any:
    return (
        pa.concat_arrays(column.chunks)
        if column.num_chunks
        else column.combine_chunks()
    )
