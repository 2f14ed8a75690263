"""Decide what item each row is an occurrence of.

An item is its content digest; contents under 64 bytes are items of their dataset
version only; without a digest the dataset version and a name make the item: the
row's name, else its URL, else its place in the manifest. Evidence is always about the
digest that it names.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.domain import DatasetName
from provenance.domain.digests import NAMED_PREFIX, SCOPED_PREFIX
from provenance.store.items import digest_keys, item_keys, items_within

__all__ = ["LEAST_BYTES", "identify"]

LEAST_BYTES = 64
"""Shorter contents ("Yes.") say nothing about each other across datasets."""


def identify(
    batch: pa.RecordBatch, dataset: DatasetName | None, manifest_sha256: bytes
) -> tuple[pa.Array[Any], pa.Array[Any]]:
    """Return the item key and the content key of each row.

    Args:
        batch: Rows of the one schema.
        dataset: The dataset version they are recorded for; None: they are evidence.
        manifest_sha256: Digest of the file, for rows that have no name at all.

    Returns:
        ``item`` (binary, null where the digest itself is the identity) and
        ``content_key`` (int64), the first 8 bytes of the identity's hash.
    """
    digests = batch.column("digest")
    keys = digest_keys(digests)
    items: pa.Array[Any] = pa.nulls(len(batch), pa.binary())
    if dataset is None:
        return items, keys
    nameless = pc.is_null(digests)
    size: pa.Array[Any] = batch.column("bytes").fill_null(LEAST_BYTES)
    short = pc.and_(pc.is_valid(digests), pc.less(size, pa.scalar(LEAST_BYTES)))
    for wanted, prefix in ((nameless, NAMED_PREFIX), (short, SCOPED_PREFIX)):
        if not pc.any(wanted).as_py():
            continue
        rows = batch.filter(wanted)
        parts = rows.column("digest")
        if prefix is NAMED_PREFIX:
            parts = _names(rows, manifest_sha256)
        made = items_within(prefix, dataset, parts)
        items = pc.replace_with_mask(items, wanted, made)
        keys = pc.replace_with_mask(keys, wanted, item_keys(made))
    return items, keys


def _names(rows: pa.RecordBatch, manifest_sha256: bytes) -> pa.Array[Any]:
    """What rows without a digest are called: name, else URL, else their place."""
    place = pc.binary_join_element_wise(
        pa.scalar(manifest_sha256.hex()), rows.column("row").cast(pa.string()), ":"
    )
    called = pc.coalesce(rows.column("name"), rows.column("url"), place)
    part = rows.column("part")
    numbered = pc.binary_join_element_wise(called, part.cast(pa.string()), ":")
    found: pa.Array[Any] = pc.if_else(pc.equal(part, 0), called, numbered)
    return found.cast(pa.binary())
