"""Decide what item each row is an occurrence of.

An item is its content digest; contents under 64 bytes are items of their dataset
version only; without a digest the dataset version and a name make the item: the
row's name, else its URL, else its place in the manifest.
"""

from __future__ import annotations

from array import array
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.domain import DatasetName, content_key, named_item, scoped_item

__all__ = ["LEAST_BYTES", "identify"]

LEAST_BYTES = 64
"""Shorter contents ("Yes.") say nothing about each other across datasets."""

_PREFIX = 2
_MD5_PREFIX = 3
_KEY_BYTES = 8


def identify(
    batch: pa.RecordBatch, dataset: DatasetName, manifest_sha256: bytes
) -> tuple[pa.Array[Any], pa.Array[Any]]:
    """Return the item key and the content key of each row.

    Args:
        batch: Rows of the one schema.
        dataset: The dataset version they are recorded for.
        manifest_sha256: Digest of the file, for rows that have no name at all.

    Returns:
        ``item`` (binary, null where the digest itself is the identity) and
        ``content_key`` (int64), the first 8 bytes of the identity's hash.
    """
    digests = batch.column("digest")
    size: pa.Array[Any] = batch.column("bytes").fill_null(LEAST_BYTES)
    short = pc.less(size, pa.scalar(LEAST_BYTES))
    special = pc.or_(pc.is_null(digests), short)
    if not pc.any(special).as_py():
        return pa.nulls(len(batch), pa.binary()), digest_keys(digests)
    items: list[bytes | None] = [None] * len(batch)
    keys = digest_keys(digests).to_pylist()
    named = pc.coalesce(batch.column("name"), batch.column("url"))
    for place in pc.indices_nonzero(special).to_pylist():
        digest = digests[place].as_py()
        if digest is not None:
            item = scoped_item(dataset, digest)
        else:
            row, part = batch.column("row")[place], batch.column("part")[place]
            name = named[place].as_py()
            if name is None:
                name = f"{manifest_sha256.hex()}:{row.as_py()}"
            if part.as_py():
                name = f"{name}:{part.as_py()}"
            item = named_item(dataset, name)
        items[place] = item
        keys[place] = content_key(item)
    return pa.array(items, pa.binary()), pa.array(keys, pa.int64())


def digest_keys(digests: pa.Array[Any]) -> pa.Array[Any]:
    """Return the first 8 hash bytes of each multihash as signed integers.

    Nulls stay null. Equal to ``domain.content_key`` of each, without a loop.
    """
    is_md5 = pc.equal(pc.binary_slice(digests, 0, 1), pa.scalar(b"\xd5"))
    is_md5 = is_md5.fill_null(fill_value=False)
    short = pc.binary_slice(digests, _PREFIX, _PREFIX + _KEY_BYTES)
    long = pc.binary_slice(digests, _MD5_PREFIX, _MD5_PREFIX + _KEY_BYTES)
    raw: pa.Array[Any] = pc.if_else(is_md5, long, short)
    numbers = array("q")
    numbers.frombytes(b"".join(raw.fill_null(bytes(_KEY_BYTES)).to_pylist()))
    numbers.byteswap()
    keys = pa.array(numbers, pa.int64())
    nothing: pa.Array[Any] = pa.nulls(len(keys), pa.int64())
    known: pa.Array[Any] = pc.if_else(pc.is_valid(digests), keys, nothing)
    return known
