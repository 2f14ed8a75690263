"""The column names that mean a field without being told, most telling first."""

from __future__ import annotations

from provenance.domain import Field

__all__ = ["INDEX_FILENAME", "INDEX_KEYS", "NESTED", "USUAL_NAMES"]

USUAL_NAMES: dict[Field, tuple[str, ...]] = {
    Field.DIGEST: (
        *("digest", "sha256", "sha256hash", "content_digest", "content_sha256"),
        *("payload_digest", "warc-payload-digest", "sha512", "sha1", "md5"),
        *("content_hash", "hash", "checksum", "image_sha256"),
    ),
    Field.NAME: (
        *("name", "id", "key", "doc_id", "document_id", "uid", "uuid", "file"),
        *("filename", "file_name", "file_path", "path", "component", "record_id"),
        *("message_id", "conversation_id", "conversation_hash"),
        "warc-record-id",
    ),
    Field.URL: (
        *("url", "uri", "source_url", "target_uri", "warc-target-uri", "page_url"),
        *("image_url", "link"),
    ),
    Field.FETCHED_AT: (
        *("fetched_at", "fetch_time", "crawl_date", "crawl_time", "crawled_at"),
        *("retrieved_at", "warc-date", "warc_date", "timestamp", "date", "created"),
        *("first_seen", "first_seen_at", "seen_at", "reviewed_at"),
    ),
    Field.BYTES: ("bytes", "size", "size_bytes", "num_bytes", "content_length"),
    Field.TOKENS: ("tokens", "token_count", "num_tokens", "n_tokens"),
    Field.ITEMS: (
        *("items", "num_examples", "num_items", "num_rows", "num_documents"),
        *("rows", "examples", "documents"),
    ),
    Field.COPIES: ("copies", "epochs", "repeats", "upsample", "multiplicity"),
    Field.LANGUAGE: ("language", "lang", "languages", "content_languages"),
    Field.MEDIA_TYPE: (
        *("media_type", "mime_type", "mime-detected", "mime", "content_type"),
        *("content_mime_detected", "content_mime_type"),
    ),
    Field.SPLIT: ("split",),
    Field.ORIGIN: (
        *("origin", "synthetic", "is_synthetic", "is_generated", "ai_generated"),
        "machine_generated",
    ),
    Field.GENERATED_BY: (
        *("generated_by", "generator", "model", "model_name", "generation_model"),
        "generator_model",
    ),
    Field.MODE: ("mode", "generation_mode"),
    Field.EVIDENCE: ("evidence",),
    Field.SCORE: ("score", "detector_score"),
    Field.DETECTOR: ("detector", "detector_name", "reviewer", "reviewed_by"),
    Field.DETECTOR_VERSION: ("detector_version",),
    Field.THRESHOLD: ("threshold", "detector_threshold"),
    Field.DERIVED_FROM: (
        *("derived_from", "parent", "parents", "parent_id", "parent_ids"),
        *("parent_digest", "source_digest"),
    ),
    Field.DERIVATION: ("derivation",),
    Field.RESERVATION: ("reservation",),
    # Columns of these names hold something else everywhere but in our own files.
    Field.ORIGINS: (),
    Field.PARENTS: (),
    # Compared as written: TEXT is the caption of an image in LAION's tables.
    Field.TEXT: ("text", "content"),
}
"""Names in lower case; the first is the field's own."""

NESTED: dict[Field, tuple[str, ...]] = {
    Field.URL: ("metadata.url", "meta.url"),
    Field.FETCHED_AT: ("metadata.date", "meta.date"),
    Field.LANGUAGE: ("metadata.language", "meta.language"),
}
"""Inner columns that feed a field when no outer one does (DataTrove, Dolma)."""

INDEX_KEYS = frozenset({"surt", "urlkey"})
INDEX_FILENAME = "filename"
"""Beside one of those columns, this is a crawl index's: it names an archive."""
