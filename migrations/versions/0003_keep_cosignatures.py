"""Keep the cosignatures of witnesses."""

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


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
