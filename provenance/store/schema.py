"""The tables of the ledger: facts, log, and what is derived from the facts.

One schema for SQLite and PostgreSQL. Facts and log are append-only; derived tables
are rebuilt from the facts at any time. Times are microseconds since 1970 UTC.
Amounts named *thousandths* hold ``value × copies`` exactly.
The three tables with a row per record or edge declare no foreign keys: checking
them row by row would cost more than writing them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = ["DERIVED", "METADATA"]

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ID = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", _ID, primary_key=True, autoincrement=False)


def _position() -> Column[int]:
    return Column(
        "position",
        BigInteger,
        ForeignKey("log_entries.position"),
        nullable=False,
        comment="log entry that recorded this fact",
    )


log_entries = Table(
    "log_entries",
    METADATA,
    Column("position", _ID, primary_key=True, autoincrement=False, comment="from 0"),
    Column("kind", Text, nullable=False, comment="batch, model, dataset, policy …"),
    Column("entry", LargeBinary, nullable=False, comment="exact bytes of the entry"),
    Column("recorded_at", BigInteger, nullable=False, comment="time of logging"),
    comment="every change of facts, in order; its length is the as-of position",
)

log_tiles = Table(
    "log_tiles",
    METADATA,
    Column("tree", BigInteger, primary_key=True, comment="-1 the log, else batch id"),
    Column("level", SmallInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("hashes", LargeBinary, nullable=False, comment="up to 256 × 32 bytes"),
    comment="stored Merkle tree tiles",
)

checkpoints = Table(
    "checkpoints",
    METADATA,
    Column("size", _ID, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, comment="signed note; null when unsigned"),
    comment="tree heads of the log, one root per size",
)

datasets = Table(
    "datasets",
    METADATA,
    _id(),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False, comment="empty: the unversioned dataset"),
    _position(),
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
    comment="what was said of a dataset version; the latest value stands",
)

dataset_parents = Table(
    "dataset_parents",
    METADATA,
    Column("dataset_id", ForeignKey("datasets.id"), primary_key=True),
    Column("parent_name", Text, primary_key=True),
    Column("parent_version", Text, primary_key=True, comment="empty: all versions"),
    _position(),
    comment="declared parents of a dataset version",
)

models = Table(
    "models",
    METADATA,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    _position(),
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
    _position(),
    comment="other names of a model",
)

model_bases = Table(
    "model_bases",
    METADATA,
    Column("model_id", ForeignKey("models.id"), primary_key=True),
    Column("base", Text, primary_key=True, comment="name of a model"),
    _position(),
    comment="models a model was made from",
)

training_sets = Table(
    "training_sets",
    METADATA,
    Column("model_id", ForeignKey("models.id"), primary_key=True),
    Column("dataset_name", Text, primary_key=True),
    Column("dataset_version", Text, primary_key=True, comment="empty: all versions"),
    _position(),
    comment="datasets a model was trained on",
)

policies = Table(
    "policies",
    METADATA,
    _id(),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False, comment="the policy as canonical JSON"),
    _position(),
    UniqueConstraint("name", "version"),
    comment="what counts, as stored and logged",
)

claims = Table(
    "claims",
    METADATA,
    _id(),
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
    _position(),
    comment="statements about whole datasets, sources or models (PROV Attribution)",
)

withdrawals = Table(
    "withdrawals",
    METADATA,
    Column("position", ForeignKey("log_entries.position"), primary_key=True),
    Column("withdrawn", ForeignKey("log_entries.position"), primary_key=True),
    Column("why", Text, nullable=False),
    comment="later facts that take back earlier ones (PROV Revision)",
)

media_types = Table(
    "media_types",
    METADATA,
    _id(),
    Column("media_type", Text, nullable=False, unique=True),
    Column("medium", Text, comment="text, image, audio, video or other"),
    comment="media types as stated, and the medium they belong to",
)

sources = Table(
    "sources",
    METADATA,
    _id(),
    Column("finding_key", BigInteger, nullable=False, index=True),
    Column("prefix", Text, nullable=False, comment="scheme and authority as written"),
    Column("host", Text, nullable=False, comment="lower case, without port"),
    Column("domain", Text, nullable=False, comment="registrable domain"),
    comment="where items were taken from (PROV Location)",
)

batches = Table(
    "batches",
    METADATA,
    _id(),
    Column("dataset_id", ForeignKey("datasets.id"), nullable=False),
    Column("kind", Text, nullable=False, comment="dataset, crawl or evidence"),
    Column("manifest", Text, nullable=False, comment="path as given"),
    Column("manifest_sha256", LargeBinary, nullable=False),
    Column("manifest_bytes", BigInteger, nullable=False),
    Column("reader", Text, nullable=False),
    Column("mapping", Text, nullable=False, comment="field → column, canonical JSON"),
    Column("first_row", BigInteger, nullable=False),
    Column("last_row", BigInteger, nullable=False),
    Column("complete", Boolean, nullable=False, comment="last batch of its manifest"),
    Column("records", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("generated_by", BigInteger, nullable=False, comment="edges"),
    Column("derived_from", BigInteger, nullable=False, comment="edges"),
    _position(),
    Index("ix_batches_dataset_id_manifest_sha256", "dataset_id", "manifest_sha256"),
    comment="one manifest or a part of it (PROV Activity); the unit of commit",
)

records = Table(
    "records",
    METADATA,
    _id(),
    Column("batch_id", BigInteger, nullable=False, comment="→ batches"),
    Column("row", BigInteger, nullable=False, comment="row of the file, from 1"),
    Column("part", SmallInteger, nullable=False, comment="part of the row, from 0"),
    Column("content_key", BigInteger, nullable=False, comment="8 bytes of the item"),
    Column("digest", LargeBinary, comment="multihash of the content, as stated"),
    Column("item", LargeBinary, comment="item key where it is not the digest"),
    Column("name", Text),
    Column("source_id", BigInteger, comment="→ sources"),
    Column("path", Text, comment="the URL after the source's prefix"),
    Column("fetched_at", BigInteger),
    Column("bytes", BigInteger, comment="content bytes of one copy"),
    Column("tokens", BigInteger, comment="tokens of one copy"),
    Column("items", BigInteger, comment="items the row stands for"),
    Column("copies", BigInteger, nullable=False, comment="repetitions, thousandths"),
    Column("language", Text),
    Column("media_type_id", BigInteger, comment="→ media_types"),
    Column("split", Text),
    CheckConstraint("digest IS NOT NULL OR item IS NOT NULL", name="identified"),
    Index("ix_records_content_key", "content_key"),
    comment="occurrences of training items in manifests (PROV Entity)",
)

origins = Table(
    "origins",
    METADATA,
    _id(),
    Column("kind", Text, nullable=False, comment="human, model, other, capture …"),
    Column("model", Text, comment="name as stated"),
    Column("mode", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("grade", SmallInteger, nullable=False, comment="0 inferred … 3 proven"),
    Column("detector", Text),
    Column("score", Float, comment="to 0.05"),
    Column("asserted", Boolean, nullable=False, comment="false: below threshold"),
    Column("month", Text, comment="YYYY-MM of a capture"),
    Column("medium", Text, comment="medium of a capture"),
    comment="distinct beginnings of content",
)

generated_by = Table(
    "generated_by",
    METADATA,
    Column("record_id", BigInteger, primary_key=True, comment="→ records"),
    Column("origin_id", BigInteger, primary_key=True, comment="→ origins"),
    Column("score", Float, comment="the detector's exact score"),
    Column("threshold", Float, comment="the score it was held against"),
    comment="record → origin (PROV wasGeneratedBy)",
    sqlite_with_rowid=False,
)

derivations = Table(
    "derivations",
    METADATA,
    _id(),
    Column("mode", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("grade", SmallInteger, nullable=False),
    UniqueConstraint("mode", "evidence"),
    comment="distinct ways of deriving",
)

derived_from = Table(
    "derived_from",
    METADATA,
    Column("record_id", BigInteger, primary_key=True, comment="→ records"),
    Column("ordinal", Integer, primary_key=True, comment="place in the row's list"),
    Column("parent_key", BigInteger, index=True, comment="8 bytes of the digest"),
    Column("parent_digest", LargeBinary),
    Column("parent_reference", Text, comment="as stated, when it is no digest"),
    Column("derivation_id", BigInteger, nullable=False, comment="→ derivations"),
    comment="record → parent item (PROV wasDerivedFrom)",
    sqlite_with_rowid=False,
)

pedigrees = Table(
    "pedigrees",
    METADATA,
    _id(),
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
