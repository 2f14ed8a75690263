"""Keep what each policy makes of each claim; shares count in views."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "claim_assessments",
        sa.Column("policy_id", _ID, nullable=False),
        sa.Column("claim_id", _ID, nullable=False),
        sa.Column(
            "model", sa.Text(), nullable=True, comment="name as recorded, of a model"
        ),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["policies.id"],
            name=op.f("fk_claim_assessments_policy_id_policies"),
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"],
            ["claims.id"],
            name=op.f("fk_claim_assessments_claim_id_claims"),
        ),
        sa.PrimaryKeyConstraint(
            "policy_id", "claim_id", name=op.f("pk_claim_assessments")
        ),
        comment="what each stored policy makes of an item of which only a claim is "
        "known",
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
