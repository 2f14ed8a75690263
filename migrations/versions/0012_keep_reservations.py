"""Keep what reserves records from mining or training."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reservations",
        sa.Column(
            "batch",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="log position of the batch",
        ),
        sa.Column(
            "leaf_index",
            sa.BigInteger(),
            nullable=False,
            comment="place in its tree, from 0",
        ),
        sa.Column(
            "said",
            sa.Text(),
            nullable=False,
            comment="header lines, names in lower case",
        ),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="log entry that recorded this fact",
        ),
        sa.PrimaryKeyConstraint("batch", "leaf_index", name=op.f("pk_reservations")),
        sa.ForeignKeyConstraint(
            ["batch"],
            ["log_entries.position"],
            name=op.f("fk_reservations_batch_log_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_reservations_position_log_entries"),
        ),
        comment="what reserves records from mining or training, as their source said",
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
