"""Walk up the edges: why items have their tier."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import sqlalchemy as sa

from provenance.domain import ModelBook, format_digest
from provenance.errors import LedgerStateError
from provenance.query.claimed import find_claims, find_own
from provenance.query.explanation import Claimed, Explanation, Occurrence
from provenance.query.items import ItemKey, find_items
from provenance.query.occurrences import (
    Found,
    read_occurrences,
    say_month,
    say_origin,
    say_time,
)
from provenance.query.paths import Said, find_paths
from provenance.store import schema
from provenance.store.amounts import default_policy
from provenance.store.claims import LoggedClaim
from provenance.store.facts import load_models
from provenance.store.keys import split_asked
from provenance.store.standing import standing_loop

__all__ = ["MOST_ITEMS", "Assessed", "AssessesPast", "explain_items"]

MOST_ITEMS = 500
"""Items that are walked in all, unless more are asked for."""

_MOST_RECORDS = 20
"""Records of one item that are shown."""


@dataclass(slots=True)
class _Walk:
    """What was met on the way up."""

    records: dict[ItemKey, list[Found]] = field(default_factory=dict)
    beyond: set[ItemKey] = field(default_factory=set)
    """Items that were named as parents and not walked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """What the facts of some time make of an item."""

    tier: str
    depth: int | None
    open: bool
    loop: bool
    own: frozenset[int]
    """Ids of its own origins."""
    inherited: frozenset[int]
    """Ids of the origins that flow in from its parents."""


class AssessesPast(Protocol):
    """Assesses items by the records that stood at some size of the log."""

    @property
    def size(self) -> int:
        """Entries of the log that count."""

    @property
    def book(self) -> ModelBook:
        """The models as recorded then."""

    def assess(
        self, records: Mapping[ItemKey, list[Found]]
    ) -> Mapping[ItemKey, Assessed]:
        """Assess items of which all ancestors are among the records."""


def explain_items(
    connection: sa.Connection,
    subjects: Sequence[str],
    most: int = MOST_ITEMS,
    past: AssessesPast | None = None,
) -> list[Explanation]:
    """Explain each item that the subjects stand for, up to its first ancestors.

    The nearest ancestors come first, and each is explained once: so loops end.

    Args:
        connection: An open transaction.
        subjects: See ``find_items``.
        most: Items to walk in all; what lies beyond is counted.
        past: Asks as of an earlier size of the log; of the head by default.

    Raises:
        NotRecordedError: A subject stands for nothing.
        LedgerStateError: Of an earlier time, not all ancestors could be walked.
    """
    size = past.size if past else None
    roots = list(
        dict.fromkeys(
            key for one in subjects for key in find_items(connection, one, size)
        )
    )
    book = past.book if past else load_models(connection)
    walk = _walk_up(connection, roots, max(most, len(roots)), size)
    assessed = _assess_past(walk, past, most) if past else {}
    own: Mapping[ItemKey, Collection[int]] = {k: a.own for k, a in assessed.items()}
    if past:
        made = _say_past(assessed)
    else:
        pedigrees = _find_pedigrees(connection, walk.records)
        made = _describe(connection, walk.records, pedigrees)
        own = find_own(connection, pedigrees)
    claims = find_claims(connection, walk.records, own, size)
    said: dict[ItemKey, list[Said]] = {}
    for key, found in walk.records.items():
        shown = found[:_MOST_RECORDS]
        told = [_say_record(record, book) for record in shown]
        made[key].records = [record for record in told if record.dataset]
        made[key].evidence = [record for record in told if not record.dataset]
        made[key].claims = [
            _say_claim(logged, row, book) for logged, row in claims.get(key, ())
        ]
        said[key] = [(one.place, origin) for one in found for origin in one.origins]
        said[key] += [
            (f"claim {logged.position}", row) for logged, row in claims.get(key, ())
        ]
        made[key].records_left_out = (found[0].of_item if found else 0) - len(shown)
    _connect(walk.records, made, roots)
    for key in roots:
        made[key].paths, made[key].beyond = find_paths(
            connection,
            key,
            walk.records,
            said,
            book,
            assessed[key].inherited if past else None,
        )
        made[key].left_out = len(_reached_beyond(key, walk))
    return [made[key] for key in roots]


def _assess_past(
    walk: _Walk, past: AssessesPast, most: int
) -> Mapping[ItemKey, Assessed]:
    """Assess what was walked by what stood then: nothing of it is kept."""
    if walk.beyond:
        raise LedgerStateError(
            f"the ancestors of these items are more than {most} items: what they were "
            "at an earlier position is told by all of them",
            hint="Raise --most.",
        )
    return past.assess(walk.records)


def _say_past(assessed: Mapping[ItemKey, Assessed]) -> dict[ItemKey, Explanation]:
    return {
        key: Explanation(
            item=format_digest(key.item),
            tier=one.tier,
            depth=one.depth,
            open=one.open,
            loop=one.loop,
        )
        for key, one in assessed.items()
    }


def _walk_up(
    connection: sa.Connection, roots: list[ItemKey], most: int, size: int | None
) -> _Walk:
    walk = _Walk()
    # The past is told by all records, the head by what is kept.
    records = _MOST_RECORDS if size is None else sys.maxsize
    front = roots
    while front:
        walk.records |= read_occurrences(connection, front, records, size)
        above = dict.fromkeys(
            edge.parent
            for key in front
            for record in walk.records[key]
            for edge in record.edges
            if edge.parent is not None and edge.parent not in walk.records
        )
        room = most - len(walk.records)
        front = list(above)[:room]
        walk.beyond.update(list(above)[room:])
    return walk


def _reached_beyond(root: ItemKey, walk: _Walk) -> set[ItemKey]:
    """The items that hang above a root and were not walked."""
    seen, waiting, beyond = {root}, deque([root]), set()
    while waiting:
        for record in walk.records[waiting.popleft()]:
            for edge in record.edges:
                if edge.parent in walk.beyond:
                    beyond.add(edge.parent)
                elif edge.parent is not None and edge.parent not in seen:
                    seen.add(edge.parent)
                    waiting.append(edge.parent)
    return beyond


def _connect(
    records: Mapping[ItemKey, list[Found]],
    made: Mapping[ItemKey, Explanation],
    roots: list[ItemKey],
) -> None:
    """Hang each explanation under the first item that names it as a parent."""
    placed = set(roots)
    walked = {explanation.item for explanation in made.values()}
    waiting = deque(roots)
    while waiting:
        key = waiting.popleft()
        hung: set[ItemKey] = set()
        for record in records[key]:
            for edge in record.edges:
                parent = edge.parent
                if parent is not None and parent in made and parent not in placed:
                    placed.add(parent)
                    hung.add(parent)
                    made[key].parents.append(made[parent])
                    waiting.append(parent)
        here = {made[parent].item for parent in hung}
        made[key].records = [
            replace(
                record,
                parents=tuple(
                    replace(
                        parent,
                        repeated=parent.item in walked and parent.item not in here,
                    )
                    for parent in record.parents
                ),
            )
            for record in made[key].records
        ]


def _describe(
    connection: sa.Connection,
    records: Mapping[ItemKey, list[Found]],
    pedigrees: Mapping[ItemKey, int],
) -> dict[ItemKey, Explanation]:
    """Give each item its tier and depth under the default policy."""
    table = schema.assessments
    assessed: dict[int, sa.Row[Any]] = {}
    for asked in split_asked(sorted(set(pedigrees.values()))):
        query = sa.select(
            table.c.pedigree_id, table.c.tier, table.c.depth, table.c.open
        ).where(
            table.c.pedigree_id.in_(asked),
            table.c.aspect == "",
            table.c.policy_id == default_policy(),
        )
        assessed |= {row.pedigree_id: row for row in connection.execute(query)}
    loops = _select_kept(
        connection, schema.item_loops, records, "loop", standing_loop()
    )
    made = {}
    for key in records:
        row = assessed[pedigrees[key]]
        made[key] = Explanation(
            item=format_digest(key.item),
            tier=row.tier,
            depth=row.depth,
            open=row.open,
            loop=key in loops,
        )
    return made


def _find_pedigrees(
    connection: sa.Connection, records: Mapping[ItemKey, list[Found]]
) -> dict[ItemKey, int]:
    found = _select_kept(connection, schema.item_pedigrees, records, "pedigree_id")
    captures = {
        key: _capture(occurrences[0])
        for key, occurrences in records.items()
        if key not in found
    }
    plain = schema.pedigrees
    months = sorted({month for month, _ in captures.values()})
    by_capture: dict[tuple[str, str], int] = {}
    for asked in split_asked(months):
        query = sa.select(plain.c.id, plain.c.month, plain.c.medium).where(
            plain.c.month.in_(asked)
        )
        for row in connection.execute(query):
            by_capture[row.month, row.medium] = row.id
    return found | {key: by_capture[capture] for key, capture in captures.items()}


def _select_kept(
    connection: sa.Connection,
    table: sa.Table,
    keys: Iterable[ItemKey],
    column: str,
    *conditions: sa.ColumnElement[bool],
) -> dict[ItemKey, int]:
    """Read a column of a derived table for some items, as far as it has them."""
    found = {}
    for asked in split_asked(keys):
        query = sa.select(table.c.content_key, table.c.item, table.c[column]).where(
            table.c.content_key.in_([key.content_key for key in asked]), *conditions
        )
        for number, item, value in connection.execute(query):
            found[ItemKey(number, bytes(item))] = value
    return found


def _capture(record: Found) -> tuple[str, str]:
    """The capture that is all there is to an item of one record."""
    if record.row.fetched_at is None:
        return "", ""
    return say_month(record.row.fetched_at), record.row.medium or ""


def _say_record(found: Found, book: ModelBook) -> Occurrence:
    row = found.row
    return Occurrence(
        dataset="@".join(filter(None, (row.dataset, row.version))),
        file=row.manifest,
        row=row.row,
        part=row.part,
        name=row.name,
        url=row.url,
        fetched_at=say_time(row.fetched_at) if row.fetched_at is not None else None,
        batch=row.batch,
        position=row.position,
        index=row.leaf_index,
        origins=tuple(say_origin(origin, book) for origin in found.origins),
        parents=tuple(edge.stated for edge in found.edges),
    )


def _say_claim(logged: LoggedClaim, row: sa.Row[Any], book: ModelBook) -> Claimed:
    return Claimed(
        position=logged.position,
        about=logged.claim.about,
        origin=say_origin(row, book),
        who=logged.claim.who,
        note=logged.claim.note,
    )
