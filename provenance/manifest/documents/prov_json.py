"""W3C PROV in JSON: entities as records, with what they were derived from and by whom.

https://www.w3.org/submissions/prov-json/. Statements stand under their names, each
with an identifier of its own; names of entities are qualified by ``prefix``. Bundles
are read as if their statements stood outside.

What a ledger exported has records as entities of the type ``LedgerRecord``, with every
field as an attribute: these are read, and not the statements that say the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from provenance.domain import FIELDS, DatasetName, Derivation, Kind
from provenance.domain.fact_file import parse_facts
from provenance.manifest.documents.document import Document, Notes, Row
from provenance.manifest.documents.json_object import (
    as_list,
    as_mapping,
    as_text,
    iter_mappings,
    read_object,
)
from provenance.manifest.documents.stated_names import DatasetDraft, name_dataset

__all__ = ["STATEMENTS", "read_prov_json"]

STATEMENTS = frozenset(
    {
        *("entity", "activity", "agent", "wasDerivedFrom", "wasGeneratedBy", "used"),
        *("wasAttributedTo", "wasAssociatedWith", "actedOnBehalfOf", "hadMember"),
        *("wasInformedBy", "wasStartedBy", "wasEndedBy", "wasInvalidatedBy"),
        *("wasInfluencedBy", "specializationOf", "alternateOf", "mentionOf", "bundle"),
        "prefix",
    }
)
"""The keys that a document may have."""

_READ = frozenset(
    {
        *("entity", "agent", "wasDerivedFrom", "wasGeneratedBy", "wasAttributedTo"),
        *("wasAssociatedWith", "hadMember", "activity", "bundle", "prefix"),
    }
)
_DATASETS = frozenset({"dataset", "collection", "dataset_datasetpackage"})
_MODELS = ("model", "llm")
_DIGESTS = ("sha256", "digest", "checksum", "sha512", "sha1", "md5", "hash")
_SIZES = ("bytes", "size", "bytesize", "contentsize")
_TYPES = ("mediatype", "mimetype", "encodingformat", "format")
_DERIVATIONS = {"quotation": Derivation.QUOTED}
_DEEPEST = 20
_LEDGER, _RECORD = "ledgerdataset", "ledgerrecord"
_FIELDS = tuple(str(field) for field in FIELDS)
_NAMED = ("sha256", "sha512", "sha1", "md5")


def read_prov_json(text: str) -> Document:
    """Take a document apart.

    Raises:
        ValueError: It is no PROV-JSON, or has no entities.
    """
    found = read_object(text)
    graph = _Graph()
    graph.take(found, {})
    return graph.finish()


class _Graph:
    """The statements of a document and of its bundles."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.entities: dict[str, dict[str, Any]] = {}
        self.agents: dict[str, dict[str, Any]] = {}
        self.parents: defaultdict[str, dict[str, Derivation]] = defaultdict(dict)
        self.makers: defaultdict[str, dict[str, None]] = defaultdict(dict)
        """Entity → agents."""
        self.made_by: defaultdict[str, dict[str, None]] = defaultdict(dict)
        """Entity → activities."""
        self.doers: defaultdict[str, dict[str, None]] = defaultdict(dict)
        """Activity → agents."""
        self.members: dict[str, None] = {}

    def take(self, found: Mapping[str, Any], prefixes: Mapping[str, str]) -> None:
        """Take the statements of a document or bundle.

        Raises:
            ValueError: Bundles are nested too deeply.
        """
        waiting = [(found, dict(prefixes), 0)]
        while waiting:
            inner, outer, depth = waiting.pop(0)
            if depth > _DEEPEST:
                raise ValueError(f"has bundles nested over {_DEEPEST} deep")
            names = outer | {
                name: as_text(address)
                for name, address in as_mapping(inner.get("prefix")).items()
            }
            self._take_statements(inner, names)
            bundles = as_mapping(inner.get("bundle")).values()
            waiting += [(as_mapping(one), names, depth + 1) for one in bundles]

    def _take_statements(
        self, found: Mapping[str, Any], prefixes: Mapping[str, str]
    ) -> None:
        def name(said: object) -> str:
            return _expand(_plain(said), prefixes)

        for kind in sorted(found.keys() - _READ):
            self.notes.add(f"statements {kind[:40]} were not read")
        for target, key in ((self.entities, "entity"), (self.agents, "agent")):
            for said, values in as_mapping(found.get(key)).items():
                known = target.setdefault(name(said), {})
                for one in iter_mappings(values):
                    known.update(one)
        for one in _iter_statements(found, "wasDerivedFrom"):
            child, parent = (
                name(one.get(key))
                for key in ("prov:generatedEntity", "prov:usedEntity")
            )
            if child and parent:
                kinds = {_local(_plain(t)) for t in as_list(one.get("prov:type"))}
                modes = (_DERIVATIONS[k] for k in kinds if k in _DERIVATIONS)
                mode = next(modes, Derivation.UNSPECIFIED)
                self.parents[child].setdefault(parent, mode)
        pairs = (
            ("wasAttributedTo", "prov:entity", "prov:agent", self.makers),
            ("wasGeneratedBy", "prov:entity", "prov:activity", self.made_by),
            ("wasAssociatedWith", "prov:activity", "prov:agent", self.doers),
        )
        for kind, left, right, table in pairs:
            for one in _iter_statements(found, kind):
                start, end = name(one.get(left)), name(one.get(right))
                if start and end:
                    table[start][end] = None
        for one in _iter_statements(found, "hadMember"):
            for member in as_list(one.get("prov:entity")):
                self.members[name(member)] = None

    def finish(self) -> Document:
        """Return what is told."""
        ours = [said for said in self.entities.values() if _LEDGER in _types(said)]
        if ours:
            return self._finish_ledger(ours[0])
        datasets = self._make_datasets()
        told = (self.entities, self.members, self.parents, self.makers, self.made_by)
        names = dict.fromkeys(name for some in told for name in some)
        rows = [self._make_row(n) for n in names if n and n not in datasets]
        if not rows and not datasets:
            raise ValueError("has no entities")
        facts = [draft.finish() for draft in datasets.values()]
        return Document(
            facts=facts,
            rows=rows,
            lines=range(1, len(rows) + 1),
            notes=self.notes.found,
            is_of_dataset=bool(rows),
        )

    def _finish_ledger(self, dataset: Mapping[str, Any]) -> Document:
        """Return the records of a ledger's own document, and its facts."""
        rows = [
            {_local(name): _plain(value) for name, value in said.items()}
            for said in self.entities.values()
            if _RECORD in _types(said)
        ]
        facts = _find(dataset, ("facts",))
        return Document(
            facts=parse_facts(read_object(facts)) if facts else (),
            rows=[{k: row.get(k) for k in _FIELDS} for row in rows],
            lines=range(1, len(rows) + 1),
            called=_find(dataset, ("name",)),
            has_lists=True,
            is_of_dataset=bool(rows),
        )

    def _make_datasets(self) -> dict[str, DatasetDraft]:
        """Return the entities that are said to be datasets or collections."""
        drafts: dict[str, DatasetDraft] = {}
        for name, said in self.entities.items():
            if _types(said) & _DATASETS:
                named = name_dataset(name, _find(said, ("version",)), self.notes)
                if named:
                    drafts[name] = DatasetDraft(name=named)
        for child, draft in drafts.items():
            title = _find(self.entities[child], ("label", "title"))
            draft.state("title", [title])
            for parent in self.parents[child]:
                named = self._name_parent(parent, drafts)
                if named and named != draft.name:
                    draft.parents[named] = None
        return drafts

    def _name_parent(
        self, parent: str, drafts: Mapping[str, DatasetDraft]
    ) -> DatasetName | None:
        if parent in drafts:
            return drafts[parent].name
        return name_dataset(parent, "", self.notes)

    def _make_row(self, name: str) -> Row:
        said = self.entities.get(name, {})
        parents = self.parents.get(name, {})
        modes = set(parents.values())
        kind, generators = self._find_origin(name)
        location = _find(said, ("location",)) or (name if "://" in name else "")
        return {
            "name": name,
            "digest": _find_digest(said),
            "url": location if location.startswith(("http:", "https:")) else None,
            "bytes": _find(said, _SIZES) or None,
            "media_type": _find(said, _TYPES) or None,
            "language": _find(said, ("language",)) or None,
            "origin": kind,
            "generated_by": generators or None,
            "derived_from": [p for p in parents if p != name] or None,
            "derivation": modes.pop() if len(modes) == 1 else None,
        }

    def _find_origin(self, name: str) -> tuple[Kind | None, list[str]]:
        """Return who made an entity: models by name, or a person.

        An agent is a model only where its type says so: software agents are scripts
        more often than not.
        """
        makers = dict(self.makers.get(name, {}))
        for activity in self.made_by.get(name, {}):
            for agent in self.doers.get(activity, {}):
                if "person" not in _types(self.agents.get(agent, {})):
                    makers[agent] = None  # a person may merely have started it
        models, has_person = [], False
        for maker in makers:
            said = self.agents.get(maker, {})
            types = _types(said)
            if any(kind.endswith(_MODELS) for kind in types):
                models.append(_find(said, ("label", "name")) or maker)
            elif "person" in types:
                has_person = True
            elif "softwareagent" in types:
                self.notes.add("software agents not said to be models make no origin")
        return (Kind.HUMAN if has_person else None), models


def _iter_statements(
    found: Mapping[str, Any], kind: str
) -> Iterator[Mapping[str, Any]]:
    for values in as_mapping(found.get(kind)).values():
        yield from iter_mappings(values)


def _plain(value: object) -> str:
    """Return a value without its datatype: ``{"$": "a", "type": "xsd:QName"}``."""
    return as_text(as_mapping(value).get("$")) or as_text(value)


def _expand(name: str, prefixes: Mapping[str, str]) -> str:
    """Write a name out by its prefix; one without is in the namespace ``default``."""
    prefix, colon, local = name.partition(":")
    if colon and prefixes.get(prefix):
        return prefixes[prefix] + local
    return prefixes.get("default", "") + name if name and not colon else name


def _local(name: str) -> str:
    """Return the last part of a type's name, in lower case."""
    return (
        name.rstrip("/#").replace("#", "/").replace(":", "/").rpartition("/")[2].lower()
    )


def _types(said: Mapping[str, Any]) -> set[str]:
    return {_local(_plain(value)) for value in as_list(said.get("prov:type"))}


def _find(said: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the value of the first attribute of some names, whatever its prefix."""
    by_local = {_local(key).replace("_", ""): value for key, value in said.items()}
    for name in names:
        for value in as_list(by_local.get(name)):
            if _plain(value):
                return _plain(value)
    return ""


def _find_digest(said: Mapping[str, Any]) -> str | None:
    """Return a digest that says its algorithm, by itself or by its attribute."""
    for name in _DIGESTS:
        value = _find(said, (name,))
        if value and ":" not in value and name in _NAMED:
            return f"{name}:{value}"
        if value:
            return value
    return None
