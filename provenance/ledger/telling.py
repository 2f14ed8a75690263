"""Gather what an export is made of, in one view of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from provenance.domain import Claim, DatasetName, Kind, Model, Subject, Tier, Unit
from provenance.export.told import Manifest, Told, Upstream
from provenance.ledger.catalogue import list_datasets
from provenance.ledger.reports import find_version, make_report
from provenance.ledger.view import open_view
from provenance.lineage.assess import NONE
from provenance.query.derived import (
    ASSESSMENTS,
    read_assessments,
    read_pedigrees,
    read_tallies,
)
from provenance.query.rows import RowBatch, list_row_batches, read_rows
from provenance.query.upstream import ask_upstream
from provenance.report import GROUPINGS, Amounts, Report, Standpoint
from provenance.report.shares import plain
from provenance.report.words import say_interval, say_number
from provenance.store import schema
from provenance.store.amounts import select_pedigrees
from provenance.store.claims import load_claims
from provenance.store.facts import load_datasets, load_models
from provenance.store.keys import ASKED_RECORDS
from provenance.store.standing import standing_fact

__all__ = ["tell"]

_MICROSECONDS = 1_000_000
_BY = tuple(by for by in GROUPINGS if by != "depth")
_ASPECTS = ("", "model", "mode", "evidence")


def tell(
    connection: sa.Connection,
    dataset: DatasetName,
    *,
    policy: str,
    unit: Unit,
    beside: Sequence[DatasetName],
    now: datetime,
    tool: str,
) -> Told:
    """Return what the ledger has of a dataset version; see ``Ledger.export_dataset``.

    Args:
        connection: Open as long as the rows are read; it may make temporary tables.
        dataset: The dataset version.
        policy: Name of a stored policy.
        unit: The unit of breakdowns and of the depth.
        beside: Dataset versions that go along whole.
        now: Aware, UTC.
        tool: Name and version of this program.
    """
    view = open_view(connection, policy)
    number, name = find_version(connection, dataset)
    others = [find_version(connection, other) for other in beside]
    report = make_report(connection, name, by=_BY, unit=unit, policy=policy)
    records = make_report(
        connection, name, by=("model", "mode"), unit=Unit.RECORDS, policy=policy
    )
    standing = standing_fact(schema.batches.c.position)
    batches = list_row_batches(connection, standing)
    rows = _Rows(
        view=view,
        number=number,
        whole=frozenset(n for n, _ in others if n != number),
        names=load_datasets(connection),
        batches=batches,
    )
    hangs = rows.ask()
    catalogue = list_datasets(connection)
    along = {str(name), *(str(other) for _, other in others), *rows.list_others()}
    described = {
        str(DatasetName(row["dataset"], row["version"])): row for row in catalogue
    }
    models, claims = _find_facts(connection, {number, *rows.whole}, along)
    return Told(
        dataset=str(name),
        report=report.to_dict(),
        downstream={by: _list_downstream(groups) for by, groups in records.by.items()},
        policy_words=report.policy_words,
        sentences=_say(report),
        stated=described[str(name)],
        beside=[described[other] for other in sorted(along - {str(name)})],
        models=models,
        claims=claims,
        manifests=[_to_manifest(b) for b in batches if b.dataset_id == number],
        domains=_sum_domains(view, number),
        media=_sum_media(view, number),
        edges=_count_edges(connection, number),
        upstream_records=hangs,
        divided_records=_count_divided(connection, {number, *rows.whole}),
        left_out=_list_left_out(rows, models, described[str(name)]),
        now=now,
        tool=tool,
        read_rows=rows.read,
        read_upstream=rows.read_others,
        read_derived=rows.read_derived,
    )


def _list_downstream(
    groups: Iterable[tuple[str | int | None, Amounts]],
) -> frozenset[str]:
    return frozenset(
        str(value)
        for value, amounts in groups
        if value not in (None, NONE)
        and (amounts.tiers[Tier.GENERATED] or amounts.tiers[Tier.DERIVED])
    )


@dataclass(slots=True, kw_only=True)
class _Rows:
    """Reads records: of the dataset, and of what goes along with it."""

    view: Standpoint
    number: int
    whole: frozenset[int]
    names: Mapping[int, DatasetName]
    batches: Sequence[RowBatch]

    def ask(self) -> int:
        """Find the records elsewhere that are needed; return how many there are."""
        inside = {self.number, *self.whole}
        kept = [b for b in self.batches if b.dataset_id in inside]
        if len(kept) == len(self.batches):
            return ask_upstream(self.view.connection, [])
        return ask_upstream(self.view.connection, [b.number for b in kept])

    def list_others(self) -> list[str]:
        """Return the dataset versions of which something goes along."""
        asked = self._holding_asked()
        return [
            str(self.names[number])
            for number in {b.dataset_id for b in self.batches}
            if number is not None
            and number != self.number
            and (number in self.whole or number in asked)
        ]

    def _holding_asked(self) -> set[int | None]:
        records, batches = schema.records, schema.batches
        query = (
            sa.select(batches.c.dataset_id)
            .join(records, records.c.batch_id == batches.c.id)
            .join(ASKED_RECORDS, ASKED_RECORDS.c.record_id == records.c.id)
            .distinct()
        )
        return set(self.view.connection.execute(query).scalars())

    def read(self) -> Iterator[pa.RecordBatch]:
        """Yield the records of the dataset, with tier and depth."""
        found = pa.Table.from_batches(self._assess(("",)), ASSESSMENTS)
        own = [b for b in self.batches if b.dataset_id == self.number]
        return read_rows(self.view.connection, own, found)

    def read_others(self) -> Iterator[Upstream]:
        """Yield what goes along, dataset by dataset."""
        asked = self._holding_asked()
        numbers = dict.fromkeys(b.dataset_id for b in self.batches)
        for number in numbers:
            if number == self.number or not (number in asked or number in self.whole):
                continue
            batches = [b for b in self.batches if b.dataset_id == number]
            only = number not in self.whole
            rows = read_rows(self.view.connection, batches, asked=only)
            yield (None if number is None else str(self.names[number])), rows

    def read_derived(self) -> Iterator[tuple[str, Iterator[pa.RecordBatch]]]:
        """Yield what follows from the records, by the names of the tables."""
        connection = self.view.connection
        yield "pedigrees", read_pedigrees(connection, self.number)
        yield "assessments", self._assess(_ASPECTS)
        yield "tallies", read_tallies(connection, self.number)

    def _assess(self, aspects: Sequence[str]) -> Iterator[pa.RecordBatch]:
        assessed = {a: self.view.assess(self.number, a) for a in aspects}
        return read_assessments(self.view.connection, assessed, self.number)


def _list_left_out(
    rows: _Rows, models: Iterable[Model], stated: Mapping[str, Any]
) -> list[str]:
    """Return what models were trained on and the dataset is of, and is not along."""
    wanted = {name for model in models for name in model.trained_on}
    wanted |= set(stated["derived_from"])
    return sorted(
        str(name)
        for number, name in rows.names.items()
        if number != rows.number and number not in rows.whole
        if wanted & {name.name, str(name)}
    )


def _to_manifest(batch: RowBatch) -> Manifest:
    return Manifest(
        file=batch.manifest,
        sha256=batch.sha256.hex(),
        format=batch.reader,
        records=batch.records,
        position=batch.position,
        recorded_at=datetime.fromtimestamp(batch.recorded_at / _MICROSECONDS, UTC),
    )


def _say(report: Report) -> dict[str, str]:
    """Say the answer in each unit that there is something of."""
    said = {}
    for unit, figures in report.units.items():
        if not figures.total:
            continue
        tiers = ", ".join(f"{tier} {say_number(figures.tiers[tier])}" for tier in Tier)
        share = say_interval(figures.share)
        lacking = sum(figures.missing.values())
        rest = f"; {lacking:,} records have no {unit} and are in no sum" * bool(lacking)
        said[str(unit)] = (
            f"{share} of {say_number(figures.total)} {unit} downstream of generative "
            f"models ({tiers}){rest}"
        )
    return said


def _sum_domains(view: Standpoint, number: int) -> list[tuple[str | None, int | float]]:
    """Sum content bytes by registrable domain, the greatest first."""
    found: dict[str | None, int] = {}
    for row in view.amounts(number, dimension="source", only=Unit.BYTES):
        found[row["value"]] = found.get(row["value"], 0) + int(row["bytes"])
    ranked = sorted(found.items(), key=lambda pair: (-pair[1], pair[0] or ""))
    return [(domain, plain(Fraction(amount, 1000))) for domain, amount in ranked]


def _sum_media(view: Standpoint, number: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in view.amounts(number, dimension="medium", only=Unit.RECORDS):
        name = row["value"] or ""
        found[name] = found.get(name, 0) + int(row["records"])
    return dict(sorted(found.items()))


def _count_edges(connection: sa.Connection, number: int) -> tuple[int, int]:
    batches = schema.batches
    query = sa.select(
        sa.func.coalesce(sa.func.sum(batches.c.generated_by), 0),
        sa.func.coalesce(sa.func.sum(batches.c.derived_from), 0),
    ).where(batches.c.dataset_id == number, standing_fact(batches.c.position))
    made, derived = connection.execute(query).one()
    return int(made), int(derived)


def _count_divided(connection: sa.Connection, numbers: set[int]) -> int:
    """Count erased records of items that other records still call by name or URL."""
    records, batches, erased = schema.records, schema.batches, schema.redactions
    named, its = records.alias("named"), batches.alias("its")
    still = (
        sa.select(named.c.id)
        .join(its, its.c.id == named.c.batch_id)
        .where(named.c.content_key == records.c.content_key)
        .where(named.c.item == records.c.item)
        .where(sa.or_(named.c.name.is_not(None), named.c.path.is_not(None)))
        .where(standing_fact(its.c.position))
    )
    query = (
        sa.select(sa.func.count())
        .select_from(erased)
        .join(batches, batches.c.position == erased.c.batch)
        .join(records, records.c.id == batches.c.first_record + erased.c.leaf_index)
        .where(batches.c.dataset_id.in_(numbers), standing_fact(batches.c.position))
        .where(records.c.digest.is_(None), sa.exists(still))
    )
    return int(connection.execute(query).scalar_one())


def _find_facts(
    connection: sa.Connection, numbers: set[int], along: set[str]
) -> tuple[list[Model], list[Claim]]:
    """Return the models that had a part in some datasets, and claims about them."""
    elements, origins = schema.pedigree_origins, schema.origins
    names: dict[str, None] = {}
    for number in sorted(numbers):
        query = (
            sa.select(origins.c.model)
            .join(elements, elements.c.origin_id == origins.c.id)
            .where(elements.c.pedigree_id.in_(select_pedigrees(number)))
            .where(origins.c.kind == Kind.MODEL)
            .distinct()
        )
        names |= dict.fromkeys(connection.execute(query).scalars())
    plain = {parse.partition("@")[0] for parse in along}
    claims = [
        logged.claim
        for logged in load_claims(connection)
        if logged.claim.subject is not Subject.DATASET or logged.claim.name in plain
    ]
    names |= {c.origin.model: None for c in claims if c.origin.model}
    book = load_models(connection)
    found: dict[str, Model] = {}
    left = list(names)
    while left:
        model = book.find(left.pop())
        if model.name not in found:
            found[model.name] = model
            left += model.based_on
    claims = [c for c in claims if c.subject is not Subject.MODEL or c.name in found]
    return [found[name] for name in sorted(found)], claims
