"""Find the item behind what a row calls its parent.

A digest names the content with that digest; a short content only within the
child's dataset version. Anything else is looked up among the names and URLs of the
same manifest, then of the same dataset version, or as ``DATASET[@VERSION]#NAME``.
No hit, or several: the parent stays unresolved, and contributes *unknown*.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from provenance.domain import DatasetName, find_by_name
from provenance.domain.digests import SCOPED_PREFIX
from provenance.lineage.boundary import Boundary
from provenance.lineage.workspace import add_rows, count_rows, make_table
from provenance.store import schema
from provenance.store.arrow import read_batches
from provenance.store.items import item_keys, items_within
from provenance.store.keys import ASKED_NAMES, ask
from provenance.store.records import select_called

__all__ = ["UNSEEN", "resolve_parents"]

UNSEEN = -1
"""Stands for the item number of a parent that the ledger has not seen."""

_CALLED = """
    CASE WHEN parent_digest IS NULL THEN [parent_reference]
         WHEN parent_digest[1:1] = '\\xD5'::BLOB
             THEN [hex(parent_digest[4:]), lower(hex(parent_digest[4:]))]
         ELSE [hex(parent_digest[3:]), lower(hex(parent_digest[3:]))] END
"""
"""What a parent would be called as a name; MD5 has a longer multihash prefix."""

_NAMED = pa.schema(
    [
        ("dataset_id", pa.int64()),
        ("sha256", pa.binary()),
        ("content_key", pa.int64()),
        ("identity", pa.binary()),
        ("name", pa.string()),
        ("url", pa.string()),
    ]
)
_SCOPED = pa.schema(
    [
        ("dataset_id", pa.int64()),
        ("digest", pa.binary()),
        ("content_key", pa.int64()),
        ("identity", pa.binary()),
    ]
)


def resolve_parents(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    datasets: Mapping[int, DatasetName],
    boundary: Boundary | None,
) -> None:
    """Make the tables ``link``, ``self_parent``, ``named_parent``, ``open_parent``.

    ``link (child, way, parent)`` holds item numbers, or ``UNSEEN`` for the parent; an
    item that names itself stands in ``self_parent (item_no)`` instead.
    ``named_parent`` keeps what was not found by the digest alone, ``open_parent``
    every edge that a later record may still decide.

    Args:
        connection: An open transaction.
        duck: A workspace with numbered items.
        datasets: Dataset versions by id.
        boundary: Looks up items that are not in the workspace; None: all are in it.
    """
    duck.execute(
        """
        CREATE TABLE edge AS
        SELECT row_number() OVER () AS edge_no, p.record_id, p.ordinal,
               r.item_no AS child, r.dataset_id, r.manifest, NOT r.entering AS earlier,
               p.derivation_id AS way, p.parent_key, p.parent_digest,
               p.parent_reference
        FROM stated_parent AS p JOIN record AS r USING (record_id)
        WHERE NOT r.leaving
        """
    )
    _scope_digests(connection, duck, datasets)
    if boundary:
        boundary.add(
            """
            SELECT parent_key AS content_key, parent_digest AS item
            FROM edge WHERE parent_digest IS NOT NULL
            UNION SELECT content_key, identity FROM scoped
            """
        )
    duck.execute(
        f"""
        CREATE TABLE by_digest AS
        SELECT e.edge_no, short.item_no AS short,
               coalesce(short.item_no, whole.item_no) AS parent
        FROM edge AS e
        LEFT JOIN item AS whole ON whole.occurrences > 0
            AND whole.content_key = e.parent_key AND whole.identity = e.parent_digest
        LEFT JOIN scoped AS s
            ON s.dataset_id = e.dataset_id AND s.digest = e.parent_digest
        LEFT JOIN item AS short ON short.occurrences > 0
            AND short.content_key = s.content_key AND short.identity = s.identity
        WHERE coalesce(short.item_no, whole.item_no) IS NOT NULL;

        CREATE TABLE wanted AS
        SELECT edge_no, dataset_id, manifest, unnest({_CALLED}) AS reference,
               parent_digest IS NULL AS named
        FROM edge ANTI JOIN by_digest USING (edge_no);
        """  # noqa: S608 - a constant of ours
    )
    _load_names(connection, duck, datasets)
    if boundary:
        boundary.add("SELECT content_key, identity AS item FROM named")
    _match_names(duck)
    duck.execute(
        f"""
        CREATE TABLE resolved AS
        SELECT e.child, e.way, coalesce(d.parent, n.parent, {UNSEEN}) AS parent
        FROM edge AS e LEFT JOIN by_digest AS d USING (edge_no)
        LEFT JOIN by_name AS n USING (edge_no);

        CREATE TABLE named_parent AS
        SELECT e.record_id, e.ordinal, i.content_key, i.identity AS item, e.earlier
        FROM edge AS e LEFT JOIN by_digest AS d USING (edge_no)
        LEFT JOIN by_name AS n USING (edge_no)
        JOIN item AS i ON i.item_no = coalesce(d.short, n.parent);

        CREATE TABLE open_parent AS
        SELECT record_id, ordinal, parent_key, parent_reference AS reference, earlier
        FROM edge ANTI JOIN by_digest USING (edge_no);

        CREATE TABLE self_parent AS
        SELECT DISTINCT child AS item_no FROM resolved WHERE child = parent;

        CREATE TABLE link AS
        SELECT DISTINCT child, way, parent FROM resolved WHERE child <> parent;
        DROP TABLE edge; DROP TABLE by_digest; DROP TABLE resolved;
        """  # noqa: S608 - a constant of ours
    )


def _scope_digests(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    datasets: Mapping[int, DatasetName],
) -> None:
    """Make ``scoped``: what a digest would be if its content were a short one."""
    make_table(duck, "scoped", _SCOPED)
    table = schema.dataset_traits
    query = sa.select(table.c.dataset_id).where(table.c.short_contents)
    for number in connection.execute(query).scalars():
        digests = duck.sql(
            "SELECT DISTINCT parent_digest AS digest FROM edge "
            "WHERE dataset_id = $number AND parent_digest IS NOT NULL",
            params={"number": number},
        ).to_arrow_table()["digest"]
        if not len(digests):
            continue
        column = digests.combine_chunks()
        items = items_within(SCOPED_PREFIX, datasets[number], column)
        rows = pa.table(
            {
                "dataset_id": pa.repeat(number, len(items)),
                "digest": column,
                "content_key": item_keys(items),
                "identity": items,
            }
        )
        add_rows(duck, "scoped", [rows])


def _load_names(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    datasets: Mapping[int, DatasetName],
) -> None:
    """Make ``named`` (records that are called what is wanted) and ``elsewhere``."""
    make_table(duck, "named", _NAMED)
    duck.execute(
        "CREATE TABLE elsewhere (reference VARCHAR, dataset_id BIGINT, name VARCHAR)"
    )
    traits = schema.dataset_traits
    query = sa.select(traits.c.dataset_id).where(traits.c.digest_names)
    may_be_digests = [*connection.execute(query).scalars()]
    duck.execute(
        """
        DELETE FROM wanted
        WHERE NOT named AND NOT list_contains($numbers::BIGINT[], dataset_id)
        """,
        {"numbers": may_be_digests},
    )
    if not count_rows(duck, "wanted"):
        return
    rows, by_name = [], find_by_name(datasets)
    marked = "SELECT DISTINCT reference FROM wanted WHERE contains(reference, '#')"
    for (reference,) in duck.execute(marked).fetchall():
        dataset, _, name = reference.partition("#")
        if name:
            rows += [
                {"reference": reference, "dataset_id": number, "name": name}
                for number in by_name.get(dataset, ())
            ]
    if rows:
        add_rows(duck, "elsewhere", [pa.Table.from_pylist(rows)])
    asked = duck.sql(
        "SELECT reference FROM wanted UNION SELECT name FROM elsewhere"
    ).to_arrow_table()
    within = "SELECT dataset_id FROM wanted UNION SELECT dataset_id FROM elsewhere"
    numbers = [row[0] for row in duck.execute(within).fetchall()]
    ask(connection, ASKED_NAMES, asked)
    found = select_called(numbers, sa.select(ASKED_NAMES.c.reference))
    add_rows(duck, "named", read_batches(connection, found, _NAMED))


def _match_names(duck: duckdb.DuckDBPyConnection) -> None:
    """Make ``by_name``: edges whose parent is called so by one item, the nearest."""
    if not count_rows(duck, "named"):  # as in most changes: found at once
        duck.execute("CREATE TABLE by_name (edge_no BIGINT, parent BIGINT)")
        return
    duck.execute(
        """
        CREATE TABLE called AS
        SELECT n.dataset_id, n.sha256, n.reference,
               min(i.item_no) AS least, max(i.item_no) AS most
        FROM (
            SELECT dataset_id, sha256, content_key, identity, name AS reference
            FROM named
            UNION ALL SELECT dataset_id, sha256, content_key, identity, url FROM named
        ) AS n JOIN item AS i USING (content_key, identity)
        WHERE i.occurrences > 0 GROUP BY ALL;

        CREATE TABLE manifest AS
        SELECT DISTINCT dataset_id, sha256,
               dense_rank() OVER (ORDER BY dataset_id, sha256) AS manifest
        FROM batch;

        CREATE TABLE hit AS
        SELECT w.edge_no, 1 AS nearness, c.least, c.most
        FROM wanted AS w JOIN manifest AS m USING (dataset_id, manifest)
        JOIN called AS c USING (dataset_id, sha256, reference)
        UNION ALL
        SELECT w.edge_no, 2, c.least, c.most
        FROM wanted AS w JOIN called AS c USING (dataset_id, reference)
        UNION ALL
        SELECT w.edge_no, 3, c.least, c.most
        FROM wanted AS w JOIN elsewhere AS x USING (reference)
        JOIN called AS c ON c.dataset_id = x.dataset_id AND c.reference = x.name;

        CREATE TABLE by_name AS
        WITH nearest AS (
            SELECT edge_no, min(nearness) AS nearness FROM hit GROUP BY edge_no
        )
        SELECT edge_no, min(least) AS parent
        FROM hit JOIN nearest USING (edge_no, nearness)
        GROUP BY edge_no HAVING min(least) = max(most);
        """
    )
