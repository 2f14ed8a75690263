"""Keep since when and until when items hang on themselves.

Loops that stand are dated by the batch with which the last of their items had a
parent; later ones are dated by the change that closed them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("item_loops", "undated_loops")
    op.create_table(
        "item_loops",
        sa.Column(
            "loop",
            sa.BigInteger(),
            nullable=False,
            comment="items of one cycle share it",
        ),
        sa.Column("content_key", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.LargeBinary(), nullable=False),
        sa.Column(
            "since",
            sa.BigInteger(),
            nullable=False,
            comment="log entry that closed it",
        ),
        sa.Column(
            "until",
            sa.BigInteger(),
            nullable=True,
            comment="log entry that changed it; null: it stands",
        ),
        comment="items derived from themselves, directly or around a cycle; past "
        "ones, too",
    )
    op.execute(
        """
        INSERT INTO item_loops (loop, content_key, item, since)
        SELECT l.loop, l.content_key, l.item, coalesce(d.since, 0)
        FROM undated_loops AS l
        LEFT JOIN (
            SELECT m.loop, max(f.first) AS since
            FROM undated_loops AS m
            JOIN (
                SELECT r.content_key, coalesce(r.item, r.digest) AS item,
                       min(b.position) AS first
                FROM records AS r
                JOIN batches AS b ON b.id = r.batch_id
                WHERE r.content_key IN (SELECT content_key FROM undated_loops)
                AND r.id IN (SELECT record_id FROM derived_from)
                AND b.position NOT IN (SELECT withdrawn FROM withdrawals)
                GROUP BY r.content_key, coalesce(r.item, r.digest)
            ) AS f ON f.content_key = m.content_key AND f.item = m.item
            GROUP BY m.loop
        ) AS d ON d.loop = l.loop
        """
    )
    op.drop_table("undated_loops")


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
