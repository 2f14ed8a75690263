"""The meaning of the ledger by brute force: slow, obvious, and independent.

Pedigrees, assessment, depth and loops as the page "What the ledger means" has them
(sections 2 and 3), without withdrawals; shares no code with the engine.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

PROVEN, DECLARED, DETECTED, INFERRED = 3, 2, 1, 0
GRADES = {
    **dict.fromkeys(("captured", "attested", "manifest"), PROVEN),
    **dict.fromkeys(("declared", "reviewed"), DECLARED),
    **dict.fromkeys(("watermark", "detector", "matched"), DETECTED),
    "inferred": INFERRED,
}
WRITING = ("written", "answered", "completed", "rephrased", "translated")
GENERATING = frozenset({*WRITING, "summarised", "captioned", "edited", "unspecified"})
NOT_OF_THE_CONTENT = frozenset({"labelled", "judged", "selected"})
NEW_WORK = frozenset({"quoted", "seeded", "translated", "merged"})
MOST_HOPS = 15
UNNAMED = "unnamed"
TIERS = ("generated", "derived", "human", "other", "unknown")
UNITS = ("records", "items", "bytes", "tokens", "contents")


@dataclass(frozen=True)
class Origin:
    kind: str  # human, model or other
    model: str | None = None
    mode: str = "unspecified"
    evidence: str = "declared"
    detector: str | None = None
    score: float | None = None
    threshold: float | None = None

    def is_of_the_content(self) -> bool:
        threshold = 0.5 if self.threshold is None else self.threshold
        is_stated = self.score is None or self.score >= threshold
        return is_stated and self.mode not in NOT_OF_THE_CONTENT


@dataclass(frozen=True)
class Parent:
    item: Hashable
    mode: str = "unspecified"
    evidence: str = "declared"


@dataclass(frozen=True)
class Record:
    dataset: str | None  # name@version, or name; None: evidence, no occurrence
    item: Hashable
    origins: tuple[Origin, ...] = ()
    parents: tuple[Parent, ...] = ()
    month: str | None = None
    day: int = 15
    medium: str | None = None
    domain: str | None = None
    language: str | None = None
    split: str | None = None
    bytes: int | None = None
    tokens: int | None = None
    items: int | None = 1
    copies: Decimal = Decimal(1)

    def weigh(self, unit: str) -> Decimal | None:
        if unit == "records":
            return Decimal(1)
        amount: int | None = getattr(self, unit)
        return None if amount is None else amount * self.copies


@dataclass(frozen=True)
class Model:
    name: str
    aliases: tuple[str, ...] = ()
    generative: bool = True
    based_on: tuple[str, ...] = ()
    trained_on: tuple[str, ...] = ()  # a bare name: all versions of it
    training_complete: bool = False


@dataclass(frozen=True)
class Policy:
    least_grade: int = DECLARED
    generating_modes: frozenset[str] = GENERATING
    ignored_models: frozenset[str] = frozenset()
    cutoffs: Mapping[str, str] = field(default_factory=dict)  # by medium


@dataclass(frozen=True)
class Claim:
    origin: Origin
    dataset: str | None = None  # a bare name: all versions of it
    source: str | None = None  # a domain, or www. and a domain: its host
    first: str | None = None  # months
    last: str | None = None
    share: Decimal | None = None
    unit: str | None = None

    def reaches(self, r: Record) -> bool:
        """Tell whether it says of this record's item where the content is from."""
        if self.share is not None or not self.origin.is_of_the_content():
            return False
        if r.dataset is None:
            return False
        hosts = {r.domain, f"www.{r.domain}"} if r.domain else set()
        if self.source not in hosts | {None} or not self.is_about(r.dataset):
            return False
        if self.first is None and self.last is None:
            return True
        month = r.month or ""
        return bool(month) and (self.first or "") <= month <= (self.last or month)

    def is_about(self, dataset: str) -> bool:
        return self.dataset in (None, dataset, dataset.partition("@")[0])


@dataclass(frozen=True)
class World:
    records: tuple[Record, ...] = ()
    models: tuple[Model, ...] = ()
    claims: tuple[Claim, ...] = ()

    def model(self, name: str | None) -> Model:
        """Find it by exact name, else by exact alias, else as unregistered."""
        named = [m for m in self.models if m.name == (name or UNNAMED)]
        aliased = [m for m in self.models if (name or UNNAMED) in m.aliases]
        return [*named, *aliased, Model(name or UNNAMED)][0]

    def versions(self, named: str) -> set[str]:
        """List the dataset versions that have records, all for a bare name."""
        known = {r.dataset for r in self.records if r.dataset is not None}
        return {d for d in known if named in (d, d.partition("@")[0])}


class OriginKey(NamedTuple):
    kind: str  # human, model, other, capture or unknown
    model: str | None = None
    mode: str | None = None
    evidence: str | None = None
    detector: str | None = None
    score: float | None = None
    month: str | None = None
    medium: str | None = None


class Element(NamedTuple):
    origin: OriginKey
    grade: int
    own: bool
    least: int
    greatest: int


Pedigree = frozenset[Element]
Pedigrees = dict[Hashable, Pedigree]
Summary = dict[str, Any]
Row = tuple[Hashable, Any, Decimal | None]  # item, value of a column, weight
Graph = dict[Any, set[Any]]  # a node: the nodes just upstream of it
Depth = tuple[int, bool]  # and whether it is open: the truth may be deeper
Depths = dict[tuple[str, str | None], Depth]  # of ("model", m) and ("dataset", d)
Groups = dict[Any, Summary]
UNKNOWN = Element(OriginKey("unknown"), PROVEN, own=True, least=0, greatest=0)


def components(graph: Graph) -> dict[frozenset[Any], bool]:
    """Condense a graph, upstream first, and tell which components are loops."""
    reached = {node: {node} | graph[node] for node in graph}
    for between in graph:
        for node in graph:
            if between in reached[node]:
                reached[node] |= reached[between]
    found = {frozenset(n for n in reached[m] if m in reached[n]) for m in graph}
    ordered = sorted(found, key=lambda component: len(reached[next(iter(component))]))
    return {c: len(c) > 1 or any(n in graph[n] for n in c) for c in ordered}


def by_item(records: Sequence[Record]) -> dict[Hashable, list[Record]]:
    """Gather what is said of each item that occurs in a dataset."""
    occurring = {r.item for r in records if r.dataset is not None}
    return {item: [s for s in records if s.item == item] for item in occurring}


def own_element(world: World, origin: Origin) -> Element:
    """Policies change which origins count, never how hops were counted."""
    kind, mode, score = origin.kind, origin.mode, origin.score
    model = world.model(origin.model) if kind == "model" else None
    hops = int(model is not None and model.generative and mode in GENERATING)
    step = None if score is None else math.floor(score * 20 + 0.5) / 20
    who = (kind, model.name if model else None, mode, origin.evidence)
    key, grade = OriginKey(*who, origin.detector, step), GRADES[origin.evidence]
    return Element(key, grade, own=True, least=hops, greatest=hops)


def item_graph(world: World) -> Graph:
    seen = by_item(world.records)
    return {i: {p.item for r in seen[i] for p in r.parents} & set(seen) for i in seen}


@lru_cache(maxsize=1)
def pedigrees(world: World) -> Pedigrees:
    """Derive what flows into each item: the least fixed point from empty."""
    items = by_item(world.records)
    found: Pedigrees = {}
    for component in components(item_graph(world)):
        before, now = None, dict.fromkeys(component, Pedigree())
        while now != before:
            before = now
            now = {i: flow(world, items[i], found | before) for i in component}
        found |= {item: now[item] or frozenset({UNKNOWN}) for item in component}
    return found


def flow(world: World, records: list[Record], known: Pedigrees) -> Pedigree:
    """Apply the rule once to one item; a parent that is not known is unseen."""
    origins = [o for r in records for o in r.origins if o.is_of_the_content()]
    best = max((GRADES[o.evidence] for o in origins), default=-1)
    reaching = [c for c in world.claims if any(map(c.reaches, records))]
    origins += [c.origin for c in reaching if GRADES[c.origin.evidence] > best]
    parents = [p for r in records for p in r.parents if p.item != r.item]
    elements = [own_element(world, o) for o in origins]
    stated = [e for e in elements if e.grade >= DECLARED]
    g = max((e.greatest for e in stated), default=0)
    converting = ("model", "transcribed")
    authored = any((e.origin.kind, e.origin.mode) != converting for e in stated)
    if not authored and not parents:
        elements.append(source_unknown(records))
    for parent in parents:
        if parent.mode in NEW_WORK and not authored:
            elements.append(UNKNOWN)
        if parent.mode != "seeded" or g == 1:
            contributed = known.get(parent.item, frozenset({UNKNOWN}))
            elements += [inherited(e, parent, g) for e in contributed]
    return united(elements)


def source_unknown(records: list[Record]) -> Element:
    """Say `existed by then, author unknown`, or plain unknown if none is dated."""
    dated = [(r.month, r.day, r.medium or "") for r in records if r.month is not None]
    month, _, medium = min(dated, default=(None, 0, ""))
    kind = "capture" if dated else "unknown"
    return UNKNOWN._replace(origin=OriginKey(kind, month=month, medium=medium or None))


def inherited(element: Element, parent: Parent, g: int) -> Element:
    most = DETECTED if parent.mode == "near_duplicate" else PROVEN
    grade = min(element.grade, GRADES[parent.evidence], most)
    step = 0 if element.origin.kind in ("capture", "unknown") else g
    hops = [min(n + step, MOST_HOPS) for n in (element.least, element.greatest)]
    return Element(element.origin, grade, own=False, least=hops[0], greatest=hops[1])


def united(elements: list[Element]) -> Pedigree:
    """Unite elements; of inherited captures keep, per place, only the latest."""
    hops: dict[tuple[OriginKey, int, bool], list[int]] = defaultdict(list)
    for origin, grade, own, *both in elements:
        hops[origin, grade, own] += both
    union = {Element(*key, min(n), max(n)) for key, n in hops.items()}
    captures = {e for e in union if e.origin.kind == "capture" and not e.own}
    in_time = sorted(captures, key=lambda e: str(e.origin.month))
    latest = {(e.origin.medium, e.grade): e for e in in_time}
    return frozenset((union - captures) | set(latest.values()))


def counting(pedigree: Pedigree, policy: Policy, world: World) -> Pedigree:
    """Drop what is below the least grade or of an ignored model."""
    ignored = {world.model(name).name for name in policy.ignored_models}
    kept = frozenset(e for e in pedigree if e.grade >= policy.least_grade)
    return frozenset(e for e in kept if e.origin.model not in ignored)


def generating(pedigree: Pedigree, policy: Policy, world: World) -> Pedigree:
    models = [e for e in counting(pedigree, policy, world) if e.origin.kind == "model"]
    counted = [e for e in models if e.origin.mode in policy.generating_modes]
    return frozenset(e for e in counted if world.model(e.origin.model).generative)


def assess(pedigree: Pedigree, policy: Policy, world: World) -> str:
    """Name the tier of a pedigree under a policy."""
    counted = generating(pedigree, policy, world)
    if counted:
        return "generated" if any(e.own for e in counted) else "derived"
    kinds = set()
    for (kind, *_, month, medium), *_ in counting(pedigree, policy, world):
        months = [m for of, m in policy.cutoffs.items() if medium in (None, of)]
        early = kind == "capture" and months and str(month) < min(months)
        kinds.add("human" if early else kind)
    if not kinds or kinds & {"unknown", "capture"} or lost(pedigree, policy, world):
        return "unknown"
    return "human" if kinds == {"human"} else "other"


def lost(pedigree: Pedigree, policy: Policy, world: World) -> bool:
    """Tell whether the policy disbelieves an author, leaving nobody in his place."""
    names = {"human", "model", "other"}
    authors = {
        e
        for e in pedigree
        if e.origin.kind in names
        and (e.origin.kind, e.origin.mode) != ("model", "transcribed")
        and GRADES[str(e.origin.evidence)] >= DECLARED
    }
    anybody = replace(policy, ignored_models=frozenset())
    authors |= generating(pedigree, anybody, world)
    kept = counting(pedigree, policy, world)
    ignored = {world.model(name).name for name in policy.ignored_models}
    for e in authors - kept:
        weak = GRADES[str(e.origin.evidence)] < policy.least_grade
        if e.own and not any(k.own for k in authors & kept):
            return True
        believed = e.grade >= policy.least_grade and e.origin.model in ignored
        if not e.own and (weak or believed):
            return True
    return False


def rows(world: World, dataset: str, unit: str, dimension: str = "") -> list[Row]:
    """List records, or contents, each of these under its least value."""
    column = {"source": "domain"}.get(dimension, dimension)
    records = [r for r in world.records if r.dataset == dataset]
    if unit != "contents":
        return [(r.item, getattr(r, column, None), r.weigh(unit)) for r in records]
    same = by_item(records)
    values: dict[Any, set[Any]]
    values = {i: {getattr(r, column, None) for r in same[i]} - {None} for i in same}
    return [(i, min(values[i], default=None), Decimal(1)) for i in same]


def summarise(
    tiers: Iterable[tuple[str, Decimal | None]], needed: Decimal = Decimal(0)
) -> Summary:
    """Add up weights per tier; `missing` counts the records that have none.

    What shares need beyond what is known moves from unknown to generated, if it fits.
    """
    sums, missing = dict.fromkeys(TIERS, Decimal(0)), dict.fromkeys(TIERS, 0)
    for tier, weight in tiers:
        sums[tier] += weight or 0
        missing[tier] += weight is None
    moved = min(needed, sums["unknown"])
    sums["generated"] += moved
    sums["unknown"] -= moved
    total, share = sum(sums.values()), None
    if total:
        least = Fraction(sums["generated"] + sums["derived"]) / Fraction(total)
        share = (least, least + Fraction(sums["unknown"]) / Fraction(total))
    complete = None if any(missing.values()) else share
    shares = {"measured_share": share, "downstream_share": complete}
    said = {"missing": missing, "unattributed": moved}
    return {"total": total, **sums, **said, **shares}


def report(world: World, dataset: str, policy: Policy) -> dict[str, Summary]:
    tiers = {i: assess(p, policy, world) for i, p in pedigrees(world).items()}
    found = {}
    for unit in UNITS:
        weights = [(tiers[i], n) for i, _, n in rows(world, dataset, unit)]
        total = summarise(weights)["total"]
        found[unit] = summarise(weights, needed(world, dataset, policy, unit, total))
    return found


def needed(
    world: World, dataset: str, policy: Policy, unit: str, total: Decimal
) -> Decimal:
    """Add up what shares ask for beyond what is known of their generators."""
    greatest: dict[Any, Decimal] = {}
    for c in world.claims:
        if c.share is None or c.unit != unit or not c.is_about(dataset):
            continue
        for e in generating(frozenset({own_element(world, c.origin)}), policy, world):
            model = e.origin.model
            greatest[model] = max(greatest.get(model, Decimal(0)), c.share)
    if not greatest:
        return Decimal(0)
    known = dict.fromkeys(greatest, Decimal(0))
    for item, _, weight in rows(world, dataset, unit):
        groups = origin_groups(pedigrees(world)[item], policy, world, "model")
        for model in greatest.keys() & groups.keys():
            if assess(groups[model], policy, world) == "generated":
                known[model] += weight or 0
    more = (max(Decimal(0), s * total - known[m]) for m, s in greatest.items())
    return sum(more, Decimal(0))


def by(world: World, dataset: str, policy: Policy, dimension: str, unit: str) -> Groups:
    """Break a summary down; an item may stand in several groups."""
    known = pedigrees(world)
    depths = lineage_depths(world, policy) if dimension == "depth" else {}
    grouped: dict[Any, list[tuple[str, Decimal | None]]] = defaultdict(list)
    for item, value, weight in rows(world, dataset, unit, dimension):
        groups = {value: known[item]}
        if dimension == "depth":
            groups = {item_depth(known[item], policy, world, depths): known[item]}
        elif dimension in ("model", "mode", "evidence"):
            groups = origin_groups(known[item], policy, world, dimension)
        for group, pedigree in groups.items():
            grouped[group].append((assess(pedigree, policy, world), weight))
    return {group: summarise(tiers) for group, tiers in grouped.items()}


def origin_groups(
    pedigree: Pedigree, policy: Policy, world: World, dimension: str
) -> dict[Any, Pedigree]:
    """Split a pedigree by model, mode or evidence; whole if it has none."""
    kinds = {"model", "human", "other"} if dimension == "evidence" else {"model"}
    groups: dict[Any, Pedigree] = defaultdict(frozenset)
    for e in counting(pedigree, policy, world):
        if e.origin.kind in kinds:
            groups[getattr(e.origin, dimension)] |= {e}
    return groups or {"(none)": pedigree}


def lineage_graph(world: World, policy: Policy) -> Graph:
    """Map models to their sets and bases, and sets to the models that count."""
    known = pedigrees(world)
    graph: Graph = defaultdict(set)
    for r in world.records:
        if r.dataset is None:
            continue
        counted = generating(known[r.item], policy, world)
        graph["dataset", r.dataset] |= {("model", e.origin.model) for e in counted}
    for m in world.models:
        bases = {("model", world.model(base).name) for base in m.based_on}
        used = {d for named in m.trained_on for d in world.versions(named)}
        graph["model", m.name] |= bases | {("dataset", d) for d in used}
    return {node: graph[node] for node in set(graph).union(*graph.values())}


def item_depth(
    pedigree: Pedigree, policy: Policy, world: World, depths: Depths
) -> int | None:
    """Count the generations above an item; a model of no depth is left out."""
    counted = generating(pedigree, policy, world)
    if not counted:
        return None if assess(pedigree, policy, world) == "unknown" else 0
    above = [(e.greatest, depths.get(("model", e.origin.model))) for e in counted]
    return max((hops + found[0] for hops, found in above if found), default=None)


def lineage_depths(world: World, policy: Policy) -> Depths:
    """Find the depths of models and sets, upstream first, loops from outside."""
    known, graph = pedigrees(world), lineage_graph(world, policy)
    found: Depths = {}
    for component, is_loop in components(graph).items():
        heights, is_open = [0], is_loop
        for kind, name in component:
            outside = [found[node] for node in graph[kind, name] - component]
            is_open |= any(is_deeper for _, is_deeper in outside)
            if kind == "model":
                heights += [depth for depth, _ in outside]
                model = world.model(name)
                complete = model.training_complete and name != UNNAMED
                is_open |= not (complete and all(map(world.versions, model.trained_on)))
                continue
            items = [item for item, *_ in rows(world, name, "contents")]
            heights += [item_depth(known[i], policy, world, found) or 0 for i in items]
        found |= dict.fromkeys(component, (max(heights), is_open))
        for kind, name in component if is_loop else ():
            if kind == "dataset":  # seen from outside, with its models' depth known
                items = [item for item, *_ in rows(world, name, "contents")]
                inside = [item_depth(known[i], policy, world, found) for i in items]
                deepest = max(depth or 0 for depth in inside)
                found[kind, name] = (deepest, is_open)
    return found


def model_depths(world: World, policy: Policy) -> dict[str, Depth]:
    """Find the depth of each model registered, named as a base, or counting."""
    depths = lineage_depths(world, policy).items()
    return {name: depth for (kind, name), depth in depths if name and kind == "model"}


def depth(world: World, dataset: str, policy: Policy, unit: str) -> dict[str, Any]:
    """Summarise the generation depth of a dataset version, weighted by a unit."""
    pedigree, depths = pedigrees(world), lineage_depths(world, policy)
    found = [
        (item_depth(pedigree[item], policy, world, depths), Fraction(weight or 0))
        for item, _, weight in rows(world, dataset, unit)
    ]
    known = [(d, weight) for d, weight in found if d is not None]
    measured = sum(weight for _, weight in known)
    total = sum(weight for _, weight in found)
    return {
        "min": min((d for d, _ in known), default=None),
        "mean": sum(d * w for d, w in known) / measured if measured else None,
        "max": max((d for d, _ in known), default=None),
        "open": depths.get(("dataset", dataset), (0, False))[1],
        "known_share": measured / total if total else None,
    }


def loops(world: World, policy: Policy) -> dict[str, set[frozenset[Any]]]:
    """Find the components that hold a cycle: of items; of models and their sets."""
    graphs = {"items": item_graph(world), "lineages": lineage_graph(world, policy)}
    cuts = {name: components(graph).items() for name, graph in graphs.items()}
    return {name: {c for c, is_loop in cut if is_loop} for name, cut in cuts.items()}
