"""Random small worlds of facts, and how to record one in a ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import reference as ref
import sqlalchemy as sa
from hypothesis import strategies as st

from provenance.batch import BATCH_SCHEMA
from provenance.domain import (
    Claim,
    Model,
    WhatIf,
    make_claim,
    parse_dataset,
    parse_digest,
)
from provenance.domain.origins import Grade, Mode
from provenance.ingest import Arranger, BatchWriter
from provenance.ledger.claims import record_claim
from provenance.ledger.facts import find_dataset, record_dataset, record_model
from provenance.lineage import Entering
from provenance.log import append_entry, hash_batch
from provenance.store import schema
from provenance.store.intern import last_id

__all__ = [
    "DATASETS",
    "digest_of",
    "policies",
    "record_batch",
    "record_rows",
    "record_world",
    "to_claim",
    "to_what_if",
    "world_claims",
    "world_evidence",
    "world_models",
    "world_records",
    "worlds",
]

DATASETS = ("crawl", "mix@1", "mix@2")
_ITEMS = tuple("abcdefghij")
_MODELS = ("M1", "M2", "M3")
_NAMES = (*_MODELS, "alias-of-M1", "unrecorded", "unnamed")
_MODES = ("written", "unspecified", "transcribed", "labelled", "translated")
_EVIDENCE = ("declared", "captured", "detector", "inferred", "matched")
_DERIVATIONS = (
    "copied",
    "cleaned",
    "seeded",
    "translated",
    "merged",
    "near_duplicate",
    "unspecified",
)
_MONTHS = (None, "2019-05", "2022-07", "2022-09", "2023-01")


@st.composite
def _origins(draw: st.DrawFn, *, scored: bool = True) -> ref.Origin:
    kind = draw(st.sampled_from(("model", "model", "model", "human", "other")))
    evidence = draw(st.sampled_from(_EVIDENCE))
    if kind != "model":
        return ref.Origin(kind, evidence=evidence)
    score = None
    if evidence == "detector" and scored:
        score = draw(st.sampled_from((None, 0.2, 0.5, 0.93)))
    return ref.Origin(
        "model",
        model=draw(st.sampled_from(_NAMES)),
        mode=draw(st.sampled_from(_MODES)),
        evidence=evidence,
        detector="pangram@2" if score is not None else None,
        score=score,
        threshold=0.5 if score is not None else None,
    )


@st.composite
def world_records(draw: st.DrawFn) -> ref.Record:
    parents = st.builds(
        ref.Parent,
        item=st.sampled_from((*_ITEMS, "never seen")),
        mode=st.sampled_from(_DERIVATIONS),
        evidence=st.sampled_from(_EVIDENCE),
    )
    amount = st.sampled_from((None, 64, 1000, 3001))
    return ref.Record(
        dataset=draw(st.sampled_from(DATASETS)),
        item=draw(st.sampled_from(_ITEMS)),
        origins=tuple(draw(st.lists(_origins(), max_size=2))),
        parents=tuple(draw(st.lists(parents, max_size=2))),
        month=draw(st.sampled_from(_MONTHS)),
        day=draw(st.sampled_from((7, 23))),
        medium=draw(st.sampled_from((None, "text", "image", "audio"))),
        domain=draw(st.sampled_from((None, "example.com", "example.org"))),
        language=draw(st.sampled_from((None, "en", "de"))),
        split=draw(st.sampled_from((None, "train", "test"))),
        bytes=draw(amount),
        tokens=draw(amount),
        items=draw(st.sampled_from((1, 1, None, 50))),
        copies=draw(st.sampled_from((Decimal(1), Decimal("2.5"), Decimal(0)))),
    )


@st.composite
def world_evidence(draw: st.DrawFn) -> ref.Record:
    """What was observed of an item, recorded or not: no record of any dataset."""
    return ref.Record(
        dataset=None,
        item=draw(st.sampled_from((*_ITEMS, "never seen"))),
        origins=tuple(draw(st.lists(_origins(), max_size=2))),
        month=draw(st.sampled_from(_MONTHS)),
        day=draw(st.sampled_from((7, 23))),
        medium=draw(st.sampled_from((None, "text", "image", "audio"))),
        domain=draw(st.sampled_from((None, "example.com"))),
        bytes=draw(st.sampled_from((None, 64, 3001))),
    )


@st.composite
def world_models(draw: st.DrawFn, name: str) -> ref.Model:
    sets = st.sampled_from((*DATASETS, "mix", "elsewhere"))
    return ref.Model(
        name=name,
        aliases=("alias-of-M1",) if name == "M1" else (),
        generative=draw(st.sampled_from((True, True, False))),
        based_on=tuple(sorted(draw(st.sets(st.sampled_from(_MODELS), max_size=1)))),
        trained_on=tuple(sorted(draw(st.sets(sets, max_size=2)))),
        training_complete=draw(st.booleans()),
    )


@st.composite
def world_claims(draw: st.DrawFn) -> ref.Claim:
    """Claims of a dataset, a source or certain months of it, or a share of a set."""
    origin = draw(_origins(scored=False))
    if origin.kind == "model" and draw(st.integers(0, 3)) == 0:
        named = draw(st.sampled_from((*DATASETS, "mix")))
        share = draw(st.sampled_from((Decimal("0.25"), Decimal("0.6"), Decimal(1))))
        unit = draw(st.sampled_from(ref.UNITS))
        return ref.Claim(origin, named, share=share, unit=unit)
    first = last = None
    if draw(st.booleans()):
        first, last = draw(st.sampled_from(_MONTHS)), draw(st.sampled_from(_MONTHS))
        if first and last and last < first:
            first, last = last, first
    dataset = source = None
    if draw(st.booleans()):
        dataset = draw(st.sampled_from((*DATASETS, "mix", "elsewhere")))
    else:
        source = draw(st.sampled_from(("example.com", "www.example.org")))
    return ref.Claim(origin, dataset, source, first, last)


def to_claim(claim: ref.Claim) -> Claim:
    """The same claim for the engine."""
    origin = claim.origin
    return make_claim(
        dataset=claim.dataset,
        source=claim.source,
        generated_by=origin.model,
        origin=origin.kind,
        mode=origin.mode,
        evidence=origin.evidence,
        since=date.fromisoformat(f"{claim.first}-01") if claim.first else None,
        until=date.fromisoformat(f"{claim.last}-28") if claim.last else None,
        share=claim.share,
        unit=claim.unit,
    )


@st.composite
def worlds(draw: st.DrawFn) -> ref.World:
    """A few records of a few items in three dataset versions, models and claims."""
    names = draw(st.sets(st.sampled_from(_MODELS)))
    records = draw(st.lists(world_records(), min_size=1, max_size=14))
    evidence = draw(st.lists(world_evidence(), max_size=3))
    return ref.World(
        records=(*records, *evidence),
        models=tuple(draw(world_models(name)) for name in sorted(names)),
        claims=tuple(draw(st.lists(world_claims(), max_size=2))),
    )


@st.composite
def policies(draw: st.DrawFn) -> ref.Policy:
    """Policies that differ from the default in everything a policy can say."""
    modes = draw(st.sets(st.sampled_from(_MODES[:3]), min_size=1))
    cutoffs = st.dictionaries(
        st.sampled_from(("text", "image")), st.sampled_from(_MONTHS[1:]), max_size=2
    )
    return ref.Policy(
        least_grade=draw(st.integers(0, 3)),
        generating_modes=frozenset(modes),
        ignored_models=frozenset(draw(st.sets(st.sampled_from(_NAMES), max_size=1))),
        cutoffs={m: str(c) for m, c in draw(cutoffs).items()},
    )


def to_what_if(policy: ref.Policy, world: ref.World) -> WhatIf:
    """The same policy for the engine, as changes to the default one.

    To ignore a model that is nowhere named would be refused.
    """
    named = {o.model for r in world.records for o in r.origins} | {
        name for model in world.models for name in (model.name, *model.aliases)
    }
    named |= {claim.origin.model for claim in world.claims}
    return WhatIf(
        least_grade=Grade(policy.least_grade),
        generating=frozenset(map(Mode, policy.generating_modes)),
        ignored_models=policy.ignored_models & named,
        cutoffs=policy.cutoffs,
    )


def digest_of(item: object) -> bytes:
    """The digest that stands for an item of a world."""
    hexed = hashlib.sha256(str(item).encode()).hexdigest()
    return parse_digest(f"sha256:{hexed}")


def _row(number: int, record: ref.Record) -> dict[str, object]:
    fetched = None
    if record.month:
        fetched = datetime.fromisoformat(f"{record.month}-{record.day:02}").replace(
            tzinfo=UTC
        )
    return {
        "row": number,
        "part": 0,
        "digest": digest_of(record.item),
        "name": None,
        "url": f"https://www.{record.domain}/{record.item}" if record.domain else None,
        "fetched_at": fetched,
        "bytes": record.bytes,
        "tokens": record.tokens,
        "items": record.items,
        "copies": int(record.copies * 1000),
        "language": record.language,
        "medium": record.medium,
        "media_type": record.medium,
        "split": record.split,
        "origins": [vars(origin) for origin in record.origins],
        "parents": [
            {
                "digest": digest_of(parent.item),
                "reference": None,
                "mode": parent.mode,
                "evidence": parent.evidence,
            }
            for parent in record.parents
        ],
    }


def record_world(connection: sa.Connection, world: ref.World) -> None:
    """Record a world's facts, without deriving anything from them."""
    for dataset in sorted({r.dataset or "" for r in world.records}):
        rows = [record for record in world.records if (record.dataset or "") == dataset]
        record_rows(connection, dataset or None, rows)
    for model in world.models:
        record_model(
            connection,
            Model(
                name=model.name,
                aliases=model.aliases,
                based_on=model.based_on,
                trained_on=model.trained_on,
            ),
            generative=model.generative,
            training_complete=model.training_complete,
            now=0,
        )
    for claim in world.claims:
        record_claim(connection, to_claim(claim), 0)


def record_rows(
    connection: sa.Connection, dataset: str | None, rows: Sequence[ref.Record]
) -> tuple[Entering, int]:
    """Record rows of one dataset version, or evidence, as one batch."""
    raw = [_row(place, record) for place, record in enumerate(rows, start=1)]
    return record_batch(connection, dataset, raw)


def record_batch(
    connection: sa.Connection,
    dataset: str | None,
    rows: Sequence[Mapping[str, object]],
    sha256: bytes | None = None,
) -> tuple[Entering, int]:
    """Record rows of the one schema as one batch.

    Args:
        connection: A writing transaction.
        dataset: The dataset version; None: the rows are evidence.
        rows: Values by the names of ``BATCH_SCHEMA``.
        sha256: Digest of the manifest; of one of its own by default.

    Returns:
        What entered, and the log position of the batch.
    """
    name = None if dataset is None else parse_dataset(dataset)
    if name is not None and find_dataset(connection, name) is None:
        record_dataset(connection, name, now=0)
    number = last_id(connection, schema.batches) + 1
    position = append_entry(connection, "batch", {"batch": number}, 0)
    batch = pa.Table.from_pylist([dict(row) for row in rows], schema=BATCH_SCHEMA)
    sha256 = sha256 or number.to_bytes(32, "big")
    arranged = Arranger(dataset=name, manifest_sha256=sha256).arrange(batch)
    tree = hash_batch(arranged.tables())
    written = BatchWriter().write(connection, arranged, number)
    dataset_id = None if name is None else find_dataset(connection, name)
    connection.execute(
        schema.batches.insert().values(
            id=number,
            dataset_id=dataset_id,
            kind="dataset" if name else "evidence",
            manifest=f"/{number}",
            manifest_sha256=sha256,
            manifest_bytes=0,
            reader="jsonl",
            mapping="{}",
            first_row=1,
            last_row=len(rows),
            complete=True,
            records=tree.size,
            root=tree.root,
            first_record=written.first_record,
            quarantined=0,
            generated_by=arranged.generated_by.num_rows,
            derived_from=arranged.derived_from.num_rows,
            position=position,
        )
    )
    entering = Entering(
        dataset_id=dataset_id,
        dataset=name,
        first_record=written.first_record,
        records=written.records,
        origins=written.generated_by,
        parents=written.derived_from,
    )
    return entering, position
