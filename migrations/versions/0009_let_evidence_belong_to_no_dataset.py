"""Let a batch of evidence belong to no dataset."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("batches") as batch:
        batch.alter_column(
            "dataset_id",
            existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="null: evidence",
        )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
