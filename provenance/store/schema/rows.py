"""Facts from the rows of manifests: records, edges and what they share."""

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
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from provenance.store.schema.metadata import METADATA, id_column, position_column

__all__ = [
    "batches",
    "derivations",
    "derived_from",
    "generated_by",
    "media_types",
    "origins",
    "record_salts",
    "records",
    "sources",
]

media_types = Table(
    "media_types",
    METADATA,
    id_column(),
    Column("media_type", Text, nullable=False, unique=True),
    Column("medium", Text, comment="text, image, audio, video or other"),
    comment="media types as stated, and the medium they belong to",
)

sources = Table(
    "sources",
    METADATA,
    id_column(),
    Column("finding_key", BigInteger, nullable=False, index=True),
    Column("prefix", Text, nullable=False, comment="scheme and authority as written"),
    Column("host", Text, nullable=False, comment="lower case, without port"),
    Column("domain", Text, nullable=False, comment="registrable domain"),
    comment="where items were taken from (PROV Location)",
)

batches = Table(
    "batches",
    METADATA,
    id_column(),
    Column(
        "dataset_id",
        ForeignKey("datasets.id"),
        comment="null: evidence, or a file that tells of others",
    ),
    Column("kind", Text, nullable=False, comment="dataset, crawl or evidence"),
    Column("manifest", Text, nullable=False, comment="path as given"),
    Column("manifest_sha256", LargeBinary, nullable=False),
    Column("manifest_bytes", BigInteger, nullable=False),
    Column("reader", Text, nullable=False),
    Column("mapping", Text, nullable=False, comment="field → column, canonical JSON"),
    Column("first_row", BigInteger, nullable=False),
    Column("last_row", BigInteger, nullable=False),
    Column("complete", Boolean, nullable=False, comment="last batch of its manifest"),
    Column("records", BigInteger, nullable=False, comment="size of their tree"),
    Column("root", LargeBinary, nullable=False, comment="RFC 6962 root over them"),
    Column("first_record", BigInteger, nullable=False, comment="→ records"),
    Column("quarantined", BigInteger, nullable=False),
    Column("generated_by", BigInteger, nullable=False, comment="edges"),
    Column("derived_from", BigInteger, nullable=False, comment="edges"),
    Column(
        "salted",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="whether its leaves have salts",
    ),
    position_column(),
    Column(
        "facts",
        Integer,
        nullable=False,
        server_default="0",
        comment="log entries behind its own that hold what its file states",
    ),
    Index("ix_batches_dataset_id_manifest_sha256", "dataset_id", "manifest_sha256"),
    comment="one manifest or a part of it (PROV Activity); the unit of commit",
)

records = Table(
    "records",
    METADATA,
    id_column(),
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

record_salts = Table(
    "record_salts",
    METADATA,
    Column("record_id", BigInteger, primary_key=True, comment="→ records"),
    Column("salt", LargeBinary, nullable=False, comment="16 random bytes"),
    comment="salts in the leaves of records, where they were asked for",
    sqlite_with_rowid=False,
)

origins = Table(
    "origins",
    METADATA,
    id_column(),
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
    id_column(),
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
