"""The rows of a manifest as artifacts of ml-metadata.

Runs in an environment of its own: ml-metadata needs Python 3.11 or older, and pins
libraries that nothing else here wants.
"""

from __future__ import annotations

import pyarrow.parquet as pq
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2

__all__ = ["put_artifacts"]

_ROWS = 10_000
"""Per call: the best of 1,000, 10,000 and 50,000."""


def put_artifacts(manifest: str, database: str) -> int:
    """An artifact per row with URL and digest; of the other columns nothing is kept.

    Each property more would halve its rate: this is the least that can be asked.
    """
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = database
    config.sqlite.connection_mode = 3  # READWRITE_OPENCREATE
    store = metadata_store.MetadataStore(config)
    kind = store.put_artifact_type(metadata_store_pb2.ArtifactType(name="Record"))
    written = 0
    file = pq.ParquetFile(manifest)
    for batch in file.iter_batches(batch_size=_ROWS, columns=["url", "digest"]):
        artifacts = [
            metadata_store_pb2.Artifact(
                type_id=kind, uri=row["url"], external_id=row["digest"]
            )
            for row in batch.to_pylist()
        ]
        written += len(store.put_artifacts(artifacts))
    return written
