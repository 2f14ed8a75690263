"""Batches in, records and edges out: the facts of a manifest are written here."""

from provenance.ingest.manifests import EarlierManifest, find_manifests
from provenance.ingest.write import BatchWriter, IdentifiedBatch, WrittenBatch

__all__ = [
    "BatchWriter",
    "EarlierManifest",
    "IdentifiedBatch",
    "WrittenBatch",
    "find_manifests",
]
