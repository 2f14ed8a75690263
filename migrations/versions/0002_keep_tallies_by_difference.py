"""Keep tallies as differences with their log position, and pedigrees for good.

The tables changed here are derived: they are dropped and made anew, and whoever
upgrades rebuilds them from the facts in the same transaction.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EMPTIED = (
    "model_loops",
    "assessments",
    "tallies",
    "item_loops",
    "named_parents",
    "item_pedigrees",
    "pedigree_origins",
    "pedigrees",
)
_UNITS = ("items", "bytes", "tokens")


def _big(name: str, comment: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, comment=comment)


def upgrade() -> None:
    for table in _EMPTIED:
        op.execute(sa.table(table).delete())
    op.drop_table("tallies")
    op.drop_table("item_pedigrees")
    with op.batch_alter_table("pedigrees") as pedigrees:
        pedigrees.add_column(_big("fingerprint"))
        pedigrees.create_index("ix_pedigrees_fingerprint", ["fingerprint"])
    op.create_index("ix_named_parents_content_key", "named_parents", ["content_key"])
    op.create_table(
        "item_pedigrees",
        _big("content_key"),
        sa.Column("item", sa.LargeBinary(), nullable=False),
        _big("pedigree_id", "→ pedigrees"),
        comment="pedigrees of items that are not plain captures of one record",
    )
    op.create_index("ix_item_pedigrees_content_key", "item_pedigrees", ["content_key"])
    op.create_table(
        "open_parents",
        _big("record_id", "→ derived_from"),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="→ derived_from"),
        _big("parent_key", "8 bytes of the digest, or of what the parent is called"),
        sa.PrimaryKeyConstraint("record_id", "ordinal", name="pk_open_parents"),
        comment="parents that a later record may still decide: not seen, or called "
        "by name",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_open_parents_parent_key", "open_parents", ["parent_key"])
    op.create_table(
        "dataset_traits",
        sa.Column("dataset_id", _ID, nullable=False),
        sa.Column(
            "short_contents",
            sa.Boolean(),
            nullable=False,
            comment="some under 64 bytes",
        ),
        sa.Column(
            "digest_names",
            sa.Boolean(),
            nullable=False,
            comment="names that look like one",
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["datasets.id"],
            name="fk_dataset_traits_dataset_id_datasets",
        ),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_dataset_traits"),
        comment="what must be looked up when a row of the dataset is called a parent",
    )
    op.create_table(
        "tally_values",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=True, comment="null: not stated"),
        sa.PrimaryKeyConstraint("id", name="pk_tally_values"),
        sa.UniqueConstraint("value", name="uq_tally_values_value"),
        comment="values of the dimensions that tallies are kept by",
    )
    op.create_table(
        "tallies",
        _big("dataset_id", "→ datasets"),
        sa.Column(
            "dimension",
            sa.SmallInteger(),
            nullable=False,
            comment="0 none, 1 month, 2 source, 3 language, 4 split, 5 medium",
        ),
        _big("position", "log entry of the change"),
        _big("value_id", "→ tally_values"),
        _big("pedigree_id", "→ pedigrees"),
        _big("records"),
        _big("contents"),
        *(_big(unit, "thousandths") for unit in _UNITS),
        *(_big(f"without_{unit}", "records lacking it") for unit in _UNITS),
        sa.PrimaryKeyConstraint(
            "dataset_id",
            "dimension",
            "position",
            "value_id",
            "pedigree_id",
            name="pk_tallies",
        ),
        comment="by how much each change moved the sums of a dataset version, by "
        "pedigree, and once more for each single dimension; a report adds them up",
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
