"""Batches in, records and edges out: the facts of a manifest are written here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "Arranger": "arrange",
    "Batch": "arrange",
    "BatchWriter": "write",
    "EarlierManifest": "manifests",
    "WrittenBatch": "write",
    "find_manifests": "manifests",
}


def __getattr__(name: str) -> Any:
    # Worker processes of verify load what they need, in half the time.
    if name not in _HOMES:
        raise AttributeError(f"module 'provenance.ingest' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - as above

    return getattr(import_module(f"provenance.ingest.{_HOMES[name]}"), name)
