"""Facts about datasets, models and policies; append-only."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from provenance.store.schema.metadata import METADATA, id_column, position_column

__all__ = [
    "claims",
    "dataset_facts",
    "dataset_parents",
    "datasets",
    "model_aliases",
    "model_bases",
    "model_facts",
    "models",
    "policies",
    "training_sets",
]

datasets = Table(
    "datasets",
    METADATA,
    id_column(),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False, comment="empty: the unversioned dataset"),
    position_column(),
    UniqueConstraint("name", "version"),
    comment="dataset versions (PROV Collection)",
)

dataset_facts = Table(
    "dataset_facts",
    METADATA,
    Column("dataset_id", ForeignKey("datasets.id"), primary_key=True),
    Column("position", ForeignKey("log_entries.position"), primary_key=True),
    Column("license", Text),
    Column("note", Text),
    Column("stated", Text, comment="what else was said, canonical JSON"),
    comment="what was said of a dataset version; the latest value stands",
)

dataset_parents = Table(
    "dataset_parents",
    METADATA,
    Column("dataset_id", ForeignKey("datasets.id"), primary_key=True),
    Column("parent_name", Text, primary_key=True),
    Column("parent_version", Text, primary_key=True, comment="empty: all versions"),
    position_column(primary_key=True),
    comment="declared parents of a dataset version",
)

models = Table(
    "models",
    METADATA,
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    position_column(),
    comment="named generators, filters, detectors, recognisers (PROV Agent)",
)

model_facts = Table(
    "model_facts",
    METADATA,
    Column("model_id", ForeignKey("models.id"), primary_key=True),
    Column("position", ForeignKey("log_entries.position"), primary_key=True),
    Column("provider", Text),
    Column("released", Text, comment="YYYY-MM-DD"),
    Column("generative", Boolean),
    Column("training_complete", Boolean, comment="all training data is listed"),
    comment="what was said of a model; of each column the latest value stands",
)

model_aliases = Table(
    "model_aliases",
    METADATA,
    Column("alias", Text, primary_key=True),
    Column("model_id", ForeignKey("models.id"), nullable=False),
    position_column(primary_key=True),
    comment="other names of a model",
)

model_bases = Table(
    "model_bases",
    METADATA,
    Column("model_id", ForeignKey("models.id"), primary_key=True),
    Column("base", Text, primary_key=True, comment="name of a model"),
    position_column(primary_key=True),
    comment="models a model was made from",
)

training_sets = Table(
    "training_sets",
    METADATA,
    Column("model_id", ForeignKey("models.id"), primary_key=True),
    Column("dataset_name", Text, primary_key=True),
    Column("dataset_version", Text, primary_key=True, comment="empty: all versions"),
    position_column(primary_key=True),
    comment="datasets a model was trained on",
)

policies = Table(
    "policies",
    METADATA,
    id_column(),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False, comment="the policy as canonical JSON"),
    position_column(),
    UniqueConstraint("name", "version"),
    comment="what counts, as stored and logged",
)

claims = Table(
    "claims",
    METADATA,
    id_column(),
    Column("subject", Text, nullable=False, comment="dataset, source or model"),
    Column("name", Text, nullable=False),
    Column("version", Text, comment="dataset version; null: all versions"),
    Column("first_at", BigInteger, comment="start of the dates it speaks of"),
    Column("last_at", BigInteger, comment="end of the dates it speaks of"),
    Column("origin_id", ForeignKey("origins.id"), nullable=False),
    Column("unit", Text, comment="unit of the share"),
    Column("share", Float, comment="null: every item"),
    Column("note", Text),
    Column("who", Text),
    position_column(),
    comment="statements about whole datasets, sources or models (PROV Attribution)",
)
