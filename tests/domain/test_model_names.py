"""Spellings of models: every guess has its reason, and what is unclear is no guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.domain import Model
from provenance.domain.model_names import Guess, GuessKind, guess_models

RECORDED = (
    Model(name="GPT-4", aliases=("gpt-4-0314",)),
    Model(name="GPT-3.5-Turbo", provider="OpenAI"),
    Model(name="Claude 3 Opus"),
    Model(name="Llama 3", provider="Meta"),
    Model(name="Foo 7B"),
    Model(name="foo-7b"),
)


def _guess(*names: str, recorded: tuple[Model, ...] = RECORDED) -> list[Guess]:
    return guess_models(recorded, names)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("OpenAI GPT-3.5-turbo", "GPT-3.5-Turbo"),
        ("openai/gpt-3.5-turbo", "GPT-3.5-Turbo"),
        ("GPT3.5 Turbo", "GPT-3.5-Turbo"),
        ("gpt4", "GPT-4"),
        ("GPT_4", "GPT-4"),
        ("ＧＰＴ-4", "GPT-4"),
        ("Anthropic Claude-3-Opus", "Claude 3 Opus"),
        ("meta-llama/Llama-3-hf", "Llama 3"),
        ("opus-3-claude", "Claude 3 Opus"),
    ],
)
def test_other_spellings_are_guessed(name: str, model: str) -> None:
    [guess] = _guess(name)
    assert (guess.kind, guess.models) == (GuessKind.ALIAS, (model,))
    assert guess.arguments == ("add", model, "--alias", name)


@pytest.mark.parametrize(
    ("name", "model", "date"),
    [
        ("gpt-4-0613", "GPT-4", "0613"),
        ("gpt-4-1106-preview", "GPT-4", "1106"),
        ("openai/gpt-3.5-turbo-0301", "GPT-3.5-Turbo", "0301"),
        ("claude-3-opus-20240229", "Claude 3 Opus", "20240229"),
        ("claude-3-opus-2024-02-29", "Claude 3 Opus", "20240229"),
    ],
)
def test_dated_versions_are_told_as_such(name: str, model: str, date: str) -> None:
    [guess] = _guess(name)
    assert (guess.kind, guess.models) == (GuessKind.DATED, (model,))
    assert f"the date {date}" in guess.why


@pytest.mark.parametrize(
    "name",
    ["gpt-4o", "gpt-4-turbo", "GPT-4.1", "gpt-3.5", "claude-3", "alpaca", "70b", "???"],
)
def test_other_models_are_not_guessed(name: str) -> None:
    assert _guess(name) == []


@pytest.mark.parametrize(
    ("name", "models", "why"),
    [
        ("FOO-7B", ("Foo 7B", "foo-7b"), "it fits several models"),
        ("groq/llama-3", ("Llama 3",), "other publishers: groq and meta"),
    ],
)
def test_what_is_unclear_is_told_and_not_guessed(
    name: str, models: tuple[str, ...], why: str
) -> None:
    [guess] = _guess(name)
    assert (guess.kind, guess.models) == (GuessKind.AMBIGUOUS, models)
    assert guess.why.endswith(why)
    assert guess.arguments == ()


def test_names_of_two_publishers_are_not_one_model() -> None:
    found = _guess("org-a/bar-7b", "org-b/bar-7b")
    assert [guess.kind for guess in found] == [GuessKind.AMBIGUOUS] * 2


def test_of_spellings_nobody_recorded_one_is_told_of_the_other() -> None:
    found = _guess("flan-t5", "Flan-T5", "google/flan-t5")
    told = {guess.name: guess.models for guess in found}
    assert told == {"flan-t5": ("Flan-T5",), "google/flan-t5": ("Flan-T5",)}
    [guess] = _guess("Llama-2-70b-chat-hf", "LLaMA-2-chat-70b")
    assert guess.why == "the same but for the order of its words"


def test_templates_and_others_are_no_models() -> None:
    others, templates = _guess("Other", "templates")
    assert (others.kind, others.models) == (GuessKind.NO_MODEL, ("unnamed",))
    assert templates.arguments == ("add", "templates", "--not-generative")


@given(names=st.lists(st.text(max_size=12), max_size=6))
def test_any_text_is_a_name(names: list[str]) -> None:
    found = _guess(*names)
    assert {guess.name for guess in found} <= set(names)
    assert all(guess.name not in guess.models for guess in found)
