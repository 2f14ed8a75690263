"""How many generations of models lie behind an item, a dataset, a model.

``depth(item)`` is the greatest of ``hops + depth(model)`` over its counting
generating origins; ``depth(model)`` is that of what the model was trained on. Models
and datasets may form loops (a model is trained on a set that it wrote part of): the
strongly connected components are condensed, a loop takes its depth from outside
itself, and everything above it is marked open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from provenance.domain import DatasetName, Model, ModelBook, parse_dataset
from provenance.lineage.assess import Assessor
from provenance.lineage.condense import condense
from provenance.lineage.pedigree import Element, Pedigree

__all__ = ["Depths", "ModelDepth", "ModelLoop", "TrainingSets", "measure_depths"]


@dataclass(frozen=True, slots=True)
class ModelDepth:
    """The greatest known depth of a model, and whether it may be deeper."""

    depth: int
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLoop:
    """Models that were trained on what they wrote, and the datasets between."""

    models: tuple[str, ...]
    datasets: tuple[DatasetName, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    """A model by name, or a dataset version."""

    model: str | None = None
    dataset: DatasetName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Depths:
    """Depths of all models, and the loops among models and datasets."""

    models: Mapping[str, ModelDepth]
    loops: tuple[ModelLoop, ...]


class TrainingSets:
    """Finds the dataset versions behind what models are said to be trained on."""

    def __init__(self, recorded: Iterable[DatasetName]) -> None:
        self._recorded = set(recorded)
        self._versions: dict[str, list[DatasetName]] = {}
        for dataset in recorded:
            self._versions.setdefault(dataset.name, []).append(dataset)

    def of(self, model: Model) -> tuple[list[DatasetName], bool]:
        """Return those that have rows, and whether there is one that has none."""
        found, missing = [], False
        for text in model.trained_on:
            wanted = parse_dataset(text)
            if wanted.version:
                hits = [wanted] if wanted in self._recorded else []
            else:
                hits = self._versions.get(wanted.name, [])
            found += hits
            missing = missing or not hits
        return found, missing


def _set_depth(
    assessor: Assessor,
    known: Mapping[str, ModelDepth],
    elements: Iterable[Element],
    leaving_out: frozenset[str] = frozenset(),
) -> ModelDepth:
    """The greatest known depth of what flows into a dataset, 0 where nothing is."""
    deepest, is_open = 0, False
    for element in assessor.generating(elements):
        name = assessor.model_of(element) or ""
        if name in leaving_out:
            continue
        model = known[name]
        deepest = max(deepest, element.greatest_hops + model.depth)
        is_open = is_open or model.open
    return ModelDepth(deepest, is_open)


def measure_depths(
    assessor: Assessor,
    book: ModelBook,
    members: Mapping[DatasetName, Pedigree],
) -> Depths:
    """Find the depth of every model, and the loops among models and datasets.

    Args:
        assessor: The policy's view of pedigrees.
        book: The models as recorded.
        members: Dataset version that a model may be trained on → all that flows into
            its items; of each element the greatest hops.
    """
    training = TrainingSets(members)
    writers = {
        dataset: sorted(
            {
                assessor.model_of(element) or ""
                for element in assessor.generating(elements)
            }
        )
        for dataset, elements in members.items()
    }

    def successors(node: _Node) -> list[_Node]:
        if node.dataset is not None:
            return [_Node(model=name) for name in writers[node.dataset]]
        name = node.model or ""
        bases = [book.find(base).name for base in book.find(name).based_on]
        sets = [_Node(dataset=dataset) for dataset in training.of(book.find(name))[0]]
        return sets + [_Node(model=base) for base in bases]

    names = {model.name for model in book} | assessor.models()
    known: dict[str, ModelDepth] = {}
    written: dict[DatasetName, ModelDepth] = {}
    """Of each dataset, once, however many models were trained on it."""
    loops: list[ModelLoop] = []
    for component in condense(
        [_Node(model=name) for name in sorted(names)], successors
    ):
        inside = frozenset(node.model for node in component if node.model is not None)
        among = [node.dataset for node in component if node.dataset is not None]
        within = {
            dataset: _set_depth(assessor, known, members[dataset], inside)
            for dataset in among
        }
        looped = len(component) > 1 or component[0] in successors(component[0])
        depth, is_open = 0, looped
        for name in inside:
            model = book.find(name)
            sets, missing = training.of(model)
            is_open = is_open or missing or not model.training_complete
            for base in model.based_on:
                outside = known.get(book.find(base).name)
                if outside:
                    depth = max(depth, outside.depth)
                    is_open = is_open or outside.open
            for dataset in sets:
                found = within.get(dataset) or written[dataset]
                depth = max(depth, found.depth)
                is_open = is_open or found.open
        known |= {name: ModelDepth(depth, is_open) for name in inside}
        written |= {
            dataset: _set_depth(assessor, known, members[dataset]) for dataset in among
        }
        if looped:
            loops.append(
                ModelLoop(
                    models=tuple(sorted(inside)),
                    datasets=tuple(sorted(among)),
                )
            )
    return Depths(models=known, loops=tuple(loops))
