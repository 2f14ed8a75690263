"""Names of models as they are met in data: which may be spellings of one another.

Two spellings are one model only when somebody records the alias. What is told here are
guesses, each with its reason: case and punctuation, the provider's name in front, other
order of the words, a date behind. Where a name fits several models none is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from provenance.domain.models import UNNAMED, Model

__all__ = ["Guess", "GuessKind", "guess_models"]

_PROVIDERS = (
    *("openai", "anthropic", "google deepmind", "google", "deepmind", "meta ai"),
    *("meta llama", "meta", "facebook", "microsoft", "mistralai", "mistral ai"),
    *("nvidia", "cohere", "ai 21 labs", "ai 21", "bigscience", "eleutherai", "tiiuae"),
    *("databricks", "huggingface", "allenai", "allen ai", "alibaba cloud", "alibaba"),
    *("amazon", "xai", "stability ai", "stabilityai", "ibm", "lmsys", "azure"),
    *("deepseek ai", "zhipu ai", "salesforce", "together ai"),
)
"""Who stands in front of the names of models; no word that begins such a name."""

_NOT_MODELS = frozenset({"template", "templates", "rule based", "rules", "heuristics"})
_NO_NAMES = frozenset({"other", "others", "various", "multiple", "mixed", "several"})
_WORD = re.compile(r"\d+(?:\.\d+)*[^\W\d_]*|[^\W\d_]+")
_DAY = re.compile(
    r"(?<!\d)(20\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)"
)
_SHORT_DAY = re.compile(r"(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|2\d(0[1-9]|1[0-2])")
_MOVING = frozenset({"latest", "preview", "snapshot"})
_FORMATS = frozenset({"hf"})


class GuessKind(StrEnum):
    """What may be so."""

    ALIAS = "alias"
    """The name is another spelling of a model."""
    DATED = "dated"
    """The name is that of a dated version of a model."""
    AMBIGUOUS = "ambiguous"
    """It may be any of several models: none is guessed."""
    NO_MODEL = "no_model"
    """It is no name of a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What an unconfirmed name may mean."""

    name: str
    """As it is met in data."""
    kind: GuessKind
    models: tuple[str, ...]
    """The model that it may be; several where that cannot be told."""
    why: str

    @property
    def arguments(self) -> tuple[str, ...]:
        """What ``provenance model`` is given to confirm the guess; none if unclear."""
        match self.kind:
            case GuessKind.AMBIGUOUS:
                return ()
            case GuessKind.NO_MODEL if not self.models:
                return ("add", self.name, "--not-generative")
        return ("add", self.models[0], "--alias", self.name)

    def to_dict(self) -> dict[str, object]:
        """The guess as JSON values; the format of ``model suggest --json``."""
        return {
            "name": self.name,
            "kind": str(self.kind),
            "models": list(self.models),
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class _Folded:
    """A name without what spellings differ in."""

    publisher: str
    """The provider in front of it; empty: none."""
    words: tuple[str, ...]
    """In their order, without date."""
    date: str

    @property
    def key(self) -> tuple[tuple[str, ...], str]:
        return tuple(sorted(self.words)), self.date

    @property
    def undated(self) -> tuple[tuple[str, ...], str]:
        return tuple(sorted(w for w in self.words if w not in _MOVING)), ""


@dataclass(frozen=True, slots=True)
class _Spelling:
    """One name of a model."""

    model: str
    name: str
    folded: _Folded
    provider: str
    """As recorded; empty: not recorded."""


def _fold(name: str, providers: Sequence[str]) -> _Folded:
    """Take a name apart.

    >>> _fold("OpenAI GPT-3.5-Turbo", _PROVIDERS).words
    ('gpt', '3.5', 'turbo')
    >>> _fold("meta-llama/Llama-2-70b-chat-hf", _PROVIDERS).key
    (('2', '70b', 'chat', 'llama'), '')
    >>> _fold("gpt-4-0613", _PROVIDERS).date
    '0613'
    """
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    path, _, text = text.rpartition("/")
    publisher = " ".join(_WORD.findall(path.rpartition("/")[2]))
    found = _DAY.search(text)
    date = "".join(found.group(1, 3, 4)) if found else ""
    words = _WORD.findall(_DAY.sub(" ", text))
    for provider in providers:
        leading = provider.split()
        if words[: len(leading)] == leading and len(words) > len(leading):
            words = words[len(leading) :]
            publisher = publisher or provider
            break
    last = len(words) - 1
    while last > 0 and words[last] in _MOVING:
        last -= 1
    if not date and last > 0 and _SHORT_DAY.fullmatch(words[last]):
        date = words.pop(last)
    kept = tuple(word for word in words if word not in _FORMATS)
    return _Folded(publisher, kept or tuple(words), date)


def guess_models(models: Iterable[Model], unconfirmed: Iterable[str]) -> list[Guess]:
    """Guess what names mean that nobody recorded.

    Args:
        models: Those that are recorded.
        unconfirmed: Names that rows or models mention, and that are not recorded.

    Returns:
        A guess for each name of which something can be guessed, by name. To turn one
        down, record the name as a model of its own.

    >>> [guess] = guess_models([Model(name="GPT-4")], ["openai/gpt-4"])
    >>> guess.models, guess.why
    (('GPT-4',), "the same but for its case or punctuation, 'openai' in front")
    """
    recorded = [model for model in models if model.name != UNNAMED]
    told = {model.name: _compact(model.provider or "", " ") for model in recorded}
    providers = sorted({*_PROVIDERS, *told.values()} - {""}, key=len, reverse=True)
    names = sorted(set(unconfirmed) - {UNNAMED})
    folded = {name: _fold(name, providers) for name in names}
    spelt = [
        _Spelling(model.name, name, _fold(name, providers), told[model.name])
        for model in recorded
        for name in (model.name, *model.aliases)
    ]
    guesses = []
    for name in filter(lambda one: folded[one].words, names):
        found = _refuse(name, folded[name]) or _find(name, folded[name], spelt)
        if found is None:
            others = [
                _Spelling(other, other, folded[other], "")
                for other in names
                if other != name
            ]
            found = _find(name, folded[name], others, confirmed=False)
            if found and found.kind is GuessKind.ALIAS:
                # Of two spellings nobody recorded, one is told of the other.
                own = min((name, *found.models), key=lambda n: _rank(n, folded[n]))
                found = None if own == name else found
        guesses += [found] if found else []
    return guesses


def _compact(text: str, between: str = "") -> str:
    return between.join(_WORD.findall(text.casefold()))


def _refuse(name: str, folded: _Folded) -> Guess | None:
    text = " ".join(folded.words)
    if text in _NOT_MODELS:
        why = "it names no model: what it made is generated by none"
        return Guess(name=name, kind=GuessKind.NO_MODEL, models=(), why=why)
    if text in _NO_NAMES:
        why = "it names no model: it says that some other one made it"
        return Guess(name=name, kind=GuessKind.NO_MODEL, models=(UNNAMED,), why=why)
    return None


def _rank(name: str, folded: _Folded) -> tuple[object, ...]:
    """Spellings in the order in which one would be the model's own name."""
    return bool(folded.publisher), not any(c.isupper() for c in name), len(name), name


def _find(
    name: str, folded: _Folded, spelt: Sequence[_Spelling], *, confirmed: bool = True
) -> Guess | None:
    """Find the models that a name may be, by the ways that lead from it to theirs.

    Args:
        name: As it is met.
        folded: Taken apart.
        spelt: What it is compared with.
        confirmed: These are names of models; else only spellings, like itself.
    """
    same = [one for one in spelt if one.folded.key == folded.key]
    kind = GuessKind.ALIAS
    if not same:
        kind = GuessKind.DATED
        same = [
            one
            for one in spelt
            if one.folded.undated == folded.undated and not one.folded.date
        ]
    if not same:
        return None
    models = tuple(dict.fromkeys(one.model for one in same))
    publishers = {folded.publisher} | {
        one.folded.publisher or one.provider for one in same
    }
    why = ""
    if _are_several(publishers - {""}):
        told = " and ".join(sorted(publishers - {""}))
        why = f"the same name of other publishers: {told}"
    elif confirmed and len(models) > 1:
        why = "it fits several models"
    if why:
        return Guess(name=name, kind=GuessKind.AMBIGUOUS, models=models, why=why)
    chosen = min(same, key=lambda one: _rank(one.name, one.folded))
    return Guess(
        name=name, kind=kind, models=(chosen.model,), why=_say(name, folded, chosen)
    )


def _are_several(publishers: Iterable[str]) -> bool:
    """Whether publishers differ; Meta and ``meta-llama`` do not."""
    names = sorted(map(_compact, publishers), key=len)
    return any(not name.startswith(names[0]) for name in names)


def _say(name: str, folded: _Folded, chosen: _Spelling) -> str:
    other, reasons = chosen.folded, []
    if sorted(folded.words) == sorted(other.words) and folded.words != other.words:
        reasons.append("the order of its words")
    elif chosen.name not in name and name not in chosen.name:
        reasons.append("its case or punctuation")
    reasons += [f"{w!r}" for w in sorted(set(folded.words) ^ set(other.words))]
    if folded.publisher != other.publisher:
        reasons.append(f"{folded.publisher or other.publisher!r} in front")
    if folded.date != other.date:
        reasons.append(f"the date {folded.date}")
    via = "" if chosen.name == chosen.model else f" (as {chosen.name!r})"
    return f"the same{via} but for {', '.join(reasons) or 'its case or punctuation'}"
