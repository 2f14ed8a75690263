"""JSON objects held as text in Arrow, read by DuckDB: one parse, all fields.

DuckDB gives every scalar as its text and every array or object as JSON text, so
``12``, ``"12"`` and ``12.0`` reach the rules of a field in one shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from provenance.manifest.kernels import has_all, pc

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["JsonText"]

_TEXT = "json_extract_string"
_KEYS = "json_keys"
_DEPTH = 3
_NESTED_SAMPLE = 1000
_MOST_NESTED = 200


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
        if paths and has_all(pc.starts_with(lines, "{")):
            try:
                return self._take(lines, _TEXT, paths), None
            except duckdb.InvalidInputException:
                pass  # At least one line is not JSON: find out which.
        good = self._tell_objects(lines)
        return self._take(lines.filter(good), _TEXT, paths), good

    def _tell_objects(self, lines: pa.StringArray) -> Any:
        table = pa.table({"line": lines})
        valid = self._query(table, "SELECT json_valid(line) AS is_valid FROM lines")
        is_valid = valid.to_arrow_table()["is_valid"].combine_chunks()
        is_object = pc.starts_with(pc.ascii_trim_whitespace(lines), "{")
        return pc.and_(is_valid, is_object)

    def _take(
        self, lines: pa.StringArray, function: str, paths: Sequence[Sequence[str]]
    ) -> list[Any]:
        """Apply a function of DuckDB to several paths of each line at once."""
        if not paths:
            return []
        wanted = ", ".join(_literal(_pointer(path)) for path in paths)
        taken = ", ".join(f"v[{place}]" for place in range(1, len(paths) + 1))
        table = self._query(
            pa.table({"line": lines}),
            f"SELECT {taken} FROM "  # noqa: S608  the paths are quoted as literals
            f"(SELECT {function}(line, [{wanted}]) AS v FROM lines)",
        ).to_arrow_table()
        return [_one(column) for column in table.columns]

    def list_keys(self, lines: pa.StringArray) -> dict[str, int]:
        """Return the keys of objects → place of the first line that has them.

        The order is that of the lines. Every line must be an object.
        """
        (names,) = self._take(lines, _KEYS, [()])
        flat = names.flatten()
        rows = pc.list_parent_indices(names)
        return {
            key: rows[pc.index(flat, key).as_py()].as_py()
            for key in flat.unique().to_pylist()
        }

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


def _pointer(path: Sequence[str]) -> str:
    """Write a path as a JSON pointer (RFC 6901), which can name any key."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _one(column: pa.ChunkedArray[Any]) -> Any:
    """Return a column in one piece (an empty result has none)."""
    return (
        pa.concat_arrays(column.chunks)
        if column.num_chunks
        else pa.array([], column.type)
    )
