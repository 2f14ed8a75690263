"""From where a report looks: at how much of the log, under which policy.

The answer under a stored policy as of the head is kept, and looked up. Any other
policy, and any earlier position, is assessed by the question itself: the same tallies
joined with the same kind of rows, and nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from provenance.domain import DatasetName, Policy, Tier
from provenance.lineage import (
    Judged,
    ModelLoop,
    assess_shares,
    judge,
    load_loops,
    select_assessed,
)
from provenance.store.amounts import (
    DIMENSIONS,
    select_amounts,
    select_by_dimension,
    select_pedigrees,
    select_stored,
)
from provenance.store.given import give_rows
from provenance.store.schema import datasets, tallies

__all__ = ["Standpoint"]

_VAST = 3_000_000
"""Tallies of a dataset version by one dimension; so many take some two seconds."""

_TIERS = tuple(Tier)


@dataclass(slots=True, kw_only=True)
class Standpoint:
    """A place in the log and a policy, to ask for amounts from."""

    connection: sa.Connection
    policy: Policy
    size: int | None = None
    """Entries of the log that count; None for all of them."""
    stored: int | None = None
    """Id of the policy if what it makes of pedigrees is kept, as of the head."""
    _judged: Judged | None = field(default=None, init=False)
    _assessed: dict[tuple[int, str], sa.Select[Any]] = field(
        default_factory=dict, init=False
    )
    _laid_out: dict[int, sa.FromClause] = field(default_factory=dict, init=False)

    @property
    def _kept(self) -> int | None:
        """Id of the policy if the answer is kept for where this looks from."""
        return self.stored if self.size is None else None

    def assess(self, dataset: int, aspect: str) -> sa.Select[Any]:
        """What the policy makes of the pedigrees of a dataset version.

        Of others, too, where that is kept; see ``select_assessed`` for the columns.

        Args:
            dataset: Its id.
            aspect: model, mode or evidence; empty for the whole.
        """
        if self._kept is not None:
            return select_stored(self._kept, aspect)
        if (dataset, aspect) not in self._assessed:
            asked = select_pedigrees(dataset, self.size)
            query = select_assessed(self.connection, self._judge(), asked, [aspect])
            self._assessed[dataset, aspect] = query
        return self._assessed[dataset, aspect]

    def _judge(self) -> Judged:
        if self._judged is None:
            (self._judged,) = judge(self.connection, [self.policy], self.size)
        return self._judged

    def amounts(self, dataset: int, **grouping: Any) -> list[Any]:
        """Sum the tallies of a dataset version; see ``select_amounts``.

        By a dimension there may be millions of them: see ``select_by_dimension``.
        """
        of_this = {"dataset": dataset, "size": self.size} | grouping
        if "dimension" not in grouping:
            if self._kept is not None:
                query = _select_kept(self._kept, **of_this)
            else:
                assessed = self.assess(dataset, grouping.get("aspect", ""))
                query = select_amounts(assessed, **of_this)
            return list(self.connection.execute(query).mappings())
        if dataset not in self._laid_out:
            self._laid_out[dataset] = self._lay_out(dataset)
        query = select_by_dimension(self._laid_out[dataset], **of_this)
        unit = str(grouping["only"])
        return [
            {"value": value, "tier": _TIERS[number], unit: amount}
            for value, number, amount in self.connection.execute(query)
        ]

    def _lay_out(self, dataset: int) -> sa.FromClause:
        """The pedigrees of a dataset version, with the places of their tiers."""
        every = self.assess(dataset, "").subquery()
        inside = select_pedigrees(dataset, self.size)
        query = sa.select(every.c.pedigree_id, every.c.tier).where(
            every.c.pedigree_id.in_(inside)
        )
        columns = {"pedigree_id": sa.BigInteger(), "tier": sa.BigInteger()}
        rows = [
            (pedigree, _TIERS.index(Tier(tier)))
            for pedigree, tier in self.connection.execute(query)
        ]
        return give_rows(self.connection, "judged", columns, rows)

    def is_vast(self, dataset: int, **grouping: Any) -> bool:
        """Whether to sum the tallies takes seconds: they are counted up to that."""
        dimension = grouping.get("dimension", "")
        if not dimension:
            return False  # a few rows per pedigree, and read for the totals anyway
        few = (
            sa.select(sa.literal_column("1").label("one"))
            .where(
                tallies.c.dataset_id == dataset,
                tallies.c.dimension == DIMENSIONS[dimension],
            )
            .limit(_VAST)
            .subquery()
        )
        query = sa.select(sa.func.count()).select_from(few)
        return self.connection.execute(query).scalar_one() == _VAST

    def shares(self, dataset: int) -> list[dict[str, Any]]:
        """The shares that are claimed of a dataset version; see ``assess_shares``."""
        query = sa.select(datasets.c.name, datasets.c.version)
        row = self.connection.execute(query.where(datasets.c.id == dataset)).one()
        name = DatasetName(row.name, row.version)
        return assess_shares(self.connection, name, self.policy, self.size)

    def models(self, dataset: int) -> set[str]:
        """The models that a dataset version has something of."""
        assessed = self.assess(dataset, "model").subquery()
        inside = select_pedigrees(dataset, self.size)
        query = sa.select(assessed.c.value).where(assessed.c.pedigree_id.in_(inside))
        return set(self.connection.execute(query.distinct()).scalars())

    def open_models(self, dataset: int) -> list[str]:
        """The generating models of a dataset version that may be deeper than known."""
        judged = self._judge()
        generating = {one.model for one in judged.verdicts if one.generating}
        return sorted(
            model
            for model in self.models(dataset) & generating
            if judged.depths.models[model].open
        )

    def loops(self) -> tuple[ModelLoop, ...]:
        """Models that were trained on what they wrote, and the sets between."""
        if self._kept is not None:
            return load_loops(self.connection, self._kept)
        return self._judge().depths.loops


@lru_cache(maxsize=256)
def _select_kept(policy: int, **of_this: Any) -> sa.Select[Any]:
    """The query for what is kept under a stored policy: to make it takes as long.

    Args:
        policy: Its id.
        of_this: What ``select_amounts`` is told.
    """
    return select_amounts(select_stored(policy, of_this.get("aspect", "")), **of_this)
