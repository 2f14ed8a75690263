"""Batches in, records and edges out: the facts of a manifest are written here."""

from provenance.ingest.arrange import Arranger, Batch
from provenance.ingest.manifests import EarlierManifest, find_manifests
from provenance.ingest.write import BatchWriter, WrittenBatch

__all__ = [
    "Arranger",
    "Batch",
    "BatchWriter",
    "EarlierManifest",
    "WrittenBatch",
    "find_manifests",
]
