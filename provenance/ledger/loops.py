"""What hangs on itself: models trained on what they wrote, items among items."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from provenance.domain import DEFAULT, Tier, format_digest
from provenance.lineage import measure_policy
from provenance.store import schema
from provenance.store.amounts import default_policy, select_amounts
from provenance.store.facts import load_datasets

__all__ = ["Loop", "list_loops"]

_MOST_ITEMS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """One strongly connected component of models and datasets, or of items."""

    kind: str
    """``model`` or ``item``."""
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
    """Return every loop: those of models first, by name, then those of items."""
    return _model_loops(connection) + _item_loops(connection)


def _model_loops(connection: sa.Connection) -> list[Loop]:
    _, depths, _ = measure_policy(connection, DEFAULT)
    loops = []
    for loop in depths.loops:
        names = [str(dataset) for dataset in loop.datasets]
        shares = tuple(_shares(connection, set(loop.models), set(names)))
        loops.append(
            Loop(
                kind="model",
                text=_tell(loop.models, names, shares),
                models=loop.models,
                datasets=tuple(names),
                shares=shares,
                size=len(loop.models),
            )
        )
    return sorted(loops, key=lambda loop: loop.models)


def _shares(
    connection: sa.Connection, models: set[str], datasets: set[str]
) -> list[dict[str, Any]]:
    names = {number: str(name) for number, name in load_datasets(connection).items()}
    totals: dict[int, int] = {}
    for row in connection.execute(select_amounts(default_policy())).mappings():
        totals[row["dataset_id"]] = totals.get(row["dataset_id"], 0) + row["items"]
    found = []
    query = select_amounts(default_policy(), aspect="model")
    for row in connection.execute(query).mappings():
        number, wrote = row["dataset_id"], row["tier"] == Tier.GENERATED
        if wrote and row["value"] in models and names[number] in datasets:
            share = row["items"] / totals[number] if totals[number] else 0.0
            found.append(
                {"model": row["value"], "dataset": names[number], "share": share}
            )
    return sorted(found, key=lambda one: (one["model"], one["dataset"]))


def _tell(
    models: tuple[str, ...], datasets: list[str], shares: tuple[dict[str, Any], ...]
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
