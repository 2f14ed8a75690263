"""Check that stored pedigrees are sound in themselves."""

from __future__ import annotations

import sqlalchemy as sa

from provenance.lineage.book import describe
from provenance.lineage.pedigree import Element, Pedigree
from provenance.store import schema
from provenance.store.facts import load_origins

__all__ = ["check_pedigrees"]


def check_pedigrees(connection: sa.Connection) -> list[str]:
    """Compare what is kept of each pedigree with its elements.

    Nothing can be solved and compared before that: a solver finds stored pedigrees by
    these columns.

    Returns:
        A sentence on the first pedigree that is wrong; empty when none is.
    """
    elements, origins = schema.pedigree_origins, load_origins(connection)
    members: dict[int, list[Element]] = {}
    query = sa.select(elements).order_by(elements.c.pedigree_id)
    for number, origin, grade, own, least, greatest in connection.execute(query):
        if origin not in origins:
            return [f"pedigree_origins, pedigree_id {number}: origins has no {origin}"]
        element = Element(origin, grade, bool(own), least, greatest)
        members.setdefault(number, []).append(element)
    table = schema.pedigrees
    known: dict[Pedigree, int] = {}
    for row in connection.execute(sa.select(table).order_by(table.c.id)):
        pedigree = tuple(sorted(members.pop(row.id, [])))
        if not pedigree:
            return [f"pedigree_origins: pedigree {row.id} of pedigrees has no elements"]
        expected = describe(pedigree, origins)
        for column, value in zip(
            ("fingerprint", "month", "medium"), expected, strict=True
        ):
            found = getattr(row, column)
            if found != value:
                return [
                    (
                        f"pedigrees, id {row.id}, column {column}: {found!r}, "
                        f"pedigree_origins and origins make it {value!r}"
                    )
                ]
        other = known.setdefault(pedigree, row.id)
        if other != row.id:
            return [f"pedigrees, id {row.id}: its elements are those of {other}"]
    if members:
        return [f"pedigree_origins: there is no pedigree {min(members)} in pedigrees"]
    return []
