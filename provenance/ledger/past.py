"""What single items were at an earlier position of the log.

Of the past the sums are kept, and not what each item was: the rule is applied anew to
the item and its ancestors, to the records, edges and claims that stood then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import sqlalchemy as sa

from provenance.domain import Claim, Evidence, Kind, ModelBook, Origin, Subject
from provenance.ledger.view import find_policy
from provenance.lineage import Judged, Pedigree, judge
from provenance.lineage.assess import Mark, Verdict, tell_tier
from provenance.lineage.condense import condense
from provenance.lineage.pedigree import (
    EMPTY,
    Link,
    derive_pedigree,
    own_part,
    plain_pedigree,
)
from provenance.query import Assessed, ItemKey
from provenance.query.occurrences import Found, say_month
from provenance.store.claims import load_claims
from provenance.store.facts import load_models, load_origins

__all__ = ["Past", "open_past"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The small facts that stood at a size of the log."""

    size: int
    book: ModelBook
    judged: Judged
    """What the policy of then makes of elements and models."""
    origins: dict[int, Origin]
    """By their ids; those that the rule adds have ids of no others."""
    claims: Sequence[tuple[int, Claim]]
    """Those that reach items, with the ids of their origins."""

    def assess(
        self, records: Mapping[ItemKey, list[Found]]
    ) -> Mapping[ItemKey, Assessed]:
        """Assess items of which all ancestors are among the records."""
        pedigrees: dict[ItemKey, Pedigree] = {}
        loops: set[ItemKey] = set()

        def parents(key: ItemKey) -> list[ItemKey]:
            found = (edge.parent for record in records[key] for edge in record.edges)
            return [parent for parent in found if parent is not None]

        for component in condense(records, parents):
            if len(component) > 1 or component[0] in parents(component[0]):
                loops.update(component)
            self._solve(component, records, pedigrees)
        verdicts = {(v.origin, v.grade, v.own): v for v in self.judged.verdicts}
        return {
            key: self._tell(pedigree, verdicts, loop=key in loops)
            for key, pedigree in pedigrees.items()
        }

    def _solve(
        self,
        component: list[ItemKey],
        records: Mapping[ItemKey, list[Found]],
        pedigrees: dict[ItemKey, Pedigree],
    ) -> None:
        """Find the least fixed point from empty; what no origin reaches is unknown."""
        unknown = self._intern(Kind.UNKNOWN, None, None)
        pedigrees |= dict.fromkeys(component, EMPTY)
        while True:
            before = [pedigrees[key] for key in component]
            for key in component:
                pedigrees[key] = self._derive(key, records[key], pedigrees, unknown)
            if before == [pedigrees[key] for key in component]:
                break
        for key in component:
            pedigrees[key] = pedigrees[key] or plain_pedigree(unknown)

    def _derive(
        self,
        key: ItemKey,
        found: list[Found],
        pedigrees: Mapping[ItemKey, Pedigree],
        unknown: int,
    ) -> Pedigree:
        stated = {row.id: self.origins[row.id] for one in found for row in one.origins}
        claimed = {
            number: self.origins[number]
            for number, claim in self.claims
            if any(_reaches(claim, one) for one in found)
        }
        links = [
            Link(
                edge.mode,
                int(edge.grade),
                plain_pedigree(unknown)
                if edge.parent is None
                else pedigrees[edge.parent],
            )
            for one in found
            for edge in one.edges
            if edge.parent != key
        ]
        dated = [
            (one.row.fetched_at, one.row.medium or "")
            for one in found
            if one.row.fetched_at is not None
        ]
        capture = unknown
        if dated:
            moment, medium = min(dated)
            capture = self._intern(Kind.CAPTURE, say_month(moment), medium or None)
        return derive_pedigree(
            own_part(stated, claimed, self.book),
            links,
            source_unknown=capture,
            unknown=unknown,
            origins=self.origins,
        )

    def _intern(self, kind: Kind, month: str | None, medium: str | None) -> int:
        """Return the id of a capture, or of what is not known."""
        for number, origin in self.origins.items():
            if (origin.kind, origin.month, origin.medium) == (kind, month, medium):
                return number
        number = max(self.origins, default=0) + 1
        self.origins[number] = Origin(
            kind=kind, evidence=Evidence.CAPTURED, month=month, medium=medium
        )
        return number

    def _tell(
        self,
        pedigree: Pedigree,
        verdicts: Mapping[tuple[int, int, bool], Verdict],
        *,
        loop: bool,
    ) -> Assessed:
        found = [
            (one, verdicts.get((one.origin, one.grade, one.own))) for one in pedigree
        ]
        # Of a capture that no other item has, nothing is known but that.
        marks = (verdict.marks if verdict else Mark.UNKNOWN for _, verdict in found)
        tier = tell_tier(reduce(or_, marks, 0))
        models = [
            (one.greatest_hops, self.judged.depths.models[verdict.model])
            for one, verdict in found
            if verdict and verdict.generating and verdict.model
        ]
        known = 0 if tier != "unknown" else None
        return Assessed(
            tier=str(tier),
            depth=max((hops + model.depth for hops, model in models), default=known),
            open=any(model.open for _, model in models),
            loop=loop,
            own=frozenset(one.origin for one in pedigree if one.own),
            inherited=frozenset(one.origin for one in pedigree if not one.own),
        )


def _reaches(claim: Claim, found: Found) -> bool:
    row = found.row
    if claim.subject is Subject.DATASET:
        if row.dataset != claim.name or claim.version not in (None, row.version):
            return False
    elif row.dataset is None or claim.name not in (row.host, row.domain):
        return False
    first, last = claim.first_at, claim.last_at
    if row.fetched_at is None:
        return first is None and last is None
    return (first is None or row.fetched_at >= first) and (
        last is None or row.fetched_at <= last
    )


def open_past(connection: sa.Connection, size: int) -> Past:
    """Load the small facts that stood at a size of the log."""
    _, policy, _ = find_policy(connection, "default", size)
    (judged,) = judge(connection, [policy], size)
    return Past(
        size=size,
        book=load_models(connection, size),
        judged=judged,
        origins=load_origins(connection),
        claims=[
            (logged.origin_id, logged.claim)
            for logged in load_claims(connection, size=size)
            if logged.claim.reaches_items
        ],
    )
