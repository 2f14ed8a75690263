"""Record the facts that a document states, one log entry each, behind its batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from provenance.domain import (
    Claim,
    ClaimFact,
    DatasetFact,
    DatasetName,
    Fact,
    ModelBook,
    ModelFact,
    make_claim,
)
from provenance.ledger.claims import record_claim
from provenance.ledger.facts import follow_models, record_dataset, write_model
from provenance.lineage import Lineage
from provenance.store.claims import load_claims
from provenance.store.facts import load_models

__all__ = ["find_loops", "follow_withdrawn", "plan_facts", "record_facts"]

_MOST_PARENTS = 200
"""Of one log entry, which may have but 64 KiB."""
_MOST_BYTES = 30_000
"""Of what else is stated in one."""


def plan_facts(facts: Sequence[Fact], subject: DatasetName) -> list[Fact]:
    """Return the facts as they are logged: each small enough, and of a named subject.

    Args:
        facts: What a document states.
        subject: What the manifest is recorded for, or named after.
    """
    planned: list[Fact] = []
    for fact in facts:
        if isinstance(fact, ModelFact):
            name = fact.model.name or str(subject)
            planned.append(replace(fact, model=replace(fact.model, name=name)))
        elif isinstance(fact, ClaimFact):
            planned.append(replace(fact, dataset=fact.dataset or subject))
        elif isinstance(fact, Claim):
            planned.append(fact)
        else:
            planned += _split(replace(fact, dataset=fact.dataset or subject))
    return planned


def _split(fact: DatasetFact) -> Iterator[DatasetFact]:
    """Divide a fact that is too long for one log entry."""
    yield replace(fact, parents=fact.parents[:_MOST_PARENTS], stated=_cut(fact.stated))
    for start in range(_MOST_PARENTS, len(fact.parents), _MOST_PARENTS):
        some = fact.parents[start : start + _MOST_PARENTS]
        yield DatasetFact(dataset=fact.dataset, parents=some)


def _cut(stated: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Leave out the last values of what is too long, and say so."""
    left = _MOST_BYTES
    kept: dict[str, list[str]] = {}
    for name, words in stated.items():
        for word in words:
            size = len(word.encode()) + 8
            if size > left:
                kept["cut"] = [*kept.get("cut", []), name]
                break
            left -= size
            kept.setdefault(name, []).append(word)
    return kept


def find_loops(facts: Sequence[Fact]) -> list[DatasetName]:
    """Return the datasets that are stated to be derived from themselves."""
    return [
        fact.dataset
        for fact in facts
        if isinstance(fact, DatasetFact)
        and fact.dataset is not None
        and fact.dataset in fact.parents
    ]


def record_facts(
    connection: sa.Connection,
    facts: Sequence[Fact],
    now: int,
    lineage: Lineage | None,
) -> None:
    """Record planned facts, in order, each as a log entry, and follow them.

    Args:
        connection: A writing transaction.
        facts: From ``plan_facts``.
        now: Microseconds since 1970 UTC.
        lineage: Follows claims; without any claim among them it is not needed.

    Raises:
        NameRefusedError: A name cannot be that of a model.
    """
    before = load_models(connection)
    last = None
    for fact in facts:
        if isinstance(fact, ModelFact):
            # A document may use another name of a model that is known.
            known = before.find(fact.model.name).name
            last = write_model(
                connection,
                before,
                replace(fact.model, name=known),
                generative=fact.generative,
                training_complete=fact.training_complete,
                now=now,
            )
        elif isinstance(fact, ClaimFact | Claim):
            claim = _to_claim(fact)
            position = record_claim(connection, claim, now)
            if lineage and claim.reaches_items:
                lineage.restate(connection, claim, position)
        elif fact.dataset is not None:
            record_dataset(
                connection,
                fact.dataset,
                parents=fact.parents,
                license_=fact.license,
                note=fact.note,
                stated=fact.stated,
                now=now,
            )
    if last is not None:
        follow_models(connection, before, last)


def _to_claim(fact: ClaimFact | Claim) -> Claim:
    if isinstance(fact, Claim):
        return fact
    return make_claim(
        dataset=str(fact.dataset),
        generated_by=fact.generated_by,
        mode=fact.mode,
        note=fact.note,
    )


def follow_withdrawn(
    connection: sa.Connection,
    taken: Sequence[int],
    before: ModelBook,
    position: int,
    lineage: Lineage,
) -> None:
    """Follow the withdrawal of facts that stood behind batches.

    Args:
        connection: A writing transaction in which that was recorded.
        taken: Log positions that were withdrawn.
        before: The models as recorded before.
        position: Log position of the withdrawal.
        lineage: Follows claims.
    """
    gone = set(taken)
    for logged in load_claims(connection, withdrawn=True):
        if logged.position in gone and logged.claim.reaches_items:
            lineage.restate(connection, logged.claim, position)
    follow_models(connection, before, position)
