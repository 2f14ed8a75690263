"""Which column of a manifest feeds which field."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provenance.domain import FIELDS, Field
from provenance.errors import ManifestError
from provenance.manifest.usual_names import (
    INDEX_FILENAME,
    INDEX_KEYS,
    NESTED,
    USUAL_NAMES,
)

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from provenance.manifest.watched import WatchedReader

__all__ = ["ColumnMap", "find_usual", "map_columns", "map_reader"]

_SHOWN = 30
_DETECTION = (Field.EVIDENCE, Field.DETECTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """The chosen mapping; it is recorded with every batch."""

    columns: Mapping[Field, str]
    constants: Mapping[Field, str]
    """What every row says without a column."""
    unused: tuple[str, ...]
    """Columns of the file that feed nothing, in its order."""
    of: str = ""
    """Of evidence: the dataset or the manifest whose names its rows use."""

    trust: str = ""
    """Of media: SHA-256 of the list of certificates by which signers are trusted."""

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns to read, each once."""
        return tuple(dict.fromkeys(self.columns.values()))

    def described(self) -> dict[str, str]:
        """Return field → column, or ``=constant``, in the order of the fields."""
        return {
            str(field): self.columns.get(field) or f"={self.constants[field]}"
            for field in FIELDS
            if field in self.columns or field in self.constants
        }

    def about(self, of: str) -> ColumnMap:
        """Return the mapping for rows that use the names of a dataset or manifest."""
        return replace(self, of=of)

    def to_json(self) -> str:
        """Return the mapping as canonical JSON: sorted keys, no spaces."""
        return json.dumps(
            {"columns": dict(self.columns), "constants": dict(self.constants)}
            | ({"of": self.of} if self.of else {})
            | ({"trust": self.trust} if self.trust else {}),
            sort_keys=True,
            ensure_ascii=False,
            separators=(",", ":"),
        )


def map_columns(
    columns: Sequence[str],
    explicit: Mapping[Field, str],
    constants: Mapping[Field, str],
) -> ColumnMap:
    """Choose a column for each field.

    Args:
        columns: Those of the file.
        explicit: What the user said; an empty column name means *none*, against
            a usual name that means something else here.
        constants: Values for all rows; such a field takes no column by itself.

    Raises:
        ManifestError: A named column does not exist, a field has both a column
            and a constant, or nothing at all is mapped.

    Example:
        >>> chosen = map_columns(["sha256", "URL", "TEXT"], {}, {})
        >>> chosen.described()
        {'digest': 'sha256', 'url': 'URL'}
        >>> chosen.unused
        ('TEXT',)
    """
    for field, column in explicit.items():
        if column and column not in columns:
            raise _missing(field, column, columns)
        if column and field in constants:
            raise ManifestError(
                f"{field} has both the column {column!r} and the constant "
                f"{constants[field]!r}",
                hint="Give one of them.",
            )
    chosen = {field: column for field, column in explicit.items() if column}
    for field in FIELDS:
        if field in explicit or field in constants:
            continue
        column = find_usual(field, columns, taken=set(chosen.values()))
        if column:
            chosen[field] = column
    for field in (Field.SCORE, Field.THRESHOLD):
        # Alone, a score is often one of quality: no word about generation.
        told = any(other in chosen or other in constants for other in _DETECTION)
        if field not in explicit and not told:
            chosen.pop(field, None)
    if not chosen and not constants and not columns:
        raise ManifestError(
            "no column can be seen: not one of the first rows could be read",
            hint="Is it in another format? Say --format jsonl, csv, parquet or cdxj.",
        )
    if not chosen and not constants:
        raise ManifestError(
            f"no column has a usual name; the file has {_list_some(columns)}",
            hint="Say which is which: --map name=COLUMN",
        )
    return ColumnMap(
        columns={field: chosen[field] for field in FIELDS if field in chosen},
        constants={field: constants[field] for field in FIELDS if field in constants},
        unused=tuple(c for c in columns if c not in chosen.values()),
    )


def map_reader(
    reader: WatchedReader,
    explicit: Mapping[Field, str],
    constants: Mapping[Field, str],
) -> ColumnMap:
    """Choose a column for each field of what a reader gives.

    A document without rows feeds no field; what nothing is made of is unused.

    Raises:
        ManifestError: As ``map_columns``.
    """
    document = reader.document
    told = {
        field: column
        for field, column in reader.usual.items()
        if field not in constants
    }
    explicit = told | dict(explicit)
    if document is None:
        return _map_rows(reader, explicit, constants)
    if document.rows or document.has_more_rows or any(explicit.values()):
        found = map_columns(reader.columns, explicit, constants)
    else:
        found = ColumnMap(columns={}, constants=dict(constants), unused=())
    return replace(found, unused=(*found.unused, *document.lost))


def _map_rows(
    reader: WatchedReader,
    explicit: Mapping[Field, str],
    constants: Mapping[Field, str],
) -> ColumnMap:
    """Choose among the columns; of what the file does not have, nothing is unused."""
    found = map_columns(reader.columns, explicit, constants)
    there = tuple(column for column in found.unused if column not in reader.made)
    return replace(found, unused=there)


def find_usual(
    field: Field, columns: Sequence[str], *, taken: Container[str] = ()
) -> str:
    """Return the column with the most telling usual name of a field, or nothing."""
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(column if field is Field.TEXT else column.lower(), column)
    if not INDEX_KEYS.isdisjoint(columns):
        by_name.pop(INDEX_FILENAME, None)
    for name in (*USUAL_NAMES[field], *NESTED.get(field, ())):
        column = by_name.get(name, "")
        if column and column not in taken:
            return column
    return ""


def _missing(field: Field, column: str, columns: Sequence[str]) -> ManifestError:
    by_lower = {name.lower(): name for name in columns}
    close = difflib.get_close_matches(column.lower(), by_lower, n=1)
    listed = _list_some(columns)
    return ManifestError(
        f"--map {field}={column}: the file has no column {column!r}; it has {listed}",
        hint=f"Did you mean {by_lower[close[0]]!r}?" if close else "",
    )


def _list_some(columns: Sequence[str]) -> str:
    more = len(columns) - _SHOWN
    return ", ".join(columns[:_SHOWN]) + (f" … and {more:,} more" if more > 0 else "")
