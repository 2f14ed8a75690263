"""Which records claims reach: told in the ledger, and in a workspace."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from provenance.domain import Claim, Subject
from provenance.lineage.facts import load_found
from provenance.lineage.reach import add_seeds
from provenance.lineage.workspace import add_rows, count_rows, make_table
from provenance.store import schema
from provenance.store.arrow import read_batches
from provenance.store.claims import load_claims, select_subjects
from provenance.store.reached import select_reached
from provenance.store.records import IDENTITY

__all__ = ["claimed", "load_reached", "load_reaches", "state_origins"]

_SAID = pa.schema(
    [
        ("origin_id", pa.int64()),
        ("subject", pa.string()),
        ("name", pa.string()),
        ("version", pa.string()),
        ("first_at", pa.int64()),
        ("last_at", pa.int64()),
    ]
)
_REACHES = pa.schema(
    [
        (name, pa.int64())
        for name in ("origin_id", "dataset_id", "source_id", "first_at", "last_at")
    ]
)
_NAMED = pa.schema([("id", pa.int64()), ("name", pa.string()), ("more", pa.string())])
"""A dataset with its version, or a host with its domain."""


def load_reaches(connection: sa.Connection, duck: duckdb.DuckDBPyConnection) -> None:
    """Make ``claim``: the standing claims that reach items, by what they reach.

    A row for each origin and dataset version, or source, that claims speak of.
    """
    said = [
        {
            "origin_id": logged.origin_id,
            "subject": str(logged.claim.subject),
            "name": logged.claim.name,
            "version": logged.claim.version,
            "first_at": logged.claim.first_at,
            "last_at": logged.claim.last_at,
        }
        for logged in load_claims(connection)
        if logged.claim.reaches_items
    ]
    make_table(duck, "claim", _REACHES)
    if not said:
        return
    make_table(duck, "said_of", _SAID)
    add_rows(duck, "said_of", [pa.Table.from_pylist(said, schema=_SAID)])
    datasets, sources = schema.datasets.c, schema.sources.c
    of_datasets = datasets.name.in_(select_subjects(Subject.DATASET))
    hosts = select_subjects(Subject.SOURCE)
    of_sources = sa.or_(sources.host.in_(hosts), sources.domain.in_(hosts))
    for name, columns, which in (
        ("named_dataset", (datasets.id, datasets.name, datasets.version), of_datasets),
        ("named_source", (sources.id, sources.host, sources.domain), of_sources),
    ):
        make_table(duck, name, _NAMED)
        query = sa.select(*columns).where(which)
        add_rows(duck, name, read_batches(connection, query, _NAMED))
    duck.execute(
        f"""
        INSERT INTO claim
        SELECT s.origin_id, d.id, NULL, s.first_at, s.last_at
        FROM said_of AS s JOIN named_dataset AS d
            ON d.name = s.name AND d.more = coalesce(s.version, d.more)
        WHERE s.subject = '{Subject.DATASET}'
        UNION
        SELECT s.origin_id, NULL, n.id, s.first_at, s.last_at
        FROM said_of AS s JOIN (
            SELECT id, name FROM named_source UNION SELECT id, more FROM named_source
        ) AS n ON n.name = s.name
        WHERE s.subject = '{Subject.SOURCE}'
        """  # noqa: S608 - words of ours
    )


def claimed(duck: duckdb.DuckDBPyConnection, rows: str) -> str:
    """SQL of which claim reaches which row: ``record_id, origin_id``, each once.

    Args:
        duck: A workspace with ``claim``.
        rows: Name of a relation with the columns of ``RECORD_ROWS``.
    """
    if not count_rows(duck, "claim"):
        return "SELECT NULL::BIGINT AS record_id, NULL::BIGINT AS origin_id LIMIT 0"
    dated = (
        "coalesce(r.fetched_at >= c.first_at, c.first_at IS NULL) "
        "AND coalesce(r.fetched_at <= c.last_at, c.last_at IS NULL)"
    )
    return f"""
        SELECT r.record_id, c.origin_id
        FROM {rows} AS r JOIN batch AS b USING (batch_id)
        JOIN claim AS c ON c.dataset_id = b.dataset_id WHERE {dated}
        UNION
        SELECT r.record_id, c.origin_id
        FROM {rows} AS r JOIN batch AS b USING (batch_id)
        JOIN claim AS c ON c.source_id = r.source_id
        WHERE b.dataset_id IS NOT NULL AND {dated}
        """  # noqa: S608 - names of ours


def state_origins(duck: duckdb.DuckDBPyConnection) -> None:
    """Make ``origin_stated (record_id, origin_id, claimed)`` of the loaded rows."""
    duck.execute(
        f"""
        CREATE OR REPLACE TABLE origin_stated AS
        SELECT record_id, origin_id, false AS claimed FROM stated_origin
        UNION ALL SELECT record_id, origin_id, true FROM ({claimed(duck, "loaded")})
        """  # noqa: S608 - names of ours
    )


def load_reached(
    connection: sa.Connection, duck: duckdb.DuckDBPyConnection, claim: Claim
) -> int:
    """Load what a claim reaches, without a question for each of its items.

    Items that another record may know better, and what is derived from any of them,
    go into the cone instead, to be loaded whole.

    Returns:
        How many items the claim reaches.
    """
    records, named = schema.records, schema.named_parents
    edges = schema.derived_from
    rows, which = select_reached(claim)
    load_found(connection, duck, rows, which)
    (items,) = duck.execute(
        "SELECT count(*) FROM "
        "(SELECT DISTINCT content_key, coalesce(item, digest) FROM loaded)"
    ).fetchall()[0]
    other = records.alias("other")
    again = sa.exists().where(
        other.c.content_key == records.c.content_key, other.c.id != records.c.id
    )
    query = sa.select(records.c.content_key, IDENTITY).select_from(rows)
    add_seeds(connection, duck, query.where(which, again))
    duck.execute(
        """
        CREATE TABLE again AS
        SELECT record_id FROM loaded SEMI JOIN cone
            ON cone.content_key = loaded.content_key
            AND cone.item = coalesce(loaded.item, loaded.digest);
        DELETE FROM loaded WHERE record_id IN (FROM again);
        DELETE FROM stated_origin WHERE record_id IN (FROM again);
        DELETE FROM stated_parent WHERE record_id IN (FROM again)
        """
    )
    child = records.alias("child")
    for table, key, item in (
        (edges, edges.c.parent_key, edges.c.parent_digest),
        (named, named.c.content_key, named.c.item),
    ):
        is_parent = sa.and_(key == records.c.content_key, item == IDENTITY)
        query = (
            sa.select(
                child.c.content_key, sa.func.coalesce(child.c.item, child.c.digest)
            )
            .select_from(
                rows.join(table, is_parent).join(child, child.c.id == table.c.record_id)
            )
            .where(which)
        )
        add_seeds(connection, duck, query)
    return int(items)
