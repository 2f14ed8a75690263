"""A batch that enters the ledger: its records, and what they say that is new."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.domain import DatasetName
from provenance.lineage.claims import claimed, state_origins
from provenance.lineage.facts import KEYS
from provenance.lineage.rest import sum_rest
from provenance.lineage.workspace import RECORD_ROWS
from provenance.store import schema
from provenance.store.arrow import read_batches

__all__ = ["Entering", "find_changed", "find_repeated", "load_entering"]


@dataclass(slots=True, kw_only=True)
class Entering:
    """The records of one new batch, as they were written; followed once."""

    dataset_id: int | None
    """None, as the dataset: the records are evidence, and no occurrences."""
    dataset: DatasetName | None
    first_record: int
    last_record: int = field(init=False)
    records: pa.Table | None
    """Columns of ``RECORD_ROWS``, and ``name``, ``prefix`` and ``path``."""
    origins: pa.Table
    parents: pa.Table

    def __post_init__(self) -> None:
        """Find the id of the last record."""
        self.last_record = self.first_record + len(self.records or ()) - 1

    def hand_over(self) -> pa.Table:
        """Return the records, which are not kept: they take much memory."""
        records, self.records = self.records, None
        assert records is not None, "a batch is followed once"  # noqa: S101 - cannot happen
        return records


def find_repeated(connection: sa.Connection, entering: Entering) -> pa.Table:
    """Find the new records' contents that stood in the ledger before."""
    fresh, earlier = schema.records.alias("fresh"), schema.records.alias("earlier")
    query = (
        sa.select(fresh.c.content_key, sa.func.coalesce(fresh.c.item, fresh.c.digest))
        .where(
            fresh.c.id.between(entering.first_record, entering.last_record),
            sa.exists().where(
                earlier.c.content_key == fresh.c.content_key,
                earlier.c.id < entering.first_record,
            ),
        )
        .distinct()
    )
    return pa.Table.from_batches(read_batches(connection, query, KEYS), KEYS)


def load_entering(
    duck: duckdb.DuckDBPyConnection, records: pa.Table, repeated: pa.Table
) -> None:
    """Load the new rows of which something is said, and sum up the rest."""
    keys = records["content_key"].combine_chunks()
    same = pc.equal(keys.slice(1), keys.slice(0, len(keys) - 1))
    twice = pc.unique(keys.slice(1).filter(same))
    again = pa.concat_arrays([twice, *repeated["content_key"].chunks])
    duck.register("again", pa.table({"content_key": again}))
    duck.register("incoming", records.select(RECORD_ROWS.names))
    duck.execute(
        f"""
        CREATE TABLE said AS
        SELECT record_id FROM stated_origin UNION SELECT record_id FROM stated_parent
        UNION SELECT record_id FROM incoming SEMI JOIN again USING (content_key)
        UNION SELECT record_id FROM ({claimed(duck, "incoming")});
        INSERT INTO loaded BY POSITION
        SELECT *, true, false FROM incoming SEMI JOIN said USING (record_id)
        """  # noqa: S608 - names of ours
    )
    sum_rest(duck, "incoming")
    duck.unregister("again")
    duck.unregister("incoming")


def find_changed(connection: sa.Connection, duck: duckdb.DuckDBPyConnection) -> None:
    """Add to the cone the repeated contents of which the new rows say more.

    What a digest means may depend on the dataset where some contents are short, or
    named like one; a reference always does.
    """
    table = schema.dataset_traits
    apart = sa.select(table.c.dataset_id).where(
        sa.or_(table.c.short_contents, table.c.digest_names)
    )
    duck.execute(
        """
        CREATE TABLE seen AS
        SELECT record_id, batch_id, content_key, coalesce(item, digest) AS item,
               entering,
               CASE WHEN fetched_at IS NOT NULL THEN
                   {'at': fetched_at, 'medium': coalesce(medium, '')} END AS capture
        FROM loaded SEMI JOIN (
            SELECT content_key, coalesce(item, digest) AS item
            FROM loaded WHERE NOT entering
        ) AS e
            ON e.content_key = loaded.content_key
            AND e.item = coalesce(loaded.item, loaded.digest)
        """
    )
    duck.execute(
        "CREATE TABLE parent_said AS SELECT s.content_key, s.item, s.entering, "
        "p.derivation_id, p.parent_digest, p.parent_reference, "
        "CASE WHEN p.parent_digest IS NULL "
        "OR list_contains($apart::BIGINT[], b.dataset_id) THEN b.dataset_id END "
        "AS within, CASE WHEN p.parent_digest IS NULL THEN b.sha256 END AS manifest "
        "FROM seen AS s JOIN stated_parent AS p USING (record_id) "
        "JOIN batch AS b USING (batch_id)",
        {"apart": [*connection.execute(apart).scalars()]},
    )
    state_origins(duck)
    duck.execute(
        """
        CREATE TABLE origin_said AS
        SELECT s.content_key, s.item, s.entering, o.origin_id, o.claimed
        FROM seen AS s JOIN origin_stated AS o USING (record_id);

        INSERT INTO cone
        SELECT content_key, item FROM seen GROUP BY content_key, item
        HAVING min(capture) FILTER (entering) < min(capture) FILTER (NOT entering)
            OR (min(capture) FILTER (NOT entering) IS NULL
                AND min(capture) FILTER (entering) IS NOT NULL)
        UNION
        SELECT content_key, item FROM (
            SELECT * EXCLUDE (entering) FROM origin_said WHERE entering
            EXCEPT SELECT * EXCLUDE (entering) FROM origin_said WHERE NOT entering
        )
        UNION
        SELECT content_key, item FROM (
            SELECT * EXCLUDE (entering) FROM parent_said WHERE entering
            EXCEPT SELECT * EXCLUDE (entering) FROM parent_said WHERE NOT entering
        )
        """
    )
