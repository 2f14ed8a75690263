"""Lay normalised rows out as rows of the tables they will be written to.

Everything here is Arrow: no database, so that it runs beside the writer. Numbers of
records, sources, media types, origins and ways of deriving count from 1 within the
batch; the writer gives them their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import floor
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from provenance.domain import DatasetName, Evidence, Kind, Mode, Origin
from provenance.domain.digests import finding_key
from provenance.domain.leaf import SALT_BYTES
from provenance.domain.origins import SCORE_STEP
from provenance.domain.sources import Source
from provenance.ingest.identity import identify
from provenance.ingest.places import read_source, split_urls
from provenance.store.intern import ORIGIN_COLUMNS, origin_row
from provenance.store.items import digest_keys

__all__ = ["Arranger", "Batch"]

_SOURCES_KEPT = 500_000
_URLS_SPLIT = 1 << 15
"""URLs split at a time: their pieces stay in the processor's caches."""
_ORIGIN_FIELDS = (
    "kind",
    "model",
    "mode",
    "evidence",
    "detector",
    "score",
    "threshold",
)
_ORIGIN_TYPES: Mapping[str, pa.DataType] = {
    "kind": pa.string(),
    "model": pa.string(),
    "mode": pa.string(),
    "evidence": pa.string(),
    "grade": pa.int16(),
    "detector": pa.string(),
    "score": pa.float64(),
    "asserted": pa.bool_(),
    "month": pa.string(),
    "medium": pa.string(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows of one batch, by the tables of the ledger."""

    records: pa.Table
    """In the order of the leaves: by content key, then row and part of the file."""
    medium: pa.Array[Any]
    """The medium of each record."""
    sources: pa.Table
    known_sources: tuple[tuple[int, Source], ...]
    """The same, as finding keys and values."""
    media_types: pa.Table
    origins: pa.Table
    known_origins: tuple[Origin, ...]
    """The same, as values."""
    generated_by: pa.Table
    derivations: pa.Table
    derived_from: pa.Table
    record_salts: pa.Table | None
    """A salt for each record, if any has one."""
    reservations: pa.Table
    """What reserves a record from mining or training: leaf index and words."""

    @property
    def size(self) -> int:
        """How many records there are."""
        return int(self.records.num_rows)

    def tables(self) -> dict[str, pa.Table]:
        """The tables by the names they have in a ledger."""
        tables = {
            "records": self.records,
            "sources": self.sources,
            "media_types": self.media_types,
            "origins": self.origins,
            "generated_by": self.generated_by,
            "derivations": self.derivations,
            "derived_from": self.derived_from,
        }
        if self.record_salts is not None:
            tables["record_salts"] = self.record_salts
        return tables

    def unnumbered(self) -> dict[str, pa.Table]:
        """The same for a file that numbers its rows: records are numbered likewise."""
        return self.tables() | {"records": self.records.drop_columns("id")}


@dataclass(slots=True, kw_only=True)
class Arranger:
    """Arranges the batches of one manifest, one after the other."""

    dataset: DatasetName | None
    """None: the rows are evidence."""
    manifest_sha256: bytes
    random: Callable[[int], bytes] | None = None
    """Where the bytes of salts come from; None: leaves have none."""
    _sources: dict[str, Source] = field(default_factory=dict)
    _duck: duckdb.DuckDBPyConnection = field(
        default_factory=partial(duckdb.connect, config={"threads": "1"})
    )

    def arrange(self, stated: pa.Table) -> Batch:
        """Find the items of normalised rows, and lay the rows out in their order."""
        items, keys = self._identify(stated)
        order = pc.sort_indices(
            pa.table({"key": keys, "row": stated["row"], "part": stated["part"]}),
            sort_keys=[(name, "ascending") for name in ("key", "row", "part")],
        )
        names, columns = stated.schema.names, stated.columns[::-1]
        del stated  # so that each column is let go as it is taken
        rows = pa.record_batch([_reorder(columns.pop(), order) for _ in names], names)
        numbers = pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), len(rows)))
        known_sources, source_ids, paths = self._place(rows.column("url"))
        media_types, media_ids = _media(rows)
        records = pa.table(
            {
                "id": numbers,
                "row": rows.column("row"),
                "part": rows.column("part"),
                "content_key": keys.take(order),
                "digest": rows.column("digest"),
                "item": _reorder(items, order),
                "name": rows.column("name"),
                "source_id": source_ids,
                "path": paths,
                "fetched_at": rows.column("fetched_at").cast(pa.int64()),
                "bytes": rows.column("bytes"),
                "tokens": rows.column("tokens"),
                "items": rows.column("items"),
                "copies": rows.column("copies"),
                "language": rows.column("language"),
                "media_type_id": media_ids,
                "split": rows.column("split"),
            }
        )
        origins, known, generated_by = _arrange_origins(
            self._duck, _flatten(rows.column("origins"), numbers)
        )
        derivations, derived_from = _arrange_parents(
            self._duck, _flatten(rows.column("parents"), numbers)
        )
        return Batch(
            records=records,
            medium=rows.column("medium"),
            sources=_sources_table(known_sources),
            known_sources=known_sources,
            media_types=media_types,
            origins=origins,
            known_origins=known,
            generated_by=generated_by,
            derivations=derivations,
            derived_from=derived_from,
            reservations=_reserved(rows.column("reservation")),
            record_salts=_draw_salts(self.random, numbers) if self.random else None,
        )

    def _identify(self, rows: pa.Table) -> tuple[pa.Array[Any], pa.Array[Any]]:
        """The items and content keys of all rows, found piece by piece."""
        found = [
            identify(piece, self.dataset, self.manifest_sha256)
            for piece in rows.to_batches()
        ]
        items = pa.chunked_array([item for item, _ in found], pa.binary())
        keys = pa.chunked_array([key for _, key in found], pa.int64())
        return items.combine_chunks(), keys.combine_chunks()

    def _place(
        self, urls: pa.Array[Any]
    ) -> tuple[tuple[tuple[int, Source], ...], pa.Array[Any], pa.Array[Any]]:
        prefixes, paths = [], []
        for start in range(0, len(urls), _URLS_SPLIT):
            prefix, path = split_urls(urls.slice(start, _URLS_SPLIT))
            prefixes.append(prefix.dictionary_encode())
            paths.append(path)
        kind = pa.dictionary(pa.int32(), pa.string())
        encoded = pa.chunked_array(prefixes, kind).unify_dictionaries().combine_chunks()
        names: list[str] = encoded.dictionary.to_pylist()
        if len(self._sources) > _SOURCES_KEPT:
            self._sources.clear()
        for name in names:
            if name not in self._sources:
                self._sources[name] = read_source(name)
        found = tuple((finding_key(name), self._sources[name]) for name in names)
        numbers = pc.add(encoded.indices.cast(pa.int64()), 1)
        return found, numbers, pa.concat_arrays(paths)


def _reorder(
    column: pa.Array[Any] | pa.ChunkedArray[Any], order: pa.Array[Any]
) -> pa.Array[Any]:
    if column.null_count == len(column):  # as half of the columns of most manifests
        return pa.nulls(len(column), column.type)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return column.take(order)


def _draw_salts(random: Callable[[int], bytes], numbers: pa.Array[Any]) -> pa.Table:
    drawn = random(SALT_BYTES * len(numbers))
    salts = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(SALT_BYTES), len(numbers), [None, pa.py_buffer(drawn)]
    )
    return pa.table({"record_id": numbers, "salt": salts.cast(pa.binary())})


def _reserved(said: pa.Array[Any]) -> pa.Table:
    """The records that something is said of, by their place among the leaves."""
    places = pc.indices_nonzero(pc.is_valid(said))
    return pa.table({"leaf_index": places.cast(pa.int64()), "said": said.take(places)})


def _sources_table(found: Sequence[tuple[int, Source]]) -> pa.Table:
    sources = [source for _, source in found]
    return pa.table(
        {
            "id": pa.array(range(1, len(found) + 1), pa.int64()),
            "finding_key": pa.array([key for key, _ in found], pa.int64()),
            "prefix": pa.array([source.prefix for source in sources], pa.string()),
            "host": pa.array([source.host for source in sources], pa.string()),
            "domain": pa.array([source.domain for source in sources], pa.string()),
        }
    )


def _media(rows: pa.RecordBatch) -> tuple[pa.Table, pa.Array[Any]]:
    """The distinct media types, with the medium of their first row."""
    stated = pc.coalesce(rows.column("media_type"), rows.column("medium"))
    encoded = stated.dictionary_encode()
    rows_of = pa.table({"code": encoded.indices, "row": pa.array(range(len(stated)))})
    firsts = (
        rows_of.filter(pc.is_valid(encoded.indices))
        .group_by("code")
        .aggregate([("row", "min")])
        .sort_by("code")["row_min"]
    )
    table = pa.table(
        {
            "id": pa.array(range(1, len(firsts) + 1), pa.int64()),
            "media_type": encoded.dictionary,
            "medium": rows.column("medium").take(firsts.combine_chunks()),
        }
    )
    return table, pc.add(encoded.indices.cast(pa.int64()), 1)


def _flatten(column: pa.Array[Any], records: pa.Array[Any]) -> pa.Table:
    """Unroll a list column into one row per element, beside its record."""
    rows = pc.list_parent_indices(column)
    flat = pc.list_flatten(column)
    fields = {
        flat.type.field(place).name: pc.struct_field(flat, [place])
        for place in range(flat.type.num_fields)
    }
    return pa.table({"record_id": records.take(rows), **fields})


def _origin(
    kind: str,
    model: str | None,
    mode: str,
    evidence: str,
    detector: str | None,
    score: float | None,
    threshold: float | None,
) -> Origin:
    below = score is not None and threshold is not None and score < threshold
    rounded = None
    if score is not None:
        rounded = round(floor(score / SCORE_STEP + 0.5) * SCORE_STEP, 2)
    return Origin(
        kind=Kind(kind),
        model=model,
        mode=Mode(mode),
        evidence=Evidence(evidence),
        detector=detector,
        score=rounded,
        asserted=not below,
    )


def _arrange_origins(
    duck: duckdb.DuckDBPyConnection, stated: pa.Table
) -> tuple[pa.Table, tuple[Origin, ...], pa.Table]:
    """Number the distinct origins; edges keep the exact score and threshold."""
    duck.register("stated", stated)
    names = ", ".join(_ORIGIN_FIELDS)
    distinct = duck.execute(f"SELECT DISTINCT {names} FROM stated").fetchall()  # noqa: S608 - our names
    values = {row: _origin(*row) for row in distinct}
    ids = {
        origin: number
        for number, origin in enumerate(dict.fromkeys(values.values()), start=1)
    }
    columns = zip(*distinct, strict=True) if distinct else [()] * len(_ORIGIN_FIELDS)
    numbered = pa.table(
        {
            **{
                name: pa.array(column, stated.schema.field(name).type)
                for name, column in zip(_ORIGIN_FIELDS, columns, strict=True)
            },
            "origin_id": pa.array([ids[values[row]] for row in distinct], pa.int64()),
        }
    )
    duck.register("numbered", numbered)
    same = " AND ".join(
        f"s.{name} IS NOT DISTINCT FROM n.{name}" for name in _ORIGIN_FIELDS
    )
    edges: pa.Table = duck.sql(
        f"""
        SELECT s.record_id, n.origin_id, max(s.score) AS score,
               min(s.threshold) AS threshold
        FROM stated AS s JOIN numbered AS n ON {same}
        GROUP BY ALL ORDER BY ALL
        """  # noqa: S608 - our names
    ).to_arrow_table()
    rows = [origin_row(origin) for origin in ids]
    columns = zip(*rows, strict=True) if rows else [()] * len(ORIGIN_COLUMNS)
    table = pa.table(
        {
            "id": pa.array(ids.values(), pa.int64()),
            **{
                name: pa.array(column, _ORIGIN_TYPES[name])
                for name, column in zip(ORIGIN_COLUMNS, columns, strict=True)
            },
        }
    )
    return table, tuple(ids), edges


def _arrange_parents(
    duck: duckdb.DuckDBPyConnection, stated: pa.Table
) -> tuple[pa.Table, pa.Table]:
    """Number the ways of deriving, and the parents of each record in their order."""
    duck.register("stated", stated)
    ways = duck.sql(
        """
        SELECT row_number() OVER (ORDER BY mode, evidence) AS id, mode, evidence
        FROM (SELECT DISTINCT mode, evidence FROM stated)
        """
    ).to_arrow_table()
    duck.register("ways", ways)
    edges = duck.sql(
        """
        SELECT s.record_id, s.ordinal, s.digest, s.reference, w.id AS derivation_id
        FROM (
            SELECT *, (row_number() OVER (PARTITION BY record_id ORDER BY place)
                       - 1)::INTEGER AS ordinal
            FROM (SELECT *, row_number() OVER () AS place FROM stated)
        ) AS s JOIN ways AS w USING (mode, evidence)
        ORDER BY s.record_id, s.ordinal
        """
    ).to_arrow_table()
    edges = edges.combine_chunks()
    digests = _whole(edges["digest"], pa.binary())
    reference = _whole(edges["reference"], pa.string())
    derived_from = pa.table(
        {
            "record_id": edges["record_id"],
            "ordinal": edges["ordinal"],
            "parent_key": digest_keys(digests),
            "parent_digest": digests,
            "parent_reference": pc.if_else(
                pc.is_null(digests), reference, pa.scalar(None, pa.string())
            ),
            "derivation_id": edges["derivation_id"],
        }
    )
    return ways, derived_from


def _whole(column: Any, type_: pa.DataType) -> pa.Array[Any]:
    array = column.combine_chunks().cast(type_)
    return array if isinstance(array, pa.Array) else pa.array([], type_)
