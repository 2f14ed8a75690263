"""What evidence is about, where its rows name records of a dataset, and no digest.

Attributes of Dolma, and the tables of many detectors, are keyed by the ids of documents
that lie in other files. The ledger knows the digests behind these names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.batch import Faults
from provenance.domain import parse_dataset
from provenance.errors import ManifestError, NotRecordedError
from provenance.ledger.order import EVIDENCE, Ingest
from provenance.lineage import add_rows, count_rows, make_table
from provenance.manifest import ATTRIBUTES, ColumnMap, WatchedReader
from provenance.store import schema
from provenance.store.arrow import read_batches
from provenance.store.facts import load_datasets
from provenance.store.standing import standing

__all__ = ["Subjects", "load_subjects", "name_subjects"]

_NAMED = pa.schema(
    [("name", pa.string()), ("digest", pa.binary()), ("item", pa.binary())]
)
_FIND = """
    SELECT a.place, any_value(s.digest) AS digest,
           CASE WHEN count(s.name) = 0 THEN 'no record of {of} goes by this name'
                WHEN count(DISTINCT coalesce(s.digest, s.item)) > 1
                THEN 'several contents of {of} go by this name'
                WHEN any_value(s.digest) IS NULL
                THEN 'the record of this name has no digest'
                WHEN any_value(s.item) IS NOT NULL
                THEN 'no evidence reaches a content under 64 bytes'
           END AS reason
    FROM asked AS a LEFT JOIN subject AS s USING (name)
    GROUP BY a.place ORDER BY a.place
"""


@dataclass(frozen=True, slots=True)
class Subjects:
    """The names of the records that evidence may be about."""

    of: str
    """The dataset, or the manifest, they stand in."""
    duck: duckdb.DuckDBPyConnection

    def find(
        self, batch: pa.RecordBatch, faults: Faults
    ) -> tuple[pa.RecordBatch, Faults]:
        """Give each row that names a record, and no digest, the digest of that.

        Args:
            batch: Normalised rows.
            faults: Those found in the same rows.

        Returns:
            The rows, without those whose name leads to no content or to several; and
            the faults, with one for each of these.
        """
        digests: Any = batch.column("digest")
        asked = pc.and_(pc.is_null(digests), pc.is_valid(batch.column("name")))
        if not pc.any(asked).as_py():
            return batch, faults
        names = pa.table(
            {"place": pc.indices_nonzero(asked), "name": batch["name"].filter(asked)}
        )
        self.duck.register("asked", names)
        of = self.of.replace("'", "''")
        found = self.duck.sql(_FIND.format(of=of)).to_arrow_table()
        digests = pc.replace_with_mask(digests, asked, found["digest"].combine_chunks())
        batch = batch.set_column(
            batch.schema.get_field_index("digest"),
            batch.schema.field("digest"),
            digests,
        )
        bad = found.filter(pc.is_valid(found["reason"]))
        if bad.num_rows:
            # Of a row with several scores of one document, one fault is enough.
            places = bad["place"].combine_chunks()
            rows = batch["row"].take(places)
            first = pc.index_in(rows.unique(), value_set=rows)
            faults += Faults.of_columns(
                faults.file,
                rows=rows.take(first),
                fields="name",
                values=batch["name"].take(places).take(first),
                reasons=bad["reason"].combine_chunks().take(first),
            )
            batch = batch.filter(pc.invert(pc.is_in(batch["row"], value_set=rows)))
        return batch, faults


def name_subjects(
    order: Ingest, reader: WatchedReader, columns: ColumnMap
) -> ColumnMap:
    """Say in the mapping of evidence whose names its rows use, if they use any.

    That is the dataset which the caller names, or of Dolma attributes the manifest of
    the documents, which lies beside them: ``documents/x`` for ``attributes/TAGS/x``.

    Raises:
        ManifestError: The rows are no evidence, or the documents cannot be told.
    """
    is_attributes = reader.format == ATTRIBUTES
    if order.kind != EVIDENCE:
        if order.of is not None:
            raise ManifestError(
                "--of says what evidence is about",
                hint="Add --kind evidence, or say --dataset.",
            )
        if is_attributes:
            raise ManifestError(
                f"{order.shown} holds Dolma attributes: evidence on documents, none "
                "itself",
                hint="Record the documents, then these with --kind evidence.",
            )
        return columns
    if order.of is not None:
        return columns.about(str(parse_dataset(order.of)))
    if not is_attributes:
        return columns
    folder, found, rest = order.manifest.rpartition("/attributes/")
    path = rest.partition("/")[2]
    if not found or not path:
        raise ManifestError(
            f"{order.shown} does not tell which documents its attributes are of",
            hint="Say --of DATASET, as the documents were recorded.",
        )
    return columns.about(f"{folder}/documents/{path}")


def load_subjects(
    connection: sa.Connection, columns: ColumnMap, duck: duckdb.DuckDBPyConnection
) -> Subjects:
    """Load the names that the rows of evidence may use.

    Args:
        connection: An open transaction.
        columns: From ``name_subjects``.
        duck: A workspace of its own, which holds the names and spills to disk.

    Raises:
        NotRecordedError: Nothing is recorded of that dataset or manifest.
    """
    batches, records = schema.batches, schema.records
    dataset = _find_dataset(connection, columns.of)
    scope = (
        batches.c.dataset_id.in_(dataset)
        if dataset
        else sa.and_(
            batches.c.manifest == columns.of, batches.c.dataset_id.is_not(None)
        )
    )
    query = (
        sa.select(records.c.name, records.c.digest, records.c.item)
        .select_from(batches)
        .join(
            records,
            sa.and_(
                records.c.id >= batches.c.first_record,
                records.c.id < batches.c.first_record + batches.c.records,
            ),
        )
        .where(scope, standing(batches.c.id), records.c.name.is_not(None))
    )
    make_table(duck, "subject", _NAMED)
    for batch in read_batches(connection, query, _NAMED):
        add_rows(duck, "subject", [batch])
    if not count_rows(duck, "subject"):
        raise NotRecordedError(
            f"no record of {columns.of} with a name stands in the ledger",
            hint="Record the documents first, or say --of DATASET.",
        )
    return Subjects(columns.of, duck)


def _find_dataset(connection: sa.Connection, name: str) -> list[int]:
    """Return the ids of a dataset version, or of all versions of a plain name."""
    return [
        number
        for number, known in load_datasets(connection).items()
        if name in (known.name, str(known))
    ]
