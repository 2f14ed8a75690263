"""AI models as facts: names, aliases, bases and what they were trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

__all__ = ["UNNAMED", "Model", "ModelBook"]

UNNAMED = "unnamed"
"""The model of an item that is generated, nobody says by what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A named generator, filter, detector or recogniser.

    A model that is only mentioned by rows has all defaults: it is taken as
    generative, nothing is known of its training, and the list stays open.
    """

    name: str
    aliases: tuple[str, ...] = ()
    provider: str | None = None
    released: date | None = None
    generative: bool = True
    based_on: tuple[str, ...] = ()
    """Names of the models it was made from."""
    trained_on: tuple[str, ...] = ()
    """Datasets it was trained on, ``NAME`` (all versions) or ``NAME@VERSION``."""
    training_complete: bool = False
    """Whether ``trained_on`` and ``based_on`` are declared to be all there is."""
    registered: bool = True
    """False for a name that only rows mention."""

    @property
    def bearing(self) -> tuple[object, ...]:
        """What is known of it that can change a number: tier, depth or group."""
        made_from = (self.based_on, self.trained_on, self.training_complete)
        return (self.name, self.generative, *made_from)

    def to_dict(self) -> dict[str, object]:
        """The model as JSON values; the format of ``model list --json``."""
        return {
            "name": self.name,
            "aliases": list(self.aliases),
            "provider": self.provider,
            "released": self.released.isoformat() if self.released else None,
            "generative": self.generative,
            "based_on": list(self.based_on),
            "trained_on": list(self.trained_on),
            "training_complete": self.training_complete,
            "registered": self.registered,
        }


class ModelBook:
    """Finds models by the names that rows use.

    Names and aliases match exactly: two spellings are one model only when
    somebody recorded the alias.
    """

    def __init__(self, models: Iterable[Model]) -> None:
        self._models: Mapping[str, Model] = {model.name: model for model in models}
        self._others: dict[str, Model] = {}
        """Unrecorded ones that were asked for."""
        self._names = {
            alias: model.name
            for model in self._models.values()
            for alias in model.aliases
        } | {name: name for name in self._models}

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models.values())

    def find(self, name: str) -> Model:
        """Return the model behind a name; an unrecorded one has all defaults.

        >>> book = ModelBook([Model(name="GPT-4", aliases=("gpt-4-0613",))])
        >>> book.find("gpt-4-0613").name
        'GPT-4'
        >>> book.find("gpt4").registered
        False
        """
        known = self._models.get(self._names.get(name, name))
        if known is None:
            known = self._others.get(name) or Model(name=name, registered=False)
            self._others[name] = known
        return known
