"""What hangs on itself: models trained on what they wrote, items among items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from provenance.domain import Tier, format_digest
from provenance.ledger.family import Family
from provenance.lineage.condense import condense
from provenance.store import schema
from provenance.store.amounts import default_policy, select_amounts
from provenance.store.facts import load_datasets, load_parents

__all__ = ["Loop", "list_loops"]

_MOST_ITEMS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """One strongly connected component of models and datasets, or of either alone."""

    kind: str
    """``model``, ``dataset`` or ``item``."""
    text: str
    """The loop in words."""
    models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    shares: tuple[dict[str, Any], ...] = ()
    """What part of the items of which dataset each model of the loop wrote."""
    items: tuple[str, ...] = ()
    """The first items of a loop of items."""
    size: int = 0
    """How many models, or items, the loop has."""
    number: int = -1
    """Key of a loop of items within one state of the ledger."""

    def to_dict(self) -> dict[str, Any]:
        """The loop as JSON values."""
        return {k: v for k, v in asdict(self).items() if k != "number"}


def list_loops(connection: sa.Connection) -> list[Loop]:
    """Return every loop: of models, by name, of declared parents, then of items."""
    return (
        _model_loops(connection) + _dataset_loops(connection) + _item_loops(connection)
    )


def _dataset_loops(connection: sa.Connection) -> list[Loop]:
    """Return what is declared to be derived from itself, by way of others or not."""
    names = load_datasets(connection)
    family = Family(names, load_parents(connection))
    loops = []
    for component in condense(sorted(names), family.parents_of):
        (*others, first) = component
        if not others and first not in family.parents_of(first):
            continue
        members = tuple(sorted(str(names[number]) for number in component))
        told = f"{', '.join(members)}: declared to be derived from "
        told += "each other" if others else "itself"
        loops.append(
            Loop(kind="dataset", text=told, datasets=members, size=len(members))
        )
    return sorted(loops, key=lambda loop: loop.datasets)


def _model_loops(connection: sa.Connection) -> list[Loop]:
    table = schema.model_loops
    names = {number: str(name) for number, name in load_datasets(connection).items()}
    query = sa.select(table).where(table.c.policy_id == default_policy())
    models: dict[int, list[str]] = {}
    datasets: dict[int, list[str]] = {}
    for row in connection.execute(query):
        if row.model is not None:
            models.setdefault(row.loop, []).append(row.model)
        else:
            datasets.setdefault(row.loop, []).append(names[row.dataset_id])
    if not models:
        return []
    written = _written(connection, names)
    loops = []
    for number, members in models.items():
        between = sorted(datasets.get(number, ()))
        shares = tuple(
            one
            for one in written
            if one["model"] in members and one["dataset"] in between
        )
        loops.append(
            Loop(
                kind="model",
                text=_tell(sorted(members), between, shares),
                models=tuple(sorted(members)),
                datasets=tuple(between),
                shares=shares,
                size=len(members),
            )
        )
    return sorted(loops, key=lambda loop: loop.models)


def _written(
    connection: sa.Connection, names: Mapping[int, str]
) -> list[dict[str, Any]]:
    """What share of the items of each dataset each model wrote itself."""
    totals: dict[int, int] = {}
    for row in connection.execute(select_amounts(default_policy())).mappings():
        totals[row["dataset_id"]] = totals.get(row["dataset_id"], 0) + row["items"]
    found = []
    query = select_amounts(default_policy(), aspect="model")
    for row in connection.execute(query).mappings():
        number = row["dataset_id"]
        if row["tier"] == Tier.GENERATED and totals[number]:
            share = row["items"] / totals[number]
            found.append(
                {"model": row["value"], "dataset": names[number], "share": share}
            )
    return sorted(found, key=lambda one: (one["model"], one["dataset"]))


def _tell(
    models: list[str], datasets: list[str], shares: tuple[dict[str, Any], ...]
) -> str:
    if not datasets:
        return f"{', '.join(models)}: based on itself, by way of other models"
    wrote = "; ".join(
        f"{one['model']} wrote {one['share']:.1%} of {one['dataset']}" for one in shares
    )
    trained = "was" if len(models) == 1 else "were"
    told = f"{', '.join(models)} {trained} trained on {', '.join(datasets)}"
    return f"{told}; {wrote}" if wrote else told


def _item_loops(connection: sa.Connection) -> list[Loop]:
    table = schema.item_loops
    members: dict[int, list[str]] = {}
    for row in connection.execute(sa.select(table).order_by(table.c.loop)):
        members.setdefault(row.loop, []).append(format_digest(row.item))
    loops = []
    for number, items in members.items():
        told = "an item is derived from itself"
        if len(items) > 1:
            told = f"{len(items)} items are derived from each other"
        first = tuple(sorted(items)[:_MOST_ITEMS])
        loops.append(
            Loop(kind="item", text=told, items=first, size=len(items), number=number)
        )
    return sorted(loops, key=lambda loop: (-loop.size, loop.items))
