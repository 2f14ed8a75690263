"""The rule: everything that flows into an item, from what flows into its parents.

A pedigree is a set of elements ``(origin, path grade, own or inherited)``, each with
its least and greatest *hops*: the generative passes from that origin to the item.
This is *Which*-provenance (Green, Karvounarakis, Tannen 2007) over origins, a join
semilattice: union is associative, commutative and idempotent, so the order in which
facts arrive cannot matter. Everything here is pure; sets of items are grouped by
what decides their pedigree elsewhere, and the rule runs once per group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from provenance.domain import Derivation, Grade, Kind, ModelBook, Origin
from provenance.domain.origins import GENERATING_MODES, NEW_WORK

__all__ = [
    "EMPTY",
    "MOST_HOPS",
    "Element",
    "Link",
    "Own",
    "Pedigree",
    "derive_pedigree",
    "own_part",
    "plain_pedigree",
]

MOST_HOPS = 15
"""Hops are counted to here; 15 stands for 15 or more."""


class Element(NamedTuple):
    """One origin in a pedigree, with the strength and length of its paths."""

    origin: int
    grade: int
    own: bool
    least_hops: int
    greatest_hops: int


Pedigree = tuple[Element, ...]
"""Elements in ascending order, one per (origin, grade, own)."""

EMPTY: Pedigree = ()


class Link(NamedTuple):
    """How an item hangs on one of its parents."""

    mode: Derivation
    grade: int
    pedigree: Pedigree


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What the records of one item say of it, apart from its parents."""

    elements: Pedigree
    """Content origins, own."""
    authored: bool
    """Somebody is named, at grade declared or better, who made the content."""
    passes: int
    """1 if a generative model made it, at grade declared or better; else 0."""


def own_part(
    origins: Mapping[int, Origin], claims: Mapping[int, Origin], book: ModelBook
) -> Own:
    """Reduce what is said of an item itself to what the rule needs.

    A claim reaches the item unless one of its records says as well, or better, where
    the content comes from; claims never keep each other out.

    Args:
        origins: Origin id → origin, of all its records.
        claims: The same of what is claimed of its datasets and sources.
        book: Says which models are recorded as not generative.
    """
    said = [origin.grade for origin in origins.values() if origin.is_content]
    best = max(said, default=-1)
    reaching = {n: claim for n, claim in claims.items() if claim.grade > best}
    elements, authored, passes = set(), False, 0
    for number, origin in {**origins, **reaching}.items():
        if not origin.is_content:
            continue
        generating = (
            origin.kind is Kind.MODEL
            and origin.mode in GENERATING_MODES
            and book.find(origin.model or "").generative
        )
        hops = int(generating)
        elements.add(Element(number, int(origin.grade), True, hops, hops))
        authored = authored or origin.is_author
        if generating and origin.grade >= Grade.DECLARED:
            passes = 1
    return Own(elements=tuple(sorted(elements)), authored=authored, passes=passes)


def plain_pedigree(source_unknown: int) -> Pedigree:
    """The pedigree of an item of which nothing is said: its source is unknown."""
    return (Element(source_unknown, int(Grade.PROVEN), True, 0, 0),)


def derive_pedigree(
    own: Own,
    links: Iterable[Link],
    *,
    source_unknown: int,
    unknown: int,
    origins: Mapping[int, Origin],
) -> Pedigree:
    """Apply the rule to one item.

    Args:
        own: What its records say.
        links: Its parents, itself left out; a parent that the ledger has not
            seen has the plain pedigree of ``unknown``.
        source_unknown: Origin id of the item's earliest capture, or ``unknown``.
        unknown: Origin id of the plain unknown.
        origins: Origin id → origin, for every id that occurs.

    Returns:
        The item's elements in ascending order.
    """
    found = {
        (element.origin, element.grade, element.own): (
            element.least_hops,
            element.greatest_hops,
        )
        for element in own.elements
    }
    latest: dict[tuple[str, int], tuple[str, int]] = {}
    has_parent = False
    for link in links:
        has_parent = True
        if link.mode in NEW_WORK and not own.authored:
            found[unknown, int(Grade.PROVEN), True] = (0, 0)
        if link.mode is Derivation.SEEDED and not own.passes:
            continue
        limit = link.grade
        if link.mode is Derivation.NEAR_DUPLICATE:
            limit = min(limit, Grade.DETECTED)
        for element in link.pedigree:
            grade = min(element.grade, limit)
            origin = origins[element.origin]
            if origin.kind is Kind.CAPTURE:
                place = (origin.medium or "", grade)
                capture = (origin.month or "", element.origin)
                latest[place] = max(latest.get(place, ("", -1)), capture)
                continue
            passes = 0 if origin.kind is Kind.UNKNOWN else own.passes
            least = min(element.least_hops + passes, MOST_HOPS)
            greatest = min(element.greatest_hops + passes, MOST_HOPS)
            key = (element.origin, grade, False)
            known = found.get(key)
            if known:
                least, greatest = min(known[0], least), max(known[1], greatest)
            found[key] = (least, greatest)
    for (_, grade), (_, origin_id) in latest.items():
        found[origin_id, grade, False] = (0, 0)
    if not own.authored and not has_parent:
        found[source_unknown, int(Grade.PROVEN), True] = (0, 0)
    return tuple(sorted(Element(*key, *hops) for key, hops in found.items()))
