"""Where a question is asked from: a position of the log, and a policy by name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches

import sqlalchemy as sa

from provenance.domain import Policy, WhatIf
from provenance.errors import NameRefusedError, NotRecordedError
from provenance.log import log_size
from provenance.report import Standpoint
from provenance.store import schema
from provenance.store.facts import (
    load_models,
    load_origins,
    load_policy_versions,
)

__all__ = [
    "AsOf",
    "find_policy",
    "find_size",
    "list_policies",
    "open_view",
    "refuse_unknown_models",
]

AsOf = int | str | date | None
"""Entries of the log that count, or a day (UTC) at whose end it is asked."""


def find_size(connection: sa.Connection, as_of: AsOf) -> int | None:
    """Return how many entries of the log count; None for all of them.

    A day stands for every entry that was logged before it ended. Where the clock was
    set back meanwhile, it stands for those before the first that was logged later.

    Args:
        connection: An open transaction.
        as_of: A number of entries, a date, either of them as text, or nothing.

    Raises:
        NameRefusedError: It is neither, or the log has not so many entries.
    """
    if as_of is None:
        return None
    head = log_size(connection)
    wanted = _parse(as_of)
    if isinstance(wanted, int):
        if not 0 <= wanted <= head:
            raise NameRefusedError(
                f"the log has {head} entries: there is nothing as of {wanted}",
                hint=f"Name a position from 1 to {head}, or a date.",
            )
        size = wanted
    elif wanted == date.max:
        size = head
    else:
        end = datetime.combine(wanted + timedelta(days=1), time(), UTC)
        table = schema.log_entries
        later = sa.select(sa.func.min(table.c.position)).where(
            table.c.recorded_at >= int(end.timestamp()) * 1_000_000
        )
        found = connection.execute(later).scalar()
        size = head if found is None else int(found)
    return None if size == head else size


def _parse(as_of: int | str | date) -> int | date:
    if isinstance(as_of, datetime):
        return as_of.date()
    if isinstance(as_of, date) or type(as_of) is int:
        return as_of
    as_of = str(as_of)
    if as_of.isascii() and as_of.isdigit():
        return int(as_of)
    try:
        return date.fromisoformat(as_of)
    except ValueError as error:
        raise NameRefusedError(
            f"{as_of!r} is no position of the log and no date",
            hint="Write the number of entries, as reports name it, or YYYY-MM-DD.",
        ) from error


def find_policy(
    connection: sa.Connection, name: str, size: int | None = None
) -> tuple[int, Policy, bool]:
    """Find a stored policy by ``NAME`` or ``NAME@VERSION``.

    Args:
        connection: An open transaction.
        name: Without a version: the newest.
        size: Entries of the log that count; all of them by default.

    Returns:
        Its id, itself, and whether it is the newest of its name.

    Raises:
        NotRecordedError: There is none of that name or version, or nothing at all
            stood then.
    """
    versions = load_policy_versions(connection, size)
    if size is not None and not versions:
        _refuse_before_the_log(connection)
    newest = {policy.name: number for number, policy in versions.items()}
    for number, policy in versions.items():
        is_newest = newest[policy.name] == number
        if name == f"{policy.name}@{policy.version}" or (
            is_newest and name == policy.name
        ):
            return number, policy, is_newest
    known = ", ".join(sorted(f"{p.name}@{p.version}" for p in versions.values()))
    raise NotRecordedError(
        f"no policy {name!r} is recorded", hint=f"Recorded are: {known or 'none'}."
    )


def _refuse_before_the_log(connection: sa.Connection) -> None:
    """Say when the log began: its first entries are the built-in policies."""
    table = schema.log_entries
    first = sa.select(table.c.recorded_at).order_by(table.c.position).limit(1)
    moment = datetime.fromtimestamp(connection.execute(first).scalar_one() / 1e6, UTC)
    raise NotRecordedError(
        f"nothing stood then: the log of this ledger began on {moment:%Y-%m-%d} (UTC)",
        hint=f"Name a position from 1 to {log_size(connection)}, or a date from that "
        "day on.",
    )


def list_policies(connection: sa.Connection) -> list[tuple[Policy, int]]:
    """Return every version of every stored policy, with its log position."""
    table = schema.policies
    query = sa.select(table.c.id, table.c.position)
    positions = {row.id: row.position for row in connection.execute(query)}
    versions = load_policy_versions(connection)
    return [(policy, positions[number]) for number, policy in versions.items()]


def open_view(
    connection: sa.Connection,
    policy: str = "default",
    as_of: AsOf = None,
    what_if: WhatIf | None = None,
) -> Standpoint:
    """Return where to ask from.

    Args:
        connection: An open transaction.
        policy: See ``find_policy``.
        as_of: See ``find_size``.
        what_if: Changes to the policy, for this question.

    Raises:
        NotRecordedError: There is no such policy, or a model that is to be ignored is
            nowhere named.
    """
    size = find_size(connection, as_of)
    number, rules, is_newest = find_policy(connection, policy, size)
    if what_if:
        refuse_unknown_models(connection, what_if.ignored_models)
        rules, is_newest = what_if.apply(rules), False
    return Standpoint(
        connection=connection,
        policy=rules,
        size=size,
        stored=number if is_newest else None,
    )


def refuse_unknown_models(connection: sa.Connection, names: Iterable[str]) -> None:
    """Refuse models that nothing names: one misspelt would be without effect.

    Raises:
        NotRecordedError: One is nowhere named.
    """
    book = load_models(connection)
    for name in names:
        if book.find(name).registered:
            continue
        said = {
            origin.model for origin in load_origins(connection).values() if origin.model
        }
        if name in said:
            continue
        known = said.union(*((model.name, *model.aliases) for model in book))
        near = get_close_matches(name, sorted(known))
        raise NotRecordedError(
            f"no model {name!r} is named anywhere",
            hint=f"Did you mean {' or '.join(map(repr, near))}?"
            if near
            else "See: provenance model list",
        )
