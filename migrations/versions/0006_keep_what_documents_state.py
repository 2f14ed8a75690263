"""Keep what documents state: facts beside a batch, and facts said once more.

A list of facts may say the same again after a withdrawal took back the first time it
was said, so the log position is part of the key.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEYS = {
    "dataset_parents": ["dataset_id", "parent_name", "parent_version"],
    "model_aliases": ["alias"],
    "model_bases": ["model_id", "base"],
    "training_sets": ["model_id", "dataset_name", "dataset_version"],
}


def upgrade() -> None:
    with op.batch_alter_table("batches") as batches:
        batches.add_column(
            sa.Column(
                "facts",
                sa.Integer(),
                nullable=False,
                server_default="0",
                comment="log entries behind its own that hold what its file states",
            )
        )
        batches.alter_column(
            "dataset_id",
            existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="null: evidence, or a file that tells of others",
        )
    op.add_column(
        "dataset_facts",
        sa.Column("stated", sa.Text(), comment="what else was said, canonical JSON"),
    )
    for table, key in _KEYS.items():
        with op.batch_alter_table(table) as changed:
            changed.drop_constraint(op.f(f"pk_{table}"), type_="primary")
            changed.create_primary_key(op.f(f"pk_{table}"), [*key, "position"])


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
