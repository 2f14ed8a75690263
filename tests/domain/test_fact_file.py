from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.domain import (
    Claim,
    DatasetFact,
    Model,
    ModelFact,
    make_claim,
    parse_dataset,
)
from provenance.domain.fact_file import FACTS_TYPE, format_facts, parse_facts

CLAIMS = [
    make_claim(dataset="d@1", generated_by="M", share="30%", unit="tokens", note="n"),
    make_claim(dataset="org/d", origin="human", who="me", since=date(2020, 1, 2)),
    make_claim(source="example.org", generated_by="M", until=date(2021, 3, 4)),
    make_claim(source="example.org", origin="other", evidence="reviewed"),
    make_claim(dataset="d", origin="model", mode="translated"),
    make_claim(model="M", mode="labelled", evidence="inferred"),
]
_names = st.text("abcXYZ-09 é", min_size=1, max_size=8)
_sets = st.sampled_from(("d", "org/d@1", "e@2.5"))
_models = st.builds(
    Model,
    name=_names,
    aliases=st.lists(_names, max_size=2).map(tuple),
    provider=st.none() | _names,
    released=st.none() | st.dates(),
    generative=st.booleans(),
    based_on=st.lists(_names, max_size=2).map(tuple),
    trained_on=st.lists(_sets, max_size=2).map(tuple),
    training_complete=st.booleans(),
)
_datasets = st.builds(
    DatasetFact,
    dataset=_sets.map(parse_dataset),
    parents=st.lists(_sets.map(parse_dataset), max_size=2).map(tuple),
    license=st.none() | _names,
    note=st.none() | _names,
    stated=st.dictionaries(_names, st.lists(_names, min_size=1, max_size=2)),
)


@given(
    datasets=st.lists(_datasets, max_size=2),
    models=st.lists(_models, max_size=2),
    claims=st.lists(st.sampled_from(CLAIMS), max_size=3),
)
def test_parsing_undoes_formatting(
    datasets: list[DatasetFact], models: list[Model], claims: list[Claim]
) -> None:
    made = [
        ModelFact(
            model=m, generative=m.generative, training_complete=m.training_complete
        )
        for m in models
    ]
    found = parse_facts(format_facts(datasets, models, claims))
    assert [*datasets, *made, *claims] == found


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ({"models": [{}]}, "models, number 1: KeyError"),
        ({"models": [{"name": 7}]}, "models, number 1: TypeError"),
        ({"models": {"name": "M"}}, "models that are no list"),
        ({"models": [{"name": "M", "generative": "no"}]}, "expected true or false"),
        ({"models": [{"name": "M", "released": "soon"}]}, "models, number 1: Value"),
        ({"models": [{"name": "a\0"}]}, "a NUL"),
        ({"datasets": [{"dataset": "a b"}]}, "is not a dataset name"),
        ({"claims": [{"subject": "item", "name": "x"}]}, "claims, number 1"),
        ({"claims": ["x"]}, "claims, number 1: TypeError"),
        ({"claims": [CLAIMS[0].to_entry() | {"first_at": "now"}]}, "microseconds"),
        ({"claims": [CLAIMS[0].to_entry() | {"share": "2"}]}, "is no share"),
        ({"claims": [CLAIMS[0].to_entry() | {"mode": "sung"}]}, "is no mode"),
        ({"records": []}, "members that it has not"),
        ({"type": "other"}, "is no provenance/facts/v1"),
    ],
    ids=str,
)
def test_anything_else_is_refused_with_its_place(
    member: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_facts({"type": FACTS_TYPE, **member})
