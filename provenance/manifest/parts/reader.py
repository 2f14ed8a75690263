"""Reads a file whose rows hold several parts, as one record per part."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.domain import Derivation, Field, Kind
from provenance.domain.digests import format_digest
from provenance.manifest.content import digest_texts
from provenance.manifest.improper import without_improper
from provenance.manifest.mapping import find_usual
from provenance.manifest.parts.part import (
    OtherFormError,
    Part,
    PassedOverError,
    read_nested,
)
from provenance.manifest.reader import RawBatch
from provenance.manifest.text_lines import row_fault
from provenance.manifest.usual_names import NESTED, USUAL_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.batch import Fault
    from provenance.manifest.parts.part import Row, Shape
    from provenance.manifest.reader import Reader

__all__ = ["PartsReader"]

_SAID = ("text", "digest", "media_type", "origin", "generated_by", "mode")
"""What a part says by itself."""

_SHARED = (
    Field.URL,
    Field.FETCHED_AT,
    Field.COPIES,
    Field.LANGUAGE,
    Field.SPLIT,
    Field.EVIDENCE,
)
"""What holds for each part when it holds for the row; sizes do not."""

_FROM_THE_ROW = (Field.NAME, Field.ORIGIN, Field.GENERATED_BY)
"""What parts have from a column of the row that the caller may name."""

_NOTHING: Mapping[Field, str] = MappingProxyType({})
_OF_THE_ROW = " (of the row)"
_MOST_PARTS = 32_767
"""Parts are numbered by a small integer of the database."""


class PartsReader:
    """The rows of another reader, taken apart by their shape."""

    def __init__(
        self, rows: Reader, shape: Shape, named: Mapping[Field, str] = _NOTHING
    ) -> None:
        """Find the columns of the rows that parts are made of.

        Args:
            named: Field → column, as the caller says it; such a column keeps its
                name, where parts can have it.
        """
        self._rows = rows
        self._shape = shape
        self.format = shape.name
        by_name = {column.lower(): column for column in reversed(rows.columns)}
        self._read = {
            name: by_name[name] for name in sorted(shape.reads) if name in by_name
        }
        if Field.GENERATED_BY in named and Field.GENERATED_BY in shape.reads:
            self._read[Field.GENERATED_BY] = named[Field.GENERATED_BY]
        self._labels = {
            str(field): named.get(field, str(field)) for field in _FROM_THE_ROW
        }
        rest = [c for c in rows.columns if c not in self._read.values()]
        self._name = named.get(Field.NAME) or find_usual(Field.NAME, rest)
        self._origin = named.get(Field.ORIGIN) or find_usual(Field.ORIGIN, rest)
        shared = {
            name
            for field in _SHARED
            for name in (*USUAL_NAMES[field], *NESTED.get(field, ()))
        } | {named[field].lower() for field in _SHARED if field in named}
        self._repeated = {
            c if c.lower() in shared else c + _OF_THE_ROW: c
            for c in rest
            if c not in (self._name, self._origin)
            and (c.lower() in shared or "." not in c)
        }

    @property
    def file(self) -> str:
        """The file as faults name it."""
        return self._rows.file

    @property
    def columns(self) -> tuple[str, ...]:
        """What parts say, then what the row says of all of them."""
        said = [f for f in self._shape.says if f != "name" or self._name]
        return (*(self._labels.get(f, f) for f in said), *self._repeated)

    @property
    def made(self) -> frozenset[str]:
        """Columns that the file does not have: only its parts have them."""
        return frozenset(self.columns).difference(self._rows.columns, self._repeated)

    @property
    def late(self) -> Mapping[str, int]:
        """What the rows met too late."""
        return self._rows.late

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the parts; a row of another form is a fault."""
        repeated = {c: self._repeated[c] for c in columns if c in self._repeated}
        needed = [*self._read.values(), *repeated.values()]
        needed += [column for column in (self._name, self._origin) if column]
        for read in self._rows.read(tuple(dict.fromkeys(needed))):
            raw = without_improper(self.file, read, read.columns)
            taken = _Taken(self.file, raw)
            names, origins = (
                raw.columns[column].to_pylist() if column else [None] * len(raw.rows)
                for column in (self._name, self._origin)
            )
            for place, row in enumerate(self._iter_rows(raw)):
                origin = None if origins[place] is None else str(origins[place])
                taken.add(place, row, self._shape, names[place], origin)
            found = {
                self._labels.get(said, said): column
                for said, column in taken.to_columns().items()
            }
            at = pa.array(taken.places, pa.int64())
            for column, of_row in repeated.items():
                found[column] = raw.columns[of_row].take(at)
            yield RawBatch(
                rows=raw.rows.take(at),
                columns={column: found[column] for column in columns},
                faults=[*raw.faults, *taken.faults],
                parts=pa.array(taken.numbers, pa.int32()),
                made=pa.array(taken.made, pa.bool_()),
                notes={**raw.notes, **taken.notes},
            )

    def _iter_rows(self, raw: RawBatch) -> Iterator[Row]:
        names = list(self._read)
        columns: list[list[Any]] = [
            raw.columns[self._read[name]].to_pylist() for name in names
        ]
        nested = [name in self._shape.nested for name in names]
        for values in zip(*columns, strict=True):
            yield {
                name: read_nested(value) if is_nested else value
                for name, value, is_nested in zip(names, values, nested, strict=True)
            }


class _Taken:
    """The parts of the rows of one batch."""

    def __init__(self, file: str, raw: RawBatch) -> None:
        self._file = file
        self._rows: list[Any] = raw.rows.to_pylist()
        self.places: list[int] = []
        """For each part, the place of its row in the batch."""
        self.numbers: list[int] = []
        self.made: list[bool] = []
        """For each part, whether it was made from another, or is an image."""
        self.faults: list[Fault] = []
        self.notes: defaultdict[str, list[int]] = defaultdict(list)
        self._parts: list[Part] = []
        self._names: list[str | None] = []
        self._texts: dict[str, None] = {}
        """Texts that are parents of others: their digests are needed."""
        self._siblings: list[list[str | None]] = []

    def add(
        self, place: int, row: Row, shape: Shape, name: object, origin: str | None
    ) -> None:
        """Take a row apart.

        Args:
            origin: What the row says of its origin as a whole.
        """
        number = self._rows[place]
        try:
            parts = [_take_over(origin, part) for part in shape.split(row)]
            _check(parts)
        except OtherFormError as error:
            self.faults.append(row_fault(self._file, number, "", str(error)))
            return
        except PassedOverError as error:
            self.notes[str(error)].append(number)
            return
        kept = [n for n, part in enumerate(parts) if part.text or part.digest]
        if not kept:
            self.notes["no part of it holds any text"].append(number)
        for n in kept:
            part = parts[n]
            parents = [*(parts[p].text for p in part.parents), *part.seeds]
            self._texts.update(dict.fromkeys(text for text in parents if text))
            self._siblings.append(parents)
            self._parts.append(part)
            self._names.append(None if not name else f"{name}:{n}" if n else str(name))
            self.places.append(place)
            self.numbers.append(n)
            self.made.append(_is_made(part))

    def to_columns(self) -> dict[str, Any]:
        """Return the columns of the parts, as text."""
        columns = {
            said: pa.array([getattr(part, said) for part in self._parts], pa.string())
            for said in _SAID
        }
        digests = self._digest_parents()
        columns["name"] = pa.array(self._names, pa.string())
        derived = [
            _write_parents([digests[text] for text in parents if text], part.references)
            for part, parents in zip(self._parts, self._siblings, strict=True)
        ]
        columns["derived_from"] = pa.array(derived, pa.string())
        columns["derivation"] = pa.array(
            [
                (part.derivation or Derivation.SEEDED) if found else None
                for part, found in zip(self._parts, derived, strict=True)
            ],
            pa.string(),
        )
        return columns

    def _digest_parents(self) -> dict[str, str]:
        digests: list[Any] = digest_texts(
            pa.array(self._texts, pa.string())
        ).to_pylist()
        return dict(zip(self._texts, map(format_digest, digests), strict=True))


def _take_over(origin: str | None, part: Part) -> Part:
    """Let what a row says of itself hold for a part that says nothing.

    A row by people is theirs in all its parts; of a generated one only an image, and
    what was made from another part, are generated beyond doubt.
    """
    if origin is None or part.origin or part.generated_by:
        return part
    if _is_made(part) or origin.strip().lower() == Kind.HUMAN:
        return replace(part, origin=origin)
    return part


def _is_made(part: Part) -> bool:
    return bool(part.parents or part.digest)


def _write_parents(digests: list[str], references: Sequence[str]) -> str | None:
    """Write a cell of parents: one digest as it is, which is read fastest."""
    if len(digests) == 1 and not references:
        return digests[0]
    return json.dumps([*digests, *references]) if digests or references else None


def _check(parts: Sequence[Part]) -> None:
    """Refuse too many parts, and text that is no Unicode: half a surrogate pair."""
    if len(parts) > _MOST_PARTS:
        raise OtherFormError(f"expected at most {_MOST_PARTS} parts")
    for part in parts:
        for text in (part.text, part.generated_by, *part.seeds, *part.references):
            try:
                _ = text is None or text.isascii() or text.encode()
            except UnicodeEncodeError:
                raise OtherFormError("expected text in valid UTF-8") from None
