"""Keep the salts of leaves, and say of a batch whether its leaves have them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record_salts",
        sa.Column("record_id", sa.BigInteger(), nullable=False, comment="→ records"),
        sa.Column("salt", sa.LargeBinary(), nullable=False, comment="16 random bytes"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_record_salts")),
        comment="salts in the leaves of records, where they were asked for",
        sqlite_with_rowid=False,
    )
    op.add_column(
        "batches",
        sa.Column(
            "salted",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="whether its leaves have salts",
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
