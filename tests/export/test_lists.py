"""What is chosen set-wise is what going through the records one by one chooses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.domain import End, Tier, Unit
from provenance.domain.mix import Mix
from provenance.errors import LedgerStateError
from provenance.export.lists import Lists
from provenance.query.listed import LISTED

Drawn = tuple[Tier, int | None, str | None]

VERDICTS = pa.table(
    {
        "pedigree_id": pa.array(range(len(Tier)), pa.int64()),
        "month": pa.array(
            ["2023-01" if tier is Tier.UNKNOWN else None for tier in Tier]
        ),
        "medium": pa.array(["text" if tier is Tier.UNKNOWN else None for tier in Tier]),
        "tier": pa.array([str(tier) for tier in Tier]),
        "excluded": pa.array([False] * len(Tier)),
    }
)
JANUARY = 1_673_000_000_000_000


def _batches(rows: list[Drawn]) -> Iterator[pa.RecordBatch]:
    """The rows as the ledger hands them over, in several batches and no order."""
    told = [
        {
            "position": 7,
            "row": number,
            "part": 0,
            "name": str(number),
            "source": source,
            "fetched_at": JANUARY,
            "medium": "text",
            "weight": weight,
            # Unknown: no more is kept of it than its capture.
            "pedigree_id": None if tier is Tier.UNKNOWN else list(Tier).index(tier),
        }
        for number, (tier, weight, source) in enumerate(rows, start=1)
    ]
    for part in (told[1::2], told[::2]):
        yield pa.RecordBatch.from_pylist(part, schema=LISTED)


def _expect(rows: list[Drawn], mix: Mix, *, by: bool) -> list[int]:
    """The heaviest that still fit, group by group; of the same weight the first."""
    groups: dict[str | None, list[tuple[Tier, int, int]]] = defaultdict(list)
    kept: list[int] = []
    for number, (tier, weight, source) in enumerate(rows, start=1):
        if tier in mix.tiers and mix.max_downstream is None:
            kept.append(number)
        elif tier in mix.tiers and weight is not None:
            groups[source if by else None].append((tier, weight, number))
    for group in groups.values():
        free = sum(w for tier, w, _ in group if tier not in mix.charged)
        kept += [n for tier, _, n in group if tier not in mix.charged]
        taken, share = 0, Fraction(mix.max_downstream or 0)
        charged = [one for one in group if one[0] in mix.charged]
        for _, weight, number in sorted(charged, key=lambda one: (-one[1], one[2])):
            if taken + weight <= share * (free + taken + weight):
                taken += weight
                kept.append(number)
    return sorted(kept)


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(Tier),
            st.sampled_from((None, 0, 1, 2, 3, 5, 8, 13)),
            st.sampled_from((None, "a.org", "b.org")),
        ),
        max_size=14,
    ),
    tiers=st.sets(st.sampled_from(Tier), min_size=1),
    percent=st.sampled_from((None, 0, 5, 20, 33, 50, 90, 100)),
    end=st.sampled_from(End),
    by=st.booleans(),
)
@settings(max_examples=60)
def test_the_lists_are_those_of_going_through_the_records_one_by_one(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[Drawn],
    tiers: set[Tier],
    percent: int | None,
    end: End,
    by: bool,  # noqa: FBT001 - drawn
) -> None:
    share = None if percent is None else Decimal(percent) / 100
    mix = Mix(tiers=frozenset(tiers), max_downstream=share, end=end)
    keep = tmp_path_factory.getbasetemp() / "keep.parquet"
    drop = tmp_path_factory.getbasetemp() / "drop.parquet"
    with duckdb.connect(config={"threads": "2"}) as duck:
        lists = Lists(duck, Unit.TOKENS, "source" if by else None)
        lists.add("d", _batches(rows), VERDICTS, {7: "d.jsonl"})
        lists.choose(mix)
        lists.write(keep, kept=True)
        lists.write(drop, kept=False)
        counted = lists.count()
    kept, dropped = (pq.read_table(path)["row"].to_pylist() for path in (keep, drop))
    assert kept == _expect(rows, mix, by=by)
    assert sorted(kept + dropped) == list(range(1, len(rows) + 1))
    assert dropped == sorted(dropped)
    assert sum(number for _, _, number, _, _ in counted) == len(rows)
    of = {Tier(tier): weight for why, tier, _, _, weight in counted if why is None}
    charged = sum(weight for tier, weight in of.items() if tier in mix.charged)
    if share is not None:
        assert charged <= Fraction(share) * sum(of.values())


def test_a_record_that_nothing_was_made_of_is_not_listed(tmp_path: Path) -> None:
    with duckdb.connect() as duck:
        lists = Lists(duck, Unit.ITEMS)
        rows: list[Drawn] = [(Tier.HUMAN, 1, None), (Tier.UNKNOWN, 1, None)]
        with pytest.raises(LedgerStateError, match="was written to"):
            lists.add("d", _batches(rows), VERDICTS.slice(0, 3), {7: "d.jsonl"})
    assert list(tmp_path.iterdir()) == []
