"""Keep the cosignatures of witnesses, and what stands for erased records."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cosignatures",
        sa.Column(
            "size",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "witness", sa.Text(), nullable=False, comment="verifier key of the witness"
        ),
        sa.Column(
            "cosigned_at",
            sa.BigInteger(),
            nullable=False,
            comment="POSIX time at which the witness had seen this head",
        ),
        sa.Column(
            "line", sa.Text(), nullable=False, comment="signature line of the note"
        ),
        sa.ForeignKeyConstraint(
            ["size"],
            ["checkpoints.size"],
            name=op.f("fk_cosignatures_size_checkpoints"),
        ),
        sa.PrimaryKeyConstraint(
            "size", "witness", "cosigned_at", name=op.f("pk_cosignatures")
        ),
        comment="what witnesses vouch for (C2SP tlog-cosignature)",
    )
    op.create_table(
        "redactions",
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
            "item",
            sa.LargeBinary(),
            nullable=True,
            comment="item key that the record keeps",
        ),
        sa.Column(
            "leaf",
            sa.LargeBinary(),
            nullable=False,
            comment="hash of the leaf as logged",
        ),
        sa.Column(
            "remains",
            sa.LargeBinary(),
            nullable=False,
            comment="hash of the leaf without name and URL",
        ),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="log entry that recorded this fact",
        ),
        sa.ForeignKeyConstraint(
            ["batch"],
            ["log_entries.position"],
            name=op.f("fk_redactions_batch_log_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_redactions_position_log_entries"),
        ),
        sa.PrimaryKeyConstraint("batch", "leaf_index", name=op.f("pk_redactions")),
        comment="records whose name and URL were erased; their leaves stand by hash",
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
