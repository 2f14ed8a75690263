"""A ledger that selects: which records to keep, and which to leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa

from provenance.domain import (
    DatasetName,
    End,
    Tier,
    Unit,
    WhatIf,
    parse_bound,
    parse_dataset,
    parse_end,
    parse_unit,
    read_names,
)
from provenance.domain.mix import Mix
from provenance.errors import BoundRefusedError, LedgerStateError, NameRefusedError
from provenance.export.lists import GROUPS, Lists, list_format
from provenance.ledger.reports import find_version
from provenance.ledger.transactions import Transactions
from provenance.ledger.view import open_view, refuse_unknown_models
from provenance.lineage import open_workspace
from provenance.log import log_size
from provenance.query.listed import read_listed
from provenance.report import Standpoint
from provenance.report.selection import Selection, add_up
from provenance.store import schema
from provenance.store.amounts import select_pedigrees
from provenance.store.arrow import read_batches
from provenance.store.claims import load_shares_of
from provenance.store.facts import load_datasets, load_models
from provenance.store.given import give_values
from provenance.store.standing import standing

__all__ = ["Selecting"]

_MEMORY = "500MB"
_UNITS = (Unit.ITEMS, Unit.BYTES, Unit.TOKENS, Unit.RECORDS)
_VERDICTS = pa.schema(
    [
        ("pedigree_id", pa.int64()),
        ("month", pa.string()),
        ("medium", pa.string()),
        ("tier", pa.string()),
        ("excluded", pa.bool_()),
    ]
)
_DOWNSTREAM = (str(Tier.GENERATED), str(Tier.DERIVED))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is to be listed, and where."""

    mix: Mix
    unit: Unit
    by: str | None = None
    policy: str
    what_if: WhatIf | None
    keep: Path | None
    drop: Path | None
    memory: str
    model: str | None = None

    def __post_init__(self) -> None:
        for path in (self.keep, self.drop):
            if path is not None:
                list_format(path)
        if self.keep and self.drop and _is_same(self.keep, self.drop):
            raise NameRefusedError(
                f"{self.keep} would be both lists: of what is kept and what is not",
                hint="Name another file for one of them.",
            )
        if self.unit not in _UNITS:
            raise BoundRefusedError(
                f"records have no {self.unit} of their own to select by",
                hint=f"Choose from: {', '.join(_UNITS)}.",
            )
        if self.by is not None and self.by not in GROUPS:
            raise BoundRefusedError(
                f"{self.by!r} is nothing to select by",
                hint=f"Choose from: {', '.join(GROUPS)}.",
            )


class Selecting(Transactions):
    """Writes lists of records; records nothing."""

    def select(
        self,
        dataset: str,
        keep: str | Path | None = None,
        *,
        drop: str | Path | None = None,
        tiers: Iterable[str | Tier] = (),
        max_downstream: str | float | Decimal | None = None,
        end: str | End = End.HIGH,
        by: str | None = None,
        unit: str | Unit = Unit.ITEMS,
        policy: str = "default",
        what_if: WhatIf | None = None,
        memory: str = _MEMORY,
    ) -> Selection:
        """Keep as much of a dataset as a wanted mix allows; list what, and what not.

        Of the records of the wanted tiers those are kept that add up to most, while
        no more than a share of them may be downstream; see ``domain.mix.fill`` for
        how near that comes to the best. Where a share is asked for, records that lack
        the unit are left out.

        Args:
            dataset: ``NAME@VERSION``; ``NAME`` when it has but one version.
            keep: File of the list of what is kept: .parquet, .csv or .jsonl.
            drop: File of the list of what is not.
            tiers: The wanted tiers; all by default.
            max_downstream: The greatest share of what is kept that may be downstream.
            end: ``high``: what is unknown counts as downstream; ``low``: only what is
                known to be.
            by: source, month, language or split: the share holds within each.
            unit: items, bytes, tokens or records.
            policy: See ``report``.
            what_if: Changes to the policy for this selection.
            memory: How much the set work may hold before it spills.

        Raises:
            BoundRefusedError: A tier, share, end or grouping is none, or records
                have none of that unit.
            NameRefusedError: The name stands for several versions, the unit is none,
                tiers are a text, a file has another suffix, or both lists are one file.
            NotRecordedError: No such dataset or policy.
            LedgerStateError: A list cannot be written, or the ledger was written to
                meanwhile.
        """
        wanted = _read_tiers(tiers)
        most = None if max_downstream is None else parse_bound(max_downstream)
        asked = _Asked(
            mix=Mix(tiers=wanted, max_downstream=most, end=parse_end(end)),
            unit=parse_unit(unit),
            by=by,
            policy=policy,
            what_if=what_if,
            keep=_to_path(keep),
            drop=_to_path(drop),
            memory=memory,
        )
        name = parse_dataset(dataset)
        return self._list(
            asked, lambda view: dict([find_version(view.connection, name)])
        )

    def exclude(
        self,
        model: str,
        drop: str | Path | None = None,
        *,
        dataset: str | None = None,
        keep: str | Path | None = None,
        unit: str | Unit = Unit.ITEMS,
        policy: str = "default",
        what_if: WhatIf | None = None,
        memory: str = _MEMORY,
    ) -> Selection:
        """List every record that is downstream of a model, and every other one.

        That is what the report has as generated or derived of the model.

        Args:
            model: Its name, or another name of it.
            drop: File of the list of what is downstream: .parquet, .csv or .jsonl.
            dataset: The dataset to look in; by default all that have such records.
            keep: File of the list of the other records of these datasets.
            unit: The unit of the weights: items, bytes, tokens or records.
            policy: See ``report``.
            what_if: Changes to the policy for this selection.
            memory: How much the set work may hold before it spills.

        Raises:
            NotRecordedError: No such dataset or policy, or the model is nowhere named.
            NameRefusedError: As for ``select``.
            LedgerStateError: As for ``select``.
        """

        def find(view: Standpoint) -> dict[int, DatasetName]:
            refuse_unknown_models(view.connection, [model])
            if dataset is not None:
                return dict([find_version(view.connection, parse_dataset(dataset))])
            recorded = load_datasets(view.connection)
            name = load_models(view.connection).find(model).name
            ordered = sorted(recorded, key=lambda number: recorded[number])
            return {n: recorded[n] for n in ordered if _find_downstream(view, n, name)}

        asked = _Asked(
            mix=Mix(),
            unit=parse_unit(unit),
            policy=policy,
            what_if=what_if,
            keep=_to_path(keep),
            drop=_to_path(drop),
            memory=memory,
            model=model,
        )
        return self._list(asked, find)

    def _list(
        self, asked: _Asked, find: Callable[[Standpoint], dict[int, DatasetName]]
    ) -> Selection:
        with open_workspace(asked.memory, threads=2) as duck:
            lists = Lists(duck, asked.unit, asked.by)
            with self._reading() as connection:
                size = log_size(connection)
                view = open_view(connection, asked.policy, None, asked.what_if)
                found = find(view)
                for number, name in found.items():
                    lists.add(
                        str(name),
                        read_listed(connection, number, asked.unit),
                        _judge(view, number, asked.model),
                        _load_files(connection, number),
                    )
                notes = _note_shares(connection, found.values())
            with self._reading() as connection:
                _refuse_change(size, log_size(connection))
            lists.choose(asked.mix)
            kept, reasons = add_up(lists.count())
            for path, is_kept in ((asked.keep, True), (asked.drop, False)):
                if path is not None:
                    lists.write(path, kept=is_kept)
        return Selection(
            datasets=tuple(map(str, found.values())),
            unit=asked.unit,
            policy=asked.policy,
            what_if=tuple(asked.what_if.words()) if asked.what_if else (),
            as_of=size,
            kept=kept,
            reasons=reasons,
            keep=asked.keep,
            drop=asked.drop,
            notes=notes,
        )


def _to_path(name: str | Path | None) -> Path | None:
    return None if name is None else Path(name)


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths are one file, however they are spelled or linked."""
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()


def _read_tiers(tiers: Iterable[str | Tier]) -> frozenset[Tier]:
    wanted = frozenset(read_names("tiers", tiers))
    if odd := sorted(wanted - set(Tier)):
        raise BoundRefusedError(
            f"{odd[0]!r} is no tier", hint=f"Choose from: {', '.join(Tier)}."
        )
    return frozenset(map(Tier, wanted)) or frozenset(Tier)


def _judge(view: Standpoint, dataset: int, model: str | None) -> pa.Table:
    """What the policy makes of the pedigrees of a dataset version, and of the model."""
    table, whole = schema.pedigrees, view.assess(dataset, "").subquery("whole")
    excluded: sa.ColumnElement[bool] = sa.false()
    if model is not None:
        name = load_models(view.connection).find(model).name
        found = _find_downstream(view, dataset, name)
        excluded = whole.c.pedigree_id.in_(
            give_values(view.connection, "downstream", sa.BigInteger(), found)
        )
    query = sa.select(
        whole.c.pedigree_id, table.c.month, table.c.medium, whole.c.tier, excluded
    ).join(table, table.c.id == whole.c.pedigree_id)
    batches = read_batches(view.connection, query, _VERDICTS)
    return pa.Table.from_batches(batches, schema=_VERDICTS)


def _find_downstream(view: Standpoint, dataset: int, name: str) -> Sequence[int]:
    """The pedigrees of a dataset version that are downstream of a model of that name.

    They are read, not joined: one query cannot assess by two aspects.
    """
    by_model = view.assess(dataset, "model").subquery()
    query = sa.select(by_model.c.pedigree_id).where(
        by_model.c.value == name,
        by_model.c.tier.in_(_DOWNSTREAM),
        by_model.c.pedigree_id.in_(select_pedigrees(dataset)),
    )
    return view.connection.execute(query).scalars().all()


def _load_files(connection: sa.Connection, dataset: int) -> dict[int, str]:
    table = schema.batches
    query = sa.select(table.c.position, table.c.manifest).where(
        table.c.dataset_id == dataset, standing(table.c.id)
    )
    return {row.position: row.manifest for row in connection.execute(query)}


def _note_shares(
    connection: sa.Connection, names: Iterable[DatasetName]
) -> tuple[str, ...]:
    return tuple(
        f"a share is claimed of {name}, not said of which records: the lists do not "
        "have it"
        for name in names
        if load_shares_of(connection, name)
    )


def _refuse_change(before: int, after: int) -> None:
    """The records and what is made of them are read apart: both of one state."""
    if before != after:
        raise LedgerStateError(
            "the ledger was written to while its records were read",
            hint="Run the command again.",
        )
