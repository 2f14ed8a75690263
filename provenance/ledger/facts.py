"""Record models, datasets and policies: facts that are not rows of a manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from provenance.domain import (
    BUILT_IN,
    DatasetName,
    Kind,
    Model,
    ModelBook,
    Policy,
    parse_dataset,
)
from provenance.domain.claims import refuse_moment
from provenance.errors import ClaimRefusedError, NameRefusedError
from provenance.lineage import assess_policy, open_lineage, reassess
from provenance.log import append_entry
from provenance.merkle import SignerKey, format_verifier_key
from provenance.store import schema
from provenance.store.facts import load_models, load_policies
from provenance.store.given import give_values
from provenance.store.intern import last_id
from provenance.store.standing import standing_fact

__all__ = [
    "find_dataset",
    "follow_models",
    "record_dataset",
    "record_key",
    "record_model",
    "record_policies",
    "record_policy",
    "record_withdrawal",
    "write_model",
]

_LONGEST_NAME = 300
_MOST_WITHDRAWN = 4000
"""Positions in one log entry, which may have but 64 KiB."""


def find_dataset(connection: sa.Connection, dataset: DatasetName) -> int | None:
    """Return the id of exactly this dataset version, if it is recorded."""
    table = schema.datasets
    query = sa.select(table.c.id).where(
        table.c.name == dataset.name, table.c.version == dataset.version
    )
    return connection.execute(query).scalar_one_or_none()


def record_dataset(
    connection: sa.Connection,
    dataset: DatasetName,
    *,
    parents: Sequence[DatasetName] = (),
    license_: str | None = None,
    note: str | None = None,
    stated: Mapping[str, Sequence[str]] | None = None,
    now: int,
) -> int:
    """Record a dataset version and what is said of it; return the log position.

    Args:
        stated: What else a document says of it, by name.
    """
    _refuse_no_text("license", license_)
    _refuse_no_text("note", note)
    body: dict[str, object] = {
        "dataset": dataset.name,
        "version": dataset.version,
        "derived_from": [str(parent) for parent in parents],
        "license": license_,
        "note": note,
    }
    if stated:
        body["stated"] = {name: list(words) for name, words in stated.items()}
    position = append_entry(connection, "dataset", body, now)
    number = find_dataset(connection, dataset)
    if number is None:
        number = last_id(connection, schema.datasets) + 1
        connection.execute(
            schema.datasets.insert().values(
                id=number,
                name=dataset.name,
                version=dataset.version,
                position=position,
            )
        )
    if license_ is not None or note is not None or stated:
        connection.execute(
            schema.dataset_facts.insert().values(
                dataset_id=number,
                position=position,
                license=license_,
                note=note,
                stated=_canonical(body["stated"]) if stated else None,
            )
        )
    _insert_new(
        connection,
        schema.dataset_parents,
        [
            {
                "dataset_id": number,
                "parent_name": parent.name,
                "parent_version": parent.version,
            }
            for parent in parents
        ],
        position,
    )
    return position


def record_model(
    connection: sa.Connection,
    model: Model,
    *,
    generative: bool | None,
    training_complete: bool | None,
    now: int,
) -> int:
    """Record a model and what is said of it; return the log position."""
    before = load_models(connection)
    position = write_model(
        connection,
        before,
        model,
        generative=generative,
        training_complete=training_complete,
        now=now,
    )
    follow_models(connection, before, position)
    return position


def write_model(
    connection: sa.Connection,
    book: ModelBook,
    model: Model,
    *,
    generative: bool | None,
    training_complete: bool | None,
    now: int,
) -> int:
    """Record a model, but follow nothing of it; return the log position.

    Args:
        connection: An open writing transaction.
        book: The models as recorded before.
    """
    _refuse_names(book, model)
    refuse_moment(model.released)
    _refuse_no_text("provider", model.provider)
    for word, said in (
        ("generative", generative),
        ("training_complete", training_complete),
    ):
        if not isinstance(said, bool | None):
            raise ClaimRefusedError(
                f"{word} is True or False, not {said!r}",
                hint="Leave it out where it is not known.",
            )
    training = [parse_dataset(text) for text in model.trained_on]
    released = model.released.isoformat() if model.released else None
    body = {
        "model": model.name,
        "aliases": list(model.aliases),
        "provider": model.provider,
        "released": released,
        "based_on": list(model.based_on),
        "trained_on": [str(name) for name in training],
        "training_complete": training_complete,
        "generative": generative,
    }
    position = append_entry(connection, "model", body, now)
    table = schema.models
    number = connection.execute(
        sa.select(table.c.id).where(table.c.name == model.name)
    ).scalar_one_or_none()
    if number is None:
        number = last_id(connection, table) + 1
        connection.execute(
            table.insert().values(id=number, name=model.name, position=position)
        )
    connection.execute(
        schema.model_facts.insert().values(
            model_id=number,
            position=position,
            provider=model.provider,
            released=released,
            generative=generative,
            training_complete=training_complete,
        )
    )
    lists = {
        schema.model_aliases: [
            {"alias": alias} for alias in model.aliases if alias != model.name
        ],
        schema.model_bases: [{"base": base} for base in model.based_on],
        schema.training_sets: [
            {"dataset_name": name.name, "dataset_version": name.version}
            for name in training
        ],
    }
    for target, rows in lists.items():
        numbered = [{"model_id": number, **row} for row in rows]
        _insert_new(connection, target, numbered, position)
    return position


def follow_models(connection: sa.Connection, before: ModelBook, position: int) -> None:
    """Follow a change of the models as recorded.

    Pedigrees only change where a model that rows name turned generative, or ceased to
    be; depths may change everywhere. Nothing does where all that is new is of models
    that nothing names yet, or bears on no number.
    """
    after, named = load_models(connection), _load_named(connection)
    turned = [
        number
        for number, name in named.items()
        if before.find(name).generative != after.find(name).generative
    ]
    if turned:
        with open_lineage() as lineage:
            lineage.respeak(connection, turned, position)
    names = set(named.values())
    names.update(base for book in (before, after) for m in book for base in m.based_on)
    for policy in load_policies(connection).values():
        names.update(policy.ignored_models)
    if any(before.find(name).bearing != after.find(name).bearing for name in names):
        reassess(connection)


def _load_named(connection: sa.Connection) -> dict[int, str]:
    """Return the models that rows and claims name, by the ids of the origins."""
    table = schema.origins
    query = sa.select(table.c.id, table.c.model).where(table.c.kind == str(Kind.MODEL))
    return {row.id: row.model or "" for row in connection.execute(query)}


def _refuse_names(book: ModelBook, model: Model) -> None:
    for name in (model.name, *model.aliases, *model.based_on):
        odd = not name.strip() or {"\n", "\0"} & {*name}
        if odd or len(name) > _LONGEST_NAME:
            raise NameRefusedError(
                f"{name!r} is not a model name",
                hint=f"Write one line of 1 to {_LONGEST_NAME} characters.",
            )
    owner = book.find(model.name)
    if owner.name != model.name:
        raise NameRefusedError(
            f"{model.name!r} is already an alias of {owner.name!r}",
            hint=f"Record it under {owner.name!r}.",
        )
    for alias in model.aliases:
        owner = book.find(alias)
        if owner.registered and owner.name != model.name:
            raise NameRefusedError(
                f"{alias!r} already means {owner.name!r}",
                hint="An alias can stand for one model only.",
            )


def _refuse_no_text(what: str, said: object) -> None:
    """Refuse what a database would keep as a text, and the log as something else."""
    if said is not None and (not isinstance(said, str) or "\0" in said):
        raise ClaimRefusedError(
            f"the {what} is no text: {said!r}",
            hint="Write it as a text, without NUL; leave it out where it is not known.",
        )


def _insert_new(
    connection: sa.Connection,
    table: sa.Table,
    rows: Iterable[dict[str, object]],
    position: int,
) -> None:
    """Insert the rows that do not stand there yet."""
    for row in {tuple(row.items()): row for row in rows}.values():
        same = sa.and_(*(table.c[name] == value for name, value in row.items()))
        stands = sa.exists().where(same, standing_fact(table.c.position))
        if connection.execute(sa.select(stands)).scalar():
            continue
        connection.execute(table.insert().values(position=position, **row))


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def record_key(
    connection: sa.Connection,
    key: SignerKey,
    now: int,
    *,
    previous: SignerKey | None = None,
) -> int:
    """Record the verifier key of a signing key; return the log position."""
    old = format_verifier_key(previous.verifier()) if previous else None
    body = {"key": format_verifier_key(key.verifier()), "previous": old}
    return append_entry(connection, "key", body, now)


def record_withdrawal(
    connection: sa.Connection, withdrawn: Sequence[int], why: str, now: int
) -> int:
    """Take back the facts at some log positions; return that of the withdrawal.

    More than fit into one entry of the log take several: the last one's is returned.
    A fact of a document that was taken back alone before is not taken back again.
    """
    gone, given = schema.withdrawals.c.withdrawn, sa.BigInteger()
    query = sa.select(gone).where(
        gone.in_(give_values(connection, "taken", given, withdrawn))
    )
    before = set(connection.execute(query).scalars())
    left = [position for position in withdrawn if position not in before]
    positions = [
        _withdraw(connection, left[first : first + _MOST_WITHDRAWN], why, now)
        for first in range(0, len(left), _MOST_WITHDRAWN)
    ]
    return positions[-1]


def _withdraw(
    connection: sa.Connection, withdrawn: Sequence[int], why: str, now: int
) -> int:
    body = {"withdrawn": list(withdrawn), "why": why}
    position = append_entry(connection, "withdrawal", body, now)
    rows = [
        {"position": position, "withdrawn": earlier, "why": why}
        for earlier in withdrawn
    ]
    connection.execute(schema.withdrawals.insert(), rows)
    return position


def record_policies(connection: sa.Connection, now: int) -> None:
    """Record the built-in policies that are not recorded yet."""
    table = schema.policies
    for policy in BUILT_IN:
        same = sa.and_(table.c.name == policy.name, table.c.version == policy.version)
        if not connection.execute(sa.select(sa.exists().where(same))).scalar():
            _insert_policy(connection, policy, now)


def record_policy(connection: sa.Connection, policy: Policy, now: int) -> Policy:
    """Record the next version of a policy; one that says nothing new stays.

    Returns:
        The policy with its version.

    Raises:
        NameRefusedError: The name is none, or that of a built-in policy.
    """
    policy.check_name()
    newest = {one.name: (id_, one) for id_, one in load_policies(connection).items()}
    replaced, before = newest.get(policy.name, (None, None))
    if before and replace(policy, version=before.version) == before:
        return before
    policy = replace(policy, version=before.version + 1 if before else 1)
    number = _insert_policy(connection, policy, now)
    assess_policy(connection, number, policy, replaced)
    return policy


def _insert_policy(connection: sa.Connection, policy: Policy, now: int) -> int:
    """Record a version of a policy; return its id."""
    table, body = schema.policies, policy.to_json()
    number = last_id(connection, table) + 1
    position = append_entry(connection, "policy", {"policy": json.loads(body)}, now)
    connection.execute(
        table.insert().values(
            id=number,
            name=policy.name,
            version=policy.version,
            body=body,
            position=position,
        )
    )
    return number
