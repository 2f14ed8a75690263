"""What hangs on itself: models trained on what they wrote, items among items."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from provenance.domain import Tier, Unit, format_digest
from provenance.ledger.family import Family
from provenance.lineage.condense import condense
from provenance.report import Standpoint
from provenance.report.words import say_share
from provenance.store import schema
from provenance.store.facts import load_datasets, load_parents
from provenance.store.standing import standing_loop

__all__ = [
    "Loop",
    "list_item_loops",
    "list_loops",
    "list_model_loops",
]

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


def list_loops(view: Standpoint) -> list[Loop]:
    """Return every loop: of models, by name, of declared parents, then of items."""
    return [*list_model_loops(view), *_dataset_loops(view), *list_item_loops(view)]


def _dataset_loops(view: Standpoint) -> list[Loop]:
    """Return what is declared to be derived from itself, by way of others or not."""
    names = load_datasets(view.connection, view.size)
    family = Family(names, load_parents(view.connection, view.size))
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


def list_model_loops(view: Standpoint) -> list[Loop]:
    """Return the loops among models and datasets under a policy."""
    found = view.loops()
    if not found:
        return []
    datasets = load_datasets(view.connection, view.size)
    between = {name for loop in found for name in loop.datasets}
    written = {
        name: _written(view, number, str(name))
        for number, name in datasets.items()
        if name in between
    }
    loops = []
    for loop in found:
        names, inside = [str(name) for name in loop.datasets], {*loop.models}
        shares = tuple(
            one
            for name in loop.datasets
            for one in written[name]
            if one["model"] in inside
        )
        loops.append(
            Loop(
                kind="model",
                text=_tell([*loop.models], names, shares),
                models=loop.models,
                datasets=tuple(names),
                shares=shares,
                size=len(loop.models),
            )
        )
    return sorted(loops, key=lambda loop: loop.models)


def _written(view: Standpoint, number: int, name: str) -> list[dict[str, Any]]:
    """What share of the items of a dataset each model wrote itself."""
    rows = view.amounts(number, only=Unit.ITEMS)
    total = sum(row["items"] for row in rows)
    if not total:
        return []
    return sorted(
        (
            {"model": row["value"], "dataset": name, "share": row["items"] / total}
            for row in view.amounts(number, only=Unit.ITEMS, aspect="model")
            if row["tier"] == Tier.GENERATED
        ),
        key=lambda one: str(one["model"]),
    )


def _tell(
    models: list[str], datasets: list[str], shares: tuple[dict[str, Any], ...]
) -> str:
    if not datasets:
        return f"{', '.join(models)}: based on itself, by way of other models"
    wrote = "; ".join(
        f"{one['model']} wrote {say_share(one['share'])} of {one['dataset']}"
        for one in shares
    )
    trained = "was" if len(models) == 1 else "were"
    told = f"{', '.join(models)} {trained} trained on {', '.join(datasets)}"
    return f"{told}; {wrote}" if wrote else told


def list_item_loops(view: Standpoint) -> list[Loop]:
    """Return the loops among items."""
    table = schema.item_loops
    members: dict[int, list[str]] = {}
    query = sa.select(table).where(standing_loop(view.size)).order_by(table.c.loop)
    for row in view.connection.execute(query):
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
