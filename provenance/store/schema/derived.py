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
    "item_loops",
    "item_pedigrees",
    "model_loops",
    "named_parents",
    "pedigree_origins",
    "pedigrees",
    "tallies",
]

pedigrees = Table(
    "pedigrees",
    METADATA,
    id_column(),
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
    Column("pedigree_id", ForeignKey("pedigrees.id"), nullable=False),
    comment="pedigrees of items that are not plain captures of one record",
)

named_parents = Table(
    "named_parents",
    METADATA,
    Column("record_id", BigInteger, primary_key=True, comment="→ derived_from"),
    Column("ordinal", Integer, primary_key=True, comment="→ derived_from"),
    Column("content_key", BigInteger, nullable=False),
    Column("item", LargeBinary, nullable=False),
    comment="items behind parents that were not found by their digest alone",
    sqlite_with_rowid=False,
)

item_loops = Table(
    "item_loops",
    METADATA,
    Column("loop", BigInteger, nullable=False, comment="items of one cycle share it"),
    Column("content_key", BigInteger, nullable=False),
    Column("item", LargeBinary, nullable=False),
    comment="items derived from themselves, directly or around a cycle",
)

tallies = Table(
    "tallies",
    METADATA,
    Column("dataset_id", ForeignKey("datasets.id"), nullable=False),
    Column("dimension", Text, nullable=False, comment="empty, month, source …"),
    Column("value", Text, comment="value of the dimension; null: not stated"),
    Column("pedigree_id", ForeignKey("pedigrees.id"), nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("contents", BigInteger, nullable=False),
    Column("items", BigInteger, nullable=False, comment="thousandths"),
    Column("bytes", BigInteger, nullable=False, comment="thousandths"),
    Column("tokens", BigInteger, nullable=False, comment="thousandths"),
    Column("without_items", BigInteger, nullable=False, comment="records lacking it"),
    Column("without_bytes", BigInteger, nullable=False, comment="records lacking it"),
    Column("without_tokens", BigInteger, nullable=False, comment="records lacking it"),
    Index("ix_tallies_dataset_id_dimension", "dataset_id", "dimension"),
    comment="dataset version × pedigree, and once more for each single dimension",
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
    assessments,
    tallies,
    item_loops,
    named_parents,
    item_pedigrees,
    pedigree_origins,
    pedigrees,
)
"""Rebuildable tables, in the order in which they can be emptied."""
