"""JSON objects held as text in Arrow, read by DuckDB: one parse, all fields.

DuckDB gives every scalar as its text and every array or object as JSON text, so
``12``, ``"12"`` and ``12.0`` reach the rules of a field in one shape.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from provenance.manifest.kernels import has_all, has_any, pc

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["JsonText"]

_TEXT = "json_extract_string(line, [{}])"
_VALID_TEXT = f"CASE WHEN json_valid(line) THEN {_TEXT} END"
_KEYS = "json_keys(line, [{}])"
_NAN = re.compile(b"NaN")
_NAN_VALUE = r"[:\[,]\s*NaN\s*[,}\]]"
_DEPTH = 3
_NESTED_SAMPLE = 1000
_MOST_NESTED = 200
_MOST_OUTER = 1000


class JsonText:
    """A private DuckDB that reads JSON text; one per reader and thread.

    It takes one core and loads no extension: those would come from a network.
    """

    def __init__(self) -> None:
        self._connection = duckdb.connect(
            config={
                "threads": 1,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        self._has_bad = False
        """Whether a line was met that is not JSON: then each is tried first."""

    def _query(self, table: pa.Table, sql: str) -> Any:
        return self._connection.from_arrow(table).query("lines", sql)

    def extract(
        self, lines: pa.StringArray, paths: Sequence[Sequence[str]]
    ) -> tuple[list[pa.StringArray], pa.BooleanArray | None]:
        """Read fields of objects, one per line.

        Returns:
            A column of text for each path, over the lines that are objects; and
            which lines those are, or None when all of them are.
        """
        likely = _look_whole(lines)
        is_all = has_all(likely)
        some = lines if is_all else lines.filter(likely)
        some = _without_nan(some)
        good = None if is_all else likely
        if paths and not self._has_bad:
            try:
                return self._take(some, _TEXT, paths), good
            except duckdb.InvalidInputException:
                # At least one line is not JSON, and more may follow.
                self._has_bad = True
        *found, valid = self._take(some, _VALID_TEXT, paths, tell_valid=True)
        if has_all(valid):
            return found, good
        good = valid if is_all else pc.replace_with_mask(likely, likely, valid)
        return [column.filter(valid) for column in found], good

    def _take(
        self,
        lines: pa.StringArray,
        function: str,
        paths: Sequence[Sequence[str]],
        *,
        tell_valid: bool = False,
    ) -> list[Any]:
        """Apply a function of DuckDB to several paths of each line at once.

        Args:
            tell_valid: Add a column that says which lines are JSON.
        """
        taken = [f"v[{place}]" for place in range(1, len(paths) + 1)]
        if tell_valid:
            taken.append("v IS NOT NULL" if paths else "json_valid(line)")
        if not taken:
            return []
        wanted = ", ".join(_literal(_pointer(path)) for path in paths)
        value = function.format(wanted) if paths else "NULL"
        table = self._query(
            pa.table({"line": lines}),
            f"SELECT {', '.join(taken)} FROM "  # noqa: S608  paths are literals
            f"(SELECT {value} AS v, line FROM lines)",
        ).to_arrow_table()
        return [_one(column) for column in table.columns]

    def list_keys(self, lines: pa.StringArray) -> dict[str, int]:
        """Return the keys of objects → place of the first line that has them.

        The order is that of the lines. Every line must be an object.
        """
        names, flat = self._read_keys(lines)
        return _list_first(flat, pc.list_parent_indices(names))

    def list_new_keys(
        self, lines: pa.StringArray, known: pa.StringArray
    ) -> dict[str, int]:
        """Return the keys that are not known → place of the first line with them."""
        names, flat = self._read_keys(lines)
        is_new = pc.invert(pc.is_in(flat, value_set=known))
        if not has_any(is_new):
            return {}
        rows = pc.list_parent_indices(names)
        return _list_first(flat.filter(is_new), rows.filter(is_new))

    def _read_keys(self, lines: pa.StringArray) -> tuple[Any, Any]:
        (names,) = self._take(lines, _KEYS, [()])
        return names, names.flatten()

    def list_paths(self, lines: pa.StringArray) -> list[tuple[str, ...]]:
        """Return the paths of all keys, each outer one before its inner ones.

        Inner keys are looked for in the first lines only, and not in objects that
        have so many that their keys must be data.
        """
        level: list[tuple[str, ...]] = [
            (key,) for key in self.list_keys(lines) if "\0" not in key
        ]
        sample = lines.slice(0, _NESTED_SAMPLE)
        paths = list(level)
        level = level[:_MOST_OUTER]
        for _ in range(_DEPTH):
            inner = self._take(sample, _KEYS, level)
            found = [names.flatten().unique().to_pylist() for names in inner]
            level = [
                (*path, key)
                for path, keys in zip(level, found, strict=True)
                if len(keys) <= _MOST_NESTED
                for key in keys
                if "\0" not in key
            ]
            paths += level
        return paths


def _without_nan(lines: Any) -> Any:
    """Return lines with null for NaN: Python's ``json`` writes it for what is missing.

    As text it could not be told from a word.
    """
    data = lines.buffers()[2]
    if data is None or not _NAN.search(memoryview(data)):
        return lines
    found = pc.match_substring_regex(lines, _NAN_VALUE)
    mended = [_mend(line) for line in lines.filter(found).to_pylist()]
    return pc.replace_with_mask(lines, found, pa.array(mended, pa.string()))


def _mend(line: str) -> str:
    """Write a line anew; of a name that stands twice, the first value counts."""
    try:
        value = json.loads(
            line,
            parse_constant=lambda name: None if name == "NaN" else float(name),
            object_pairs_hook=lambda pairs: dict(reversed(pairs)),
        )
    except (ValueError, RecursionError):
        return line
    return json.dumps(value)


def _look_whole(lines: Any) -> Any:
    """Tell which lines can be objects by their ends: those that were cut short cannot.

    To try a line is slower than to read it, so few should have to be tried.
    """
    whole = _has_braces(lines)
    if has_all(whole):
        return whole
    odd = pc.invert(whole)
    trimmed = pc.ascii_trim_whitespace(lines.filter(odd))
    return pc.replace_with_mask(whole, odd, _has_braces(trimmed))


def _has_braces(lines: Any) -> Any:
    return pc.and_(pc.starts_with(lines, "{"), pc.ends_with(lines, "}"))


def _pointer(path: Sequence[str]) -> str:
    """Write a path as a JSON pointer (RFC 6901), which can name any key."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _list_first(keys: Any, rows: Any) -> dict[str, int]:
    """Return distinct keys in their order → the first row that goes with each."""
    table = pa.table({"key": keys, "row": rows})
    first = table.group_by("key", use_threads=False).aggregate([("row", "min")])
    return dict(
        zip(*(first[name].to_pylist() for name in ("key", "row_min")), strict=True)
    )


def _one(column: pa.ChunkedArray[Any]) -> Any:
    """Return a column in one piece (an empty result has none)."""
    return (
        pa.concat_arrays(column.chunks)
        if column.num_chunks
        else pa.array([], column.type)
    )
