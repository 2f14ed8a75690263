"""Create the whole ledger: facts, log and derived tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "batch_tiles",
        sa.Column("batch_id", sa.BigInteger(), nullable=False, comment="→ batches"),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column(
            "hashes", sa.LargeBinary(), nullable=False, comment="up to 256 × 32 bytes"
        ),
        sa.PrimaryKeyConstraint(
            "batch_id", "level", "number", name=op.f("pk_batch_tiles")
        ),
        comment="tiles of level 1 and above of the tree over each batch's records",
    )
    op.create_table(
        "checkpoints",
        sa.Column(
            "size",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column(
            "note", sa.Text(), nullable=True, comment="signed note; null when unsigned"
        ),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoints")),
        comment="tree heads of the log, one root per size",
    )
    op.create_table(
        "derivations",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("grade", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_derivations")),
        sa.UniqueConstraint(
            "mode", "evidence", name=op.f("uq_derivations_mode_evidence")
        ),
        comment="distinct ways of deriving",
    )
    op.create_table(
        "derived_from",
        sa.Column("record_id", sa.BigInteger(), nullable=False, comment="→ records"),
        sa.Column(
            "ordinal", sa.Integer(), nullable=False, comment="place in the row's list"
        ),
        sa.Column(
            "parent_key",
            sa.BigInteger(),
            nullable=True,
            comment="8 bytes of the digest",
        ),
        sa.Column("parent_digest", sa.LargeBinary(), nullable=True),
        sa.Column(
            "parent_reference",
            sa.Text(),
            nullable=True,
            comment="as stated, when it is no digest",
        ),
        sa.Column(
            "derivation_id", sa.BigInteger(), nullable=False, comment="→ derivations"
        ),
        sa.PrimaryKeyConstraint("record_id", "ordinal", name=op.f("pk_derived_from")),
        comment="record → parent item (PROV wasDerivedFrom)",
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_derived_from_parent_key"), "derived_from", ["parent_key"], unique=False
    )
    op.create_table(
        "generated_by",
        sa.Column("record_id", sa.BigInteger(), nullable=False, comment="→ records"),
        sa.Column("origin_id", sa.BigInteger(), nullable=False, comment="→ origins"),
        sa.Column(
            "score", sa.Float(), nullable=True, comment="the detector's exact score"
        ),
        sa.Column(
            "threshold",
            sa.Float(),
            nullable=True,
            comment="the score it was held against",
        ),
        sa.PrimaryKeyConstraint("record_id", "origin_id", name=op.f("pk_generated_by")),
        comment="record → origin (PROV wasGeneratedBy)",
        sqlite_with_rowid=False,
    )
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
        comment="items derived from themselves, directly or around a cycle",
    )
    op.create_table(
        "log_entries",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="from 0",
        ),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="batch, model, dataset, policy …"
        ),
        sa.Column(
            "entry",
            sa.LargeBinary(),
            nullable=False,
            comment="exact bytes of the entry",
        ),
        sa.Column(
            "recorded_at", sa.BigInteger(), nullable=False, comment="time of logging"
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_log_entries")),
        comment="every change of facts, in order; its length is the as-of position",
    )
    op.create_table(
        "log_state",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "size", sa.BigInteger(), nullable=False, comment="entries in the log"
        ),
        sa.Column(
            "root", sa.LargeBinary(), nullable=False, comment="RFC 6962 root over them"
        ),
        sa.Column(
            "peaks", sa.LargeBinary(), nullable=False, comment="right edge of the tree"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_state")),
        comment="the head of the log, replaced by compare-and-swap on size and root",
    )
    op.create_table(
        "media_types",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column(
            "medium",
            sa.Text(),
            nullable=True,
            comment="text, image, audio, video or other",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_types")),
        sa.UniqueConstraint("media_type", name=op.f("uq_media_types_media_type")),
        comment="media types as stated, and the medium they belong to",
    )
    op.create_table(
        "named_parents",
        sa.Column(
            "record_id", sa.BigInteger(), nullable=False, comment="→ derived_from"
        ),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="→ derived_from"),
        sa.Column("content_key", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "ordinal", name=op.f("pk_named_parents")),
        comment="items behind parents that were not found by their digest alone",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "origins",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="human, model, other, capture …"
        ),
        sa.Column("model", sa.Text(), nullable=True, comment="name as stated"),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column(
            "grade", sa.SmallInteger(), nullable=False, comment="0 inferred … 3 proven"
        ),
        sa.Column("detector", sa.Text(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True, comment="to 0.05"),
        sa.Column(
            "asserted", sa.Boolean(), nullable=False, comment="false: below threshold"
        ),
        sa.Column("month", sa.Text(), nullable=True, comment="YYYY-MM of a capture"),
        sa.Column("medium", sa.Text(), nullable=True, comment="medium of a capture"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_origins")),
        comment="distinct beginnings of content",
    )
    op.create_table(
        "pedigrees",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "month",
            sa.Text(),
            nullable=True,
            comment="if one capture is all; empty: not dated",
        ),
        sa.Column(
            "medium",
            sa.Text(),
            nullable=True,
            comment="if one capture is all; empty: not stated",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pedigrees")),
        sa.UniqueConstraint("month", "medium", name=op.f("uq_pedigrees_month_medium")),
        comment="everything that flows into an item; shared by items alike",
    )
    op.create_table(
        "records",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=False, comment="→ batches"),
        sa.Column(
            "row", sa.BigInteger(), nullable=False, comment="row of the file, from 1"
        ),
        sa.Column(
            "part", sa.SmallInteger(), nullable=False, comment="part of the row, from 0"
        ),
        sa.Column(
            "content_key",
            sa.BigInteger(),
            nullable=False,
            comment="8 bytes of the item",
        ),
        sa.Column(
            "digest",
            sa.LargeBinary(),
            nullable=True,
            comment="multihash of the content, as stated",
        ),
        sa.Column(
            "item",
            sa.LargeBinary(),
            nullable=True,
            comment="item key where it is not the digest",
        ),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True, comment="→ sources"),
        sa.Column(
            "path",
            sa.Text(),
            nullable=True,
            comment="the URL after the source's prefix",
        ),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "bytes", sa.BigInteger(), nullable=True, comment="content bytes of one copy"
        ),
        sa.Column(
            "tokens", sa.BigInteger(), nullable=True, comment="tokens of one copy"
        ),
        sa.Column(
            "items", sa.BigInteger(), nullable=True, comment="items the row stands for"
        ),
        sa.Column(
            "copies",
            sa.BigInteger(),
            nullable=False,
            comment="repetitions, thousandths",
        ),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column(
            "media_type_id", sa.BigInteger(), nullable=True, comment="→ media_types"
        ),
        sa.Column("split", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "digest IS NOT NULL OR item IS NOT NULL", name=op.f("ck_records_identified")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
        comment="occurrences of training items in manifests (PROV Entity)",
    )
    op.create_index("ix_records_content_key", "records", ["content_key"], unique=False)
    op.create_table(
        "sources",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("finding_key", sa.BigInteger(), nullable=False),
        sa.Column(
            "prefix",
            sa.Text(),
            nullable=False,
            comment="scheme and authority as written",
        ),
        sa.Column(
            "host", sa.Text(), nullable=False, comment="lower case, without port"
        ),
        sa.Column("domain", sa.Text(), nullable=False, comment="registrable domain"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        comment="where items were taken from (PROV Location)",
    )
    op.create_index(
        op.f("ix_sources_finding_key"), "sources", ["finding_key"], unique=False
    )
    op.create_table(
        "claims",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "subject", sa.Text(), nullable=False, comment="dataset, source or model"
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "version",
            sa.Text(),
            nullable=True,
            comment="dataset version; null: all versions",
        ),
        sa.Column(
            "first_at",
            sa.BigInteger(),
            nullable=True,
            comment="start of the dates it speaks of",
        ),
        sa.Column(
            "last_at",
            sa.BigInteger(),
            nullable=True,
            comment="end of the dates it speaks of",
        ),
        sa.Column(
            "origin_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("unit", sa.Text(), nullable=True, comment="unit of the share"),
        sa.Column("share", sa.Float(), nullable=True, comment="null: every item"),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("who", sa.Text(), nullable=True),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="log entry that recorded this fact",
        ),
        sa.ForeignKeyConstraint(
            ["origin_id"], ["origins.id"], name=op.f("fk_claims_origin_id_origins")
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_claims_position_log_entries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        comment="statements about whole datasets, sources or models (PROV Attribution)",
    )
    op.create_table(
        "datasets",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "version",
            sa.Text(),
            nullable=False,
            comment="empty: the unversioned dataset",
        ),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="log entry that recorded this fact",
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_datasets_position_log_entries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datasets")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_datasets_name_version")),
        comment="dataset versions (PROV Collection)",
    )
    op.create_table(
        "item_pedigrees",
        sa.Column("content_key", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.LargeBinary(), nullable=False),
        sa.Column(
            "pedigree_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["pedigree_id"],
            ["pedigrees.id"],
            name=op.f("fk_item_pedigrees_pedigree_id_pedigrees"),
        ),
        comment="pedigrees of items that are not plain captures of one record",
    )
    op.create_index(
        op.f("ix_item_pedigrees_content_key"),
        "item_pedigrees",
        ["content_key"],
        unique=False,
    )
    op.create_table(
        "models",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="log entry that recorded this fact",
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_models_position_log_entries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("name", name=op.f("uq_models_name")),
        comment="named generators, filters, detectors, recognisers (PROV Agent)",
    )
    op.create_table(
        "pedigree_origins",
        sa.Column(
            "pedigree_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "origin_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("grade", sa.SmallInteger(), nullable=False, comment="weakest link"),
        sa.Column("own", sa.Boolean(), nullable=False, comment="false: inherited"),
        sa.Column("least_hops", sa.SmallInteger(), nullable=False),
        sa.Column(
            "greatest_hops", sa.SmallInteger(), nullable=False, comment="15: or more"
        ),
        sa.ForeignKeyConstraint(
            ["origin_id"],
            ["origins.id"],
            name=op.f("fk_pedigree_origins_origin_id_origins"),
        ),
        sa.ForeignKeyConstraint(
            ["pedigree_id"],
            ["pedigrees.id"],
            name=op.f("fk_pedigree_origins_pedigree_id_pedigrees"),
        ),
        sa.PrimaryKeyConstraint(
            "pedigree_id", "origin_id", "grade", "own", name=op.f("pk_pedigree_origins")
        ),
        comment="the elements of a pedigree",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "policies",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "body", sa.Text(), nullable=False, comment="the policy as canonical JSON"
        ),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="log entry that recorded this fact",
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_policies_position_log_entries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_policies_name_version")),
        comment="what counts, as stored and logged",
    )
    op.create_table(
        "withdrawals",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "withdrawn",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_withdrawals_position_log_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn"],
            ["log_entries.position"],
            name=op.f("fk_withdrawals_withdrawn_log_entries"),
        ),
        sa.PrimaryKeyConstraint("position", "withdrawn", name=op.f("pk_withdrawals")),
        comment="later facts that take back earlier ones (PROV Revision)",
    )
    op.create_table(
        "assessments",
        sa.Column(
            "policy_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "pedigree_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "aspect", sa.Text(), nullable=False, comment="empty, model, mode, evidence"
        ),
        sa.Column(
            "value",
            sa.Text(),
            nullable=True,
            comment="value of the aspect; null: (none)",
        ),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column(
            "depth",
            sa.Integer(),
            nullable=True,
            comment="generation depth; null: not known",
        ),
        sa.Column(
            "open", sa.Boolean(), nullable=False, comment="the truth may be deeper"
        ),
        sa.ForeignKeyConstraint(
            ["pedigree_id"],
            ["pedigrees.id"],
            name=op.f("fk_assessments_pedigree_id_pedigrees"),
        ),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["policies.id"],
            name=op.f("fk_assessments_policy_id_policies"),
        ),
        comment="what each stored policy makes of each pedigree",
    )
    op.create_index(
        "ix_assessments_policy_id_aspect",
        "assessments",
        ["policy_id", "aspect", "pedigree_id"],
        unique=False,
    )
    op.create_table(
        "batches",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "dataset_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="dataset, crawl or evidence"
        ),
        sa.Column("manifest", sa.Text(), nullable=False, comment="path as given"),
        sa.Column("manifest_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("manifest_bytes", sa.BigInteger(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column(
            "mapping",
            sa.Text(),
            nullable=False,
            comment="field → column, canonical JSON",
        ),
        sa.Column("first_row", sa.BigInteger(), nullable=False),
        sa.Column("last_row", sa.BigInteger(), nullable=False),
        sa.Column(
            "complete",
            sa.Boolean(),
            nullable=False,
            comment="last batch of its manifest",
        ),
        sa.Column(
            "records", sa.BigInteger(), nullable=False, comment="size of their tree"
        ),
        sa.Column(
            "root", sa.LargeBinary(), nullable=False, comment="RFC 6962 root over them"
        ),
        sa.Column("first_record", sa.BigInteger(), nullable=False, comment="→ records"),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("generated_by", sa.BigInteger(), nullable=False, comment="edges"),
        sa.Column("derived_from", sa.BigInteger(), nullable=False, comment="edges"),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="log entry that recorded this fact",
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.id"], name=op.f("fk_batches_dataset_id_datasets")
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_batches_position_log_entries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        comment="one manifest or a part of it (PROV Activity); the unit of commit",
    )
    op.create_index(
        "ix_batches_dataset_id_manifest_sha256",
        "batches",
        ["dataset_id", "manifest_sha256"],
        unique=False,
    )
    op.create_table(
        "dataset_facts",
        sa.Column(
            "dataset_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("license", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["datasets.id"],
            name=op.f("fk_dataset_facts_dataset_id_datasets"),
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_dataset_facts_position_log_entries"),
        ),
        sa.PrimaryKeyConstraint(
            "dataset_id", "position", name=op.f("pk_dataset_facts")
        ),
        comment="what was said of a dataset version; the latest value stands",
    )
    op.create_table(
        "dataset_parents",
        sa.Column(
            "dataset_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("parent_name", sa.Text(), nullable=False),
        sa.Column(
            "parent_version", sa.Text(), nullable=False, comment="empty: all versions"
        ),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="log entry that recorded this fact",
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["datasets.id"],
            name=op.f("fk_dataset_parents_dataset_id_datasets"),
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_dataset_parents_position_log_entries"),
        ),
        sa.PrimaryKeyConstraint(
            "dataset_id",
            "parent_name",
            "parent_version",
            name=op.f("pk_dataset_parents"),
        ),
        comment="declared parents of a dataset version",
    )
    op.create_table(
        "model_aliases",
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column(
            "model_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="log entry that recorded this fact",
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["models.id"], name=op.f("fk_model_aliases_model_id_models")
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_model_aliases_position_log_entries"),
        ),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_model_aliases")),
        comment="other names of a model",
    )
    op.create_table(
        "model_bases",
        sa.Column(
            "model_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("base", sa.Text(), nullable=False, comment="name of a model"),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="log entry that recorded this fact",
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["models.id"], name=op.f("fk_model_bases_model_id_models")
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_model_bases_position_log_entries"),
        ),
        sa.PrimaryKeyConstraint("model_id", "base", name=op.f("pk_model_bases")),
        comment="models a model was made from",
    )
    op.create_table(
        "model_facts",
        sa.Column(
            "model_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("released", sa.Text(), nullable=True, comment="YYYY-MM-DD"),
        sa.Column("generative", sa.Boolean(), nullable=True),
        sa.Column(
            "training_complete",
            sa.Boolean(),
            nullable=True,
            comment="all training data is listed",
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["models.id"], name=op.f("fk_model_facts_model_id_models")
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_model_facts_position_log_entries"),
        ),
        sa.PrimaryKeyConstraint("model_id", "position", name=op.f("pk_model_facts")),
        comment="what was said of a model; of each column the latest value stands",
    )
    op.create_table(
        "model_loops",
        sa.Column(
            "policy_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "loop",
            sa.BigInteger(),
            nullable=False,
            comment="members of one cycle share it",
        ),
        sa.Column(
            "model", sa.Text(), nullable=True, comment="name; null for a dataset"
        ),
        sa.Column(
            "dataset_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="null for a model",
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["datasets.id"],
            name=op.f("fk_model_loops_dataset_id_datasets"),
        ),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["policies.id"],
            name=op.f("fk_model_loops_policy_id_policies"),
        ),
        comment="models trained on what they wrote, and the datasets between",
    )
    op.create_table(
        "tallies",
        sa.Column(
            "dataset_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "dimension", sa.Text(), nullable=False, comment="empty, month, source …"
        ),
        sa.Column(
            "value",
            sa.Text(),
            nullable=True,
            comment="value of the dimension; null: not stated",
        ),
        sa.Column(
            "pedigree_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("contents", sa.BigInteger(), nullable=False),
        sa.Column("items", sa.BigInteger(), nullable=False, comment="thousandths"),
        sa.Column("bytes", sa.BigInteger(), nullable=False, comment="thousandths"),
        sa.Column("tokens", sa.BigInteger(), nullable=False, comment="thousandths"),
        sa.Column(
            "without_items",
            sa.BigInteger(),
            nullable=False,
            comment="records lacking it",
        ),
        sa.Column(
            "without_bytes",
            sa.BigInteger(),
            nullable=False,
            comment="records lacking it",
        ),
        sa.Column(
            "without_tokens",
            sa.BigInteger(),
            nullable=False,
            comment="records lacking it",
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.id"], name=op.f("fk_tallies_dataset_id_datasets")
        ),
        sa.ForeignKeyConstraint(
            ["pedigree_id"],
            ["pedigrees.id"],
            name=op.f("fk_tallies_pedigree_id_pedigrees"),
        ),
        comment="dataset version × pedigree, and once more for each single dimension",
    )
    op.create_index(
        "ix_tallies_dataset_id_dimension",
        "tallies",
        ["dataset_id", "dimension"],
        unique=False,
    )
    op.create_table(
        "training_sets",
        sa.Column(
            "model_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("dataset_name", sa.Text(), nullable=False),
        sa.Column(
            "dataset_version", sa.Text(), nullable=False, comment="empty: all versions"
        ),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="log entry that recorded this fact",
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["models.id"], name=op.f("fk_training_sets_model_id_models")
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["log_entries.position"],
            name=op.f("fk_training_sets_position_log_entries"),
        ),
        sa.PrimaryKeyConstraint(
            "model_id", "dataset_name", "dataset_version", name=op.f("pk_training_sets")
        ),
        comment="datasets a model was trained on",
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
