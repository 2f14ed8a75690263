"""Find the items that rows called their parents, as that was at an earlier time.

The rule is that of ``lineage.parents``: what a digest names, a short content of the
child's dataset first; else what goes by that name or URL in the same manifest, then in
the same dataset version, then as ``DATASET[@VERSION]#NAME``; several are none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from provenance.domain import (
    DatasetName,
    content_key,
    find_by_name,
    format_digest,
    scoped_item,
)
from provenance.query.items import ItemKey, find_recorded
from provenance.store.facts import load_datasets
from provenance.store.keys import split_asked
from provenance.store.records import select_called

__all__ = ["find_parents"]

Place = tuple[int, str]
"""Dataset id and name."""

Called = Mapping[Place, Mapping[ItemKey, set[bytes]]]
"""The items of that name there, and the manifests they stand in."""


def find_parents(
    connection: sa.Connection,
    edges: Sequence[Any],
    children: Mapping[int, Any],
    size: int,
) -> list[ItemKey | None]:
    """Return the item behind each edge, as of a size of the log.

    Args:
        connection: An open transaction.
        edges: Rows of ``derived_from``.
        children: Record id → its row, with dataset and manifest.
        size: Entries of the log that count.
    """
    by_digest = [_digests(edge, children[edge.record_id]) for edge in edges]
    asked = {key for keys in by_digest for key in keys}
    recorded = set(find_recorded(connection, asked, size))
    found = [next((key for key in keys if key in recorded), None) for keys in by_digest]
    left = [number for number, key in enumerate(found) if key is None]
    by_name = find_by_name(load_datasets(connection, size))
    places = {
        number: _places(edges[number], children[edges[number].record_id], by_name)
        for number in left
    }
    called = _find_called(
        connection,
        {place for own, others in places.values() for place in (*own, *others)},
        size,
    )
    for number, (own, others) in places.items():
        child = children[edges[number].record_id]
        found[number] = _nearest(own, others, bytes(child.manifest_sha256), called)
    return found


def _digests(edge: Any, child: Any) -> list[ItemKey]:
    """What the digest of a parent can stand for: the nearest first."""
    if edge.parent_digest is None:
        return []
    digest = bytes(edge.parent_digest)
    short = scoped_item(DatasetName(child.dataset, child.version), digest)
    return [
        ItemKey(content_key(short), bytes(short)),
        ItemKey(edge.parent_key, digest),
    ]


def _places(
    edge: Any, child: Any, by_name: Mapping[str, list[int]]
) -> tuple[list[Place], list[Place]]:
    """Where a parent is looked up, by which names: the child's dataset, and others."""
    if edge.parent_digest is not None:
        spelled = format_digest(edge.parent_digest).partition(":")[2]
        return [
            (int(child.dataset_id), text) for text in (spelled, spelled.upper())
        ], []
    reference = str(edge.parent_reference)
    dataset, _, name = reference.partition("#")
    others = [(number, name) for number in by_name.get(dataset, ()) if name]
    return [(int(child.dataset_id), reference)], others


def _find_called(connection: sa.Connection, places: set[Place], size: int) -> Called:
    found: dict[Place, dict[ItemKey, set[bytes]]] = defaultdict(
        lambda: defaultdict(set)
    )
    numbers = sorted({number for number, _ in places})
    for asked in split_asked(sorted({name for _, name in places})):
        query = select_called(numbers, asked, size)
        for number, manifest, key, item, *names in connection.execute(query):
            for name in names:
                item_key = ItemKey(key, bytes(item))
                found[number, name][item_key].add(bytes(manifest))
    return found


def _nearest(
    own: Sequence[Place], others: Sequence[Place], manifest: bytes, called: Called
) -> ItemKey | None:
    here = [hit for place in own for hit in called.get(place, {}).items()]
    same_manifest = {key for key, where in here if manifest in where}
    elsewhere = {key for place in others for key in called.get(place, {})}
    for hits in (same_manifest, {key for key, _ in here}, elsewhere):
        if hits:
            return hits.pop() if len(hits) == 1 else None
    return None
