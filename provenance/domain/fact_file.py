"""Facts about datasets and models, and claims, as one JSON object.

What rows cannot say of themselves, written by one ledger to be read by another::

    {"type": "provenance/facts/v1",
     "datasets": [{"dataset": "NAME@VERSION", "derived_from": […], "license": …,
                   "note": …, "stated": {…}}],
     "models": [{"name": …, "aliases": […], "provider": …, "released": "YYYY-MM-DD",
                 "generative": …, "based_on": […], "trained_on": […],
                 "training_complete": …}],
     "claims": [{"subject": "dataset", "name": …, … as in the log}]}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from provenance.domain.claims import Claim, make_claim
from provenance.domain.datasets import DatasetName, parse_dataset
from provenance.domain.facts import DatasetFact, Fact, ModelFact
from provenance.domain.models import Model
from provenance.errors import LedgerError

__all__ = ["FACTS_TYPE", "format_facts", "parse_facts"]

FACTS_TYPE: Final = "provenance/facts/v1"

_MICROSECONDS = 1_000_000
_MEMBERS = {"type", "datasets", "models", "claims"}


def format_facts(
    datasets: Iterable[DatasetFact], models: Iterable[Model], claims: Iterable[Claim]
) -> dict[str, Any]:
    """Return the object; the inverse of ``parse_facts``."""
    return {
        "type": FACTS_TYPE,
        "datasets": [fact.to_dict() for fact in datasets],
        "models": [
            {k: v for k, v in model.to_dict().items() if k != "registered"}
            for model in models
        ],
        "claims": [claim.to_entry() for claim in claims],
    }


def parse_facts(read: Mapping[str, Any]) -> list[Fact]:
    """Return the facts: of datasets, then of models, then claims.

    Raises:
        ValueError: It is no such object; names the member, and what it has.
    """
    if read.get("type") != FACTS_TYPE or set(read) - _MEMBERS:
        raise ValueError(f"is no {FACTS_TYPE}, or has members that it has not")
    facts: list[Fact] = []
    parsers: dict[str, Callable[[Mapping[str, Any]], Fact]] = {
        "datasets": _parse_dataset,
        "models": _parse_model,
        "claims": _parse_claim,
    }
    for name, parse in parsers.items():
        members = read.get(name, [])
        if not isinstance(members, list):
            raise ValueError(f"has {name} that are no list")  # noqa: TRY004 - a fault of the text
        for number, member in enumerate(members, start=1):
            try:
                facts.append(parse(member))
            except LedgerError as error:
                raise ValueError(f"{name}, number {number}: {error.message}") from error
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise ValueError(f"{name}, number {number}: {error!r}") from error
    return facts


def _parse_dataset(read: Mapping[str, Any]) -> DatasetFact:
    parents: tuple[DatasetName, ...] = tuple(
        parse_dataset(_text(parent)) for parent in read.get("derived_from", [])
    )
    return DatasetFact(
        dataset=parse_dataset(_text(read["dataset"])),
        parents=parents,
        license=_optional(read.get("license")),
        note=_optional(read.get("note")),
        stated={
            _text(name): [_text(word) for word in words]
            for name, words in read.get("stated", {}).items()
        },
    )


def _parse_model(read: Mapping[str, Any]) -> ModelFact:
    released = _optional(read.get("released"))
    aliases, bases, training = (
        tuple(_text(name) for name in read.get(key, []))
        for key in ("aliases", "based_on", "trained_on")
    )
    generative = _flag(read.get("generative", True))
    complete = _flag(read.get("training_complete", False))
    return ModelFact(
        model=Model(
            name=_text(read["name"]),
            provider=_optional(read.get("provider")),
            released=date.fromisoformat(released) if released else None,
            generative=generative,
            training_complete=complete,
            aliases=aliases,
            based_on=bases,
            trained_on=tuple(str(parse_dataset(name)) for name in training),
        ),
        generative=generative,
        training_complete=complete,
    )


def _parse_claim(read: Mapping[str, Any]) -> Claim:
    subject, name = _text(read["subject"]), _text(read["name"])
    version, of_model = _optional(read.get("version")), subject == "model"
    if subject == "dataset":
        name = "@".join(filter(None, (name, version)))
    made_by = _optional(read.get("model"))
    return make_claim(
        **{subject: name},
        generated_by=None if of_model else made_by,
        origin=None if of_model or made_by is not None else _text(read["kind"]),
        mode=_text(read["mode"]),
        evidence=_text(read["evidence"]),
        since=_day(read.get("first_at")),
        until=_day(read.get("last_at")),
        share=_optional(read.get("share")),
        unit=_optional(read.get("unit")),
        note=_optional(read.get("note")),
        who=_optional(read.get("who")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, found {value!r:.80}")
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError("a NUL or half a character in a text")
    return value


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"expected true or false, found {value!r:.80}")
    return value


def _day(moment: object) -> date | None:
    if moment is None:
        return None
    if not isinstance(moment, int):
        raise TypeError(f"expected microseconds, found {moment!r:.80}")
    return datetime.fromtimestamp(moment // _MICROSECONDS, UTC).date()
