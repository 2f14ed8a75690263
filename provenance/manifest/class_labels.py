"""Classes in Parquet of Hugging Face: the cells hold numbers, the metadata names.

https://huggingface.co/docs/datasets/about_dataset_features#classlabel::

    huggingface: {"info": {"features": {
        "language": {"names": ["de", "en"], "_type": "ClassLabel"}, …}}}

The number of a class is its place among the names; -1 means that it is not known.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import types

from provenance.manifest.kernels import pc

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["list_labels", "name_classes"]

_DEPTH = 8


def list_labels(metadata: Mapping[str, str]) -> dict[tuple[str, ...], list[str]]:
    """Return the path of each column of classes → their names.

    Args:
        metadata: That of the file.
    """
    try:
        features = json.loads(metadata["huggingface"])["info"]["features"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    return dict(_iter_labels(features, ()))


def _iter_labels(feature: Any, path: tuple[str, ...]) -> Any:
    if not isinstance(feature, dict) or len(path) > _DEPTH:
        return
    if feature.get("_type") == "ClassLabel":
        names = feature.get("names")
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            yield path, names
        return
    for name, inner in feature.items():
        yield from _iter_labels(inner, (*path, name))


def name_classes(column: Any, names: list[str]) -> Any:
    """Return the names of classes; null where a number has none."""
    if not types.is_integer(column.type):
        return column
    numbers = pa.array(range(len(names)), pa.int64())
    places = pc.index_in(column.cast(pa.int64()), value_set=numbers)
    return pa.array(names, pa.string()).take(places)
