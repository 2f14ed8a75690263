"""Raw rows to batches of the one schema: every field parsed, every flaw named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.batch import Faults
from provenance.domain import FIELDS, Derivation, Evidence, Field, Kind
from provenance.errors import ManifestError
from provenance.manifest.amounts import parse_copies, parse_count
from provenance.manifest.assemble import assemble
from provenance.manifest.digests_column import DigestColumn
from provenance.manifest.kernels import mask_of, pc
from provenance.manifest.origins_column import (
    ORIGIN_FIELDS,
    parse_origins,
    parse_vocabulary,
)
from provenance.manifest.parents_column import ParentsColumn
from provenance.manifest.parsed import Flaws, Parsed
from provenance.manifest.raw_text import to_text
from provenance.manifest.reader import RawBatch, cut, cut_all
from provenance.manifest.structs_column import OriginsList, ParentsList, join_lists
from provenance.manifest.times import parse_times
from provenance.manifest.words import parse_languages, parse_media_types, parse_words

if TYPE_CHECKING:
    from provenance.manifest.mapping import ColumnMap

__all__ = ["Normaliser"]


_parse_derivations = parse_vocabulary(Derivation)
_parse_evidence = parse_vocabulary(Evidence)
_SIMPLE: Mapping[Field, Callable[[Field, Any], Parsed]] = {
    Field.NAME: parse_words,
    Field.URL: parse_words,
    Field.FETCHED_AT: lambda _, column: parse_times(column),
    Field.BYTES: parse_count,
    Field.TOKENS: parse_count,
    Field.ITEMS: parse_count,
    Field.COPIES: lambda _, column: parse_copies(column),
    Field.LANGUAGE: lambda _, column: parse_languages(column),
    Field.MEDIA_TYPE: lambda _, column: parse_media_types(column),
    Field.SPLIT: parse_words,
    Field.RESERVATION: parse_words,
}
"""The fields that come from one column and depend on nothing else."""


class Normaliser:
    """Parses the raw batches of one file, one after another.

    What was decided about a column in the first batch holds for the whole file, so
    the batches of a file go through one normaliser, in order.
    """

    def __init__(self, column_map: ColumnMap, *, file: str) -> None:
        """Check the constants before any row is read.

        Args:
            file: The file as faults name it.

        Raises:
            ManifestError: A constant is not a value of its field.
        """
        self._map = column_map
        self._file = file
        self._digests = DigestColumn(Field.DIGEST)
        self._parents = ParentsColumn(self._digests)
        self._parents_list = ParentsList()
        self._check_constants()

    @property
    def spellings(self) -> dict[str, str]:
        """How digests are spelled, as far as seen: field → spelling."""
        seen = {
            Field.DIGEST: self._digests.spelling,
            Field.DERIVED_FROM: self._parents.spelling,
        }
        return {str(field): str(found) for field, found in seen.items() if found}

    def normalise(self, raw: RawBatch) -> tuple[pa.RecordBatch, Faults]:
        """Return the good rows of a raw batch, and a fault for each bad one.

        A row with several bad fields has one fault, for the first in the order of
        ``FIELDS``. The faults of the reader are among those returned; all are in
        the order of their rows.
        """
        height = len(raw.rows)
        columns = {
            field: raw.columns[name] for field, name in self._map.columns.items()
        }
        parsed = self._parse(columns | self._repeat_constants(height, raw.made), height)
        flaws = [
            flaws
            for field in FIELDS
            if field in parsed
            for flaws in parsed[field].flaws
        ]
        rows, parts = raw.rows, raw.parts
        faults = Faults.of(self._file, raw.faults)
        if flaws:
            places, found = self._list_faults(rows, flaws)
            faults += found
            # By a mask: taken by their places, as many rows cost half as much again.
            good = pc.invert(mask_of(places, height))
            rows, parts = rows.filter(good), parts and parts.filter(good)
            parsed = {
                field: Parsed(values=found.values.filter(good))
                for field, found in parsed.items()
            }
        return assemble(rows, parsed, parts), faults

    def _list_faults(self, rows: Any, flaws: Sequence[Flaws]) -> tuple[Any, Faults]:
        """Keep the first flaw of each place; return the places, and their faults."""
        names = ("place", "field", "value", "reason", "rank")
        tables = [
            pa.table([*of_field.to_arrays(), _repeat(rank, of_field)], names=names)
            for rank, of_field in enumerate(flaws)
        ]
        found: Any = pa.concat_tables(tables)
        if len(tables) > 1:
            found = found.sort_by([("place", "ascending"), ("rank", "ascending")])
        places, *said = (found[name].combine_chunks() for name in names[:-1])
        is_first = pc.not_equal(places.slice(1), places.slice(0, len(places) - 1))
        is_first = pa.concat_arrays([pa.array([True], pa.bool_()), is_first])
        places = places.filter(is_first)
        fields, values, reasons = (column.filter(is_first) for column in said)
        faults = Faults.of_columns(
            self._file,
            rows=rows.take(places),
            fields=fields,
            values=cut_all(values),
            reasons=reasons,
        )
        return places, faults

    def _repeat_constants(
        self, height: int, made: pa.BooleanArray | None = None
    ) -> dict[Field, Any]:
        repeated: dict[Field, Any] = {}
        for field, value in self._map.constants.items():
            column: Any = pa.repeat(pa.scalar(value, pa.string()), height)
            if made is not None and _is_of_output(field, value):
                column = pc.if_else(made, column, pa.scalar(None, pa.string()))
            repeated[field] = column
        return repeated

    def _check_constants(self) -> None:
        parsed = self._parse(self._repeat_constants(1), 1)
        for flaws in (flaws for found in parsed.values() for flaws in found.flaws):
            _, (field,), (value,), (reason,) = flaws.to_arrays()
            raise ManifestError(
                f"--set {field}={cut(value)}: {reason}",
                hint="Give another value, or a column with --map.",
            )

    def _parse(self, columns: Mapping[Field, Any], height: int) -> dict[Field, Parsed]:
        parsed = {
            field: _SIMPLE[field](field, column)
            for field, column in columns.items()
            if field in _SIMPLE
        }
        if Field.DIGEST in columns:
            parsed[Field.DIGEST] = self._digests.parse(columns[Field.DIGEST])
        if Field.TEXT in columns:
            parsed[Field.TEXT] = to_text(Field.TEXT, columns[Field.TEXT], strip=False)
        told = {field: columns[field] for field in ORIGIN_FIELDS if field in columns}
        if told:
            parsed[Field.ORIGIN] = parse_origins(told, height)
        if Field.DERIVED_FROM in columns:
            parsed |= self._parse_parents(columns, height)
        for one, other, lists in (
            (Field.ORIGIN, Field.ORIGINS, OriginsList()),
            (Field.DERIVED_FROM, Field.PARENTS, self._parents_list),
        ):
            if other in columns:
                found = lists.parse(columns[other])
                parsed[one] = join_lists(other, parsed.get(one), found)
        return parsed

    def _parse_parents(
        self, columns: Mapping[Field, Any], height: int
    ) -> dict[Field, Parsed]:
        nothing = Parsed(values=pa.nulls(height, pa.string()))
        modes = evidence = nothing
        if Field.DERIVATION in columns:
            modes = _parse_derivations(Field.DERIVATION, columns[Field.DERIVATION])
        if Field.EVIDENCE in columns:
            evidence = _parse_evidence(Field.EVIDENCE, columns[Field.EVIDENCE])
        parents = self._parents.parse(
            columns[Field.DERIVED_FROM], modes.values, evidence.values
        )
        return {Field.DERIVED_FROM: parents, Field.DERIVATION: modes}


def _repeat(rank: int, flaws: Flaws) -> Any:
    return pa.repeat(pa.scalar(rank, pa.int32()), len(flaws.places))


def _is_of_output(field: Field, value: str) -> bool:
    """Whether a constant tells how something was generated, and not all of a row."""
    if value.strip().lower() == Kind.HUMAN:
        return False
    return field in (Field.ORIGIN, Field.GENERATED_BY, Field.MODE)
