"""Batches in, records and edges out: the facts of a manifest are written here."""

from provenance.ingest.manifests import EarlierManifest, find_manifests
from provenance.ingest.write import BatchCounts, BatchWriter

__all__ = ["BatchCounts", "BatchWriter", "EarlierManifest", "find_manifests"]
