"""Tables that are rebuilt from the facts at any time."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from provenance.store.schema.metadata import METADATA, id_column

__all__ = [
    "DERIVED",
    "assessments",
    "claim_assessments",
    "dataset_traits",
    "item_loops",
    "item_pedigrees",
    "model_loops",
    "named_parents",
    "open_parents",
    "pedigree_origins",
    "pedigrees",
    "tallies",
    "tally_values",
]

pedigrees = Table(
    "pedigrees",
    METADATA,
    id_column(),
    Column("fingerprint", BigInteger, nullable=False, index=True),
    Column("month", Text, comment="if one capture is all; empty: not dated"),
    Column("medium", Text, comment="if one capture is all; empty: not stated"),
    UniqueConstraint("month", "medium"),
    comment="everything that flows into an item; shared by items alike",
)

pedigree_origins = Table(
    "pedigree_origins",
    METADATA,
    Column("pedigree_id", ForeignKey("pedigrees.id"), primary_key=True),
    Column("origin_id", ForeignKey("origins.id"), primary_key=True),
    Column("grade", SmallInteger, primary_key=True, comment="weakest link"),
    Column("own", Boolean, primary_key=True, comment="false: inherited"),
    Column("least_hops", SmallInteger, nullable=False),
    Column("greatest_hops", SmallInteger, nullable=False, comment="15: or more"),
    comment="the elements of a pedigree",
    sqlite_with_rowid=False,
)

item_pedigrees = Table(
    "item_pedigrees",
    METADATA,
    Column("content_key", BigInteger, nullable=False, index=True),
    Column("item", LargeBinary, nullable=False),
    Column("pedigree_id", BigInteger, nullable=False, comment="→ pedigrees"),
    comment="pedigrees of items that are not plain captures of one record",
)

named_parents = Table(
    "named_parents",
    METADATA,
    Column("record_id", BigInteger, primary_key=True, comment="→ derived_from"),
    Column("ordinal", Integer, primary_key=True, comment="→ derived_from"),
    Column("content_key", BigInteger, nullable=False, index=True),
    Column("item", LargeBinary, nullable=False),
    comment="items behind parents that were not found by their digest alone",
    sqlite_with_rowid=False,
)

open_parents = Table(
    "open_parents",
    METADATA,
    Column("record_id", BigInteger, primary_key=True, comment="→ derived_from"),
    Column("ordinal", Integer, primary_key=True, comment="→ derived_from"),
    Column(
        "parent_key",
        BigInteger,
        nullable=False,
        index=True,
        comment="8 bytes of the digest, or of what the parent is called",
    ),
    comment="parents that a later record may still decide: not seen, or called by name",
    sqlite_with_rowid=False,
)

dataset_traits = Table(
    "dataset_traits",
    METADATA,
    Column("dataset_id", ForeignKey("datasets.id"), primary_key=True),
    Column("short_contents", Boolean, nullable=False, comment="some under 64 bytes"),
    Column("digest_names", Boolean, nullable=False, comment="names that look like one"),
    comment="what must be looked up when a row of the dataset is called a parent",
)

item_loops = Table(
    "item_loops",
    METADATA,
    Column("loop", BigInteger, nullable=False, comment="items of one cycle share it"),
    Column("content_key", BigInteger, nullable=False),
    Column("item", LargeBinary, nullable=False),
    Column("since", BigInteger, nullable=False, comment="log entry that closed it"),
    Column("until", BigInteger, comment="log entry that changed it; null: it stands"),
    comment="items derived from themselves, directly or around a cycle; past ones, too",
)

tally_values = Table(
    "tally_values",
    METADATA,
    id_column(),
    Column("value", Text, unique=True, comment="null: not stated"),
    comment="values of the dimensions that tallies are kept by",
)

tallies = Table(
    "tallies",
    METADATA,
    Column("dataset_id", BigInteger, primary_key=True, comment="→ datasets"),
    Column(
        "dimension",
        SmallInteger,
        primary_key=True,
        comment="0 none, 1 month, 2 source, 3 language, 4 split, 5 medium",
    ),
    Column("position", BigInteger, primary_key=True, comment="log entry of the change"),
    Column("value_id", BigInteger, primary_key=True, comment="→ tally_values"),
    Column("pedigree_id", BigInteger, primary_key=True, comment="→ pedigrees"),
    Column("records", BigInteger, nullable=False),
    Column("contents", BigInteger, nullable=False),
    Column("items", BigInteger, nullable=False, comment="thousandths"),
    Column("bytes", BigInteger, nullable=False, comment="thousandths"),
    Column("tokens", BigInteger, nullable=False, comment="thousandths"),
    Column("without_items", BigInteger, nullable=False, comment="records lacking it"),
    Column("without_bytes", BigInteger, nullable=False, comment="records lacking it"),
    Column("without_tokens", BigInteger, nullable=False, comment="records lacking it"),
    comment="by how much each change moved the sums of a dataset version, by pedigree, "
    "and once more for each single dimension; a report adds them up",
    sqlite_with_rowid=False,
)

assessments = Table(
    "assessments",
    METADATA,
    Column("policy_id", ForeignKey("policies.id"), nullable=False),
    Column("pedigree_id", ForeignKey("pedigrees.id"), nullable=False),
    Column("aspect", Text, nullable=False, comment="empty, model, mode, evidence"),
    Column("value", Text, comment="value of the aspect; null: (none)"),
    Column("tier", Text, nullable=False),
    Column("depth", Integer, comment="generation depth; null: not known"),
    Column("open", Boolean, nullable=False, comment="the truth may be deeper"),
    Index("ix_assessments_policy_id_aspect", "policy_id", "aspect", "pedigree_id"),
    comment="what each stored policy makes of each pedigree",
)

claim_assessments = Table(
    "claim_assessments",
    METADATA,
    Column("policy_id", ForeignKey("policies.id"), primary_key=True),
    Column("claim_id", ForeignKey("claims.id"), primary_key=True),
    Column("model", Text, comment="name as recorded, of a model"),
    Column("tier", Text, nullable=False),
    comment="what each stored policy makes of an item of which only a claim is known",
)

model_loops = Table(
    "model_loops",
    METADATA,
    Column("policy_id", ForeignKey("policies.id"), nullable=False),
    Column("loop", BigInteger, nullable=False, comment="members of one cycle share it"),
    Column("model", Text, comment="name; null for a dataset"),
    Column("dataset_id", ForeignKey("datasets.id"), comment="null for a model"),
    comment="models trained on what they wrote, and the datasets between",
)

DERIVED = (
    model_loops,
    claim_assessments,
    assessments,
    tallies,
    tally_values,
    item_loops,
    dataset_traits,
    open_parents,
    named_parents,
    item_pedigrees,
    pedigree_origins,
    pedigrees,
)
"""Rebuildable tables, in the order in which they can be emptied."""
