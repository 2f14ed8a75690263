"""Find the shortest way from an item to each generative origin that flows in."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from provenance.domain import (
    Derivation,
    Grade,
    Kind,
    Mode,
    ModelBook,
    format_digest,
)
from provenance.domain.origins import GENERATING_MODES
from provenance.query.explanation import Path, Step
from provenance.query.items import ItemKey
from provenance.query.occurrences import Edge, Found, say_origin
from provenance.store import schema
from provenance.store.given import give_values

__all__ = ["Said", "find_paths"]

Records = Mapping[ItemKey, list[Found]]
Said = tuple[str, sa.Row[Any]]
"""``POSITION:INDEX`` of a record, or the claim, and the origin it names."""


def find_paths(
    connection: sa.Connection,
    root: ItemKey,
    records: Records,
    said: Mapping[ItemKey, list[Said]],
    book: ModelBook,
    inherited: Collection[int] | None = None,
) -> tuple[list[Path], list[str]]:
    """Return a path for each inherited generative origin of an item.

    Breadth first over what was walked, along the edges that pass origins on: a seed
    passes them only to what is itself generated (semantics of ``lineage.pedigree``).

    Args:
        connection: An open transaction.
        root: The item.
        records: What was walked, the item included.
        said: Who made each item, and where that is said.
        book: Says which models are recorded as not generative.
        inherited: Ids of the origins that the item inherited; those of its pedigree
            as it is kept by default.

    Returns:
        The paths, and the models of those origins that no walked item names.
    """
    flowing = _flowing(connection, root, book, inherited)
    found: dict[int, Path] = {}
    came: dict[ItemKey, tuple[Found, Edge]] = {}
    waiting = deque([root])
    while waiting and flowing.keys() - found.keys():
        key = waiting.popleft()
        if key != root:
            for place, origin in said[key]:
                if origin.id in flowing and origin.id not in found:
                    steps, grade = _trace(root, key, came)
                    found[origin.id] = Path(
                        origin=say_origin(origin, book),
                        item=format_digest(key.item),
                        record=place,
                        steps=steps,
                        grade=min(Grade(origin.grade), grade).name.lower(),
                    )
        generated = any(
            _is_generating(origin, book) and origin.grade >= Grade.DECLARED
            for _, origin in said[key]
        )
        for record in records[key]:
            for edge in record.edges:
                parent = edge.parent
                if parent is None or parent in came or parent == root:
                    continue
                if edge.mode is Derivation.SEEDED and not generated:
                    continue
                if parent in records:
                    came[parent] = record, edge
                    waiting.append(parent)
    # What it inherits from itself, around a loop, is no way up.
    own = {origin.id for _, origin in said[root]}
    unseen = {flowing[number] for number in flowing.keys() - found.keys() - own}
    return list(found.values()), sorted(unseen)


def _flowing(
    connection: sa.Connection,
    root: ItemKey,
    book: ModelBook,
    inherited: Collection[int] | None,
) -> dict[int, str]:
    """The generative origins in an item's pedigree that it inherited: id → model."""
    items, elements = schema.item_pedigrees, schema.pedigree_origins
    origins = schema.origins
    kept = (
        sa.select(elements.c.origin_id)
        .join(items, items.c.pedigree_id == elements.c.pedigree_id)
        .where(
            items.c.content_key == root.content_key,
            items.c.item == root.item,
            sa.not_(elements.c.own),
        )
    )
    wanted = kept
    if inherited is not None:
        wanted = give_values(connection, "inherited", sa.BigInteger(), inherited)
    query = sa.select(origins).where(origins.c.id.in_(wanted)).order_by(origins.c.id)
    return {
        row.id: book.find(row.model or "").name
        for row in connection.execute(query)
        if _is_generating(row, book)
    }


def _is_generating(origin: sa.Row[Any], book: ModelBook) -> bool:
    return (
        origin.kind == Kind.MODEL
        and origin.asserted
        and Mode(origin.mode) in GENERATING_MODES
        and book.find(origin.model or "").generative
    )


def _trace(
    root: ItemKey, end: ItemKey, came: Mapping[ItemKey, tuple[Found, Edge]]
) -> tuple[tuple[Step, ...], Grade]:
    """Follow the way back from where an origin was met; with its weakest link."""
    steps: list[Step] = []
    grade, key = Grade.PROVEN, end
    while key != root:
        child, edge = came[key]
        steps.append(
            Step(
                item=format_digest(child.key.item),
                record=child.place,
                mode=edge.stated.mode,
                evidence=edge.stated.evidence,
                grade=edge.stated.grade,
                parent=format_digest(key.item),
            )
        )
        grade = min(grade, edge.grade)
        key = child.key
    return tuple(reversed(steps)), grade
