"""Content Credentials: the C2PA manifest store of a file, verified.

C2PA 2.2, https://spec.c2pa.org. The store is read and verified by c2pa-python, an
extra of this package; nothing is ever fetched, neither a store that lies elsewhere
nor the state of a certificate.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from provenance.domain import Derivation, Evidence, Kind, Mode
from provenance.errors import ManifestError
from provenance.manifest.media.says import Says
from provenance.manifest.media.source_types import Making, find_making, read_code

if TYPE_CHECKING:
    from provenance.manifest.media.trust import TrustList

__all__ = ["BadStoreError", "Credentials", "Store", "name_extra", "say"]

_RESERVING = ("notAllowed", "constrained")
_LONGEST = 1000
_VERIFIED = frozenset({"Valid", "Trusted"})
_WHOLE = frozenset({"c2pa.created", "c2pa.opened"})
"""Actions whose source type is that of all there was then, not of what was added."""

_FLOWS_IN = frozenset({"parentOf", "componentOf"})
_DERIVATIONS = {
    "parentOf": Derivation.UNSPECIFIED,
    "componentOf": Derivation.MERGED,
    "inputTo": Derivation.SEEDED,
}
_MODEL = "c2pa.types.model"
_NO_PARENTS = (_MODEL, "c2pa.types.generator", "c2pa.types.dataset")
_SETTINGS = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
_LONGEST_NAME = 300
_OF_TRUST = ".untrusted"
"""How codes end that tell who signed, and not whether what was signed is true."""


class BadStoreError(Exception):
    """A file has a manifest store that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The manifest store of one file."""

    state: str
    """``Invalid``, ``Valid``, or ``Trusted``: signed by somebody on a trust list."""
    active: str
    """The manifest that is about the file itself."""
    manifests: Mapping[str, Mapping[str, Any]]
    """All of them: those of ingredients are among them."""

    def iter_source_types(self) -> Iterator[str]:
        """Yield the codes of all actions of all manifests."""
        for manifest in self.manifests.values():
            for action in _iter_actions(manifest):
                if isinstance(action.get("digitalSourceType"), str):
                    yield read_code(action["digitalSourceType"])

    @property
    def reservation(self) -> str | None:
        """What of training and mining it does not allow, one line for each."""
        said = [
            f"{name}: {entry['use']}"
            for assertion in _iter_assertions(self.manifests.get(self.active, {}))
            if str(assertion.get("label", "")).endswith(".training-mining")
            for name, entry in _entries(assertion)
            if isinstance(entry, Mapping) and entry.get("use") in _RESERVING
        ]
        return "\n".join(dict.fromkeys(said))[:_LONGEST] or None


class Credentials:
    """Reads manifest stores, one file after another."""

    def __init__(self, trust: TrustList | None = None) -> None:
        """Nothing is loaded yet.

        Args:
            trust: Signers that it leads to are trusted; None: nobody is.
        """
        self._trust = trust
        self._reader: Any = None
        self._context: Any = None
        self._not_found: type[Exception] = Exception
        self._failed: type[Exception] = Exception

    def read(self, file: BinaryIO, media_type: str) -> Store | None:
        """Return the store of a file, or None if it has none.

        Args:
            file: Can be read anew from its start.
            media_type: As its content says.

        Raises:
            BadStoreError: It has one, which cannot be read.
            ImportError: c2pa-python is not installed.
        """
        if self._reader is None:
            self._load()
        file.seek(0)
        try:
            with self._reader(media_type, file, context=self._context) as reader:
                said = json.loads(reader.json())
        except self._not_found:
            return None
        except (self._failed, ValueError) as error:
            raise BadStoreError(str(error).partition("\n")[0]) from error
        return Store(
            state=str(said.get("validation_state", "Invalid")),
            active=str(said.get("active_manifest", "")),
            manifests=said.get("manifests", {}),
        )

    def _load(self) -> None:
        import c2pa  # noqa: PLC0415 - an extra, and only for files that have a store

        trusted = {"trust": {"user_anchors": self._trust.pem}} if self._trust else {}
        settings = c2pa.Settings.from_dict(_SETTINGS | trusted)
        self._context = c2pa.Context.builder().with_settings(settings).build()
        self._not_found = c2pa.C2paError.ManifestNotFound
        self._failed = c2pa.C2paError
        self._reader = c2pa.Reader


def name_extra(name: str) -> ManifestError:
    """Return the error of a file with a store that cannot be verified here."""
    return ManifestError(
        f"{name} carries a C2PA manifest store, and c2pa-python is not installed",
        hint="Install it: pip install 'training-provenance[media]'",
    )


def say(store: Store) -> tuple[Says, frozenset[str]]:
    """Return what a store says of the origin of the file, and codes not known.

    What a manifest says of its ingredients holds for the file as far as they went
    into it, that is not for what was only an input to a generator. A signer may use
    an ingredient whose manifest is Invalid, and says so: what that one says is not
    verified by the signature over all.
    """
    found = list(_iter_flow(store))
    codes = {read_code(action["digitalSourceType"]) for action, _, _ in found}
    makings = {code: find_making(code) for code in codes}
    generating = [
        (action, is_whole, is_intact)
        for action, is_whole, is_intact in found
        if makings[read_code(action["digitalSourceType"])]
        in (Making.GENERATED, Making.PARTLY)
    ]
    kind = mode = None
    generators: tuple[str, ...] = ()
    if generating:
        kind = Kind.MODEL
        is_whole = any(
            is_whole
            and makings[read_code(action["digitalSourceType"])] is Making.GENERATED
            for action, is_whole, _ in generating
        )
        mode = Mode.UNSPECIFIED if is_whole else Mode.EDITED
        names = [action["agent"] for action, _, _ in generating if action["agent"]]
        generators = tuple(dict.fromkeys(names or _iter_models(store)))
    elif any(
        is_whole
        and makings[read_code(action["digitalSourceType"])] is Making.NOT_GENERATIVE
        for action, is_whole, _ in found
    ) and set(makings.values()) == {Making.NOT_GENERATIVE}:
        kind = Kind.OTHER
    parents, derivation = _list_parents(store)
    rests_on = generating if kind is Kind.MODEL else found if kind else []
    state = store.state if all(intact for _, _, intact in rests_on) else "Invalid"
    said = Says(
        evidence=Evidence.MANIFEST if state in _VERIFIED else Evidence.DECLARED,
        kind=kind,
        mode=mode,
        generators=generators,
        verified=f"C2PA {state}",
        parents=parents,
        derivation=derivation,
        reservation=store.reservation,
    )
    return said, frozenset(code for code in codes if makings[code] is None)


def _iter_flow(store: Store) -> Iterator[tuple[dict[str, Any], bool, bool]]:
    """Yield actions with a source type that made content of the file.

    With each, whether it made all of the content there was then, and whether the
    manifests by which it is told were intact when they came in.
    """
    seen: set[str] = set()
    waiting = [(store.active, True, True)]
    while waiting:
        label, is_whole, is_intact = waiting.pop()
        if label in seen:
            continue
        seen.add(label)
        manifest = store.manifests.get(label, {})
        for action in _iter_actions(manifest):
            if isinstance(action.get("digitalSourceType"), str):
                makes_all = is_whole and action.get("action") in _WHOLE
                yield action, makes_all, is_intact
        for ingredient in manifest.get("ingredients", ()):
            relation = ingredient.get("relationship")
            if relation in _FLOWS_IN and ingredient.get("active_manifest"):
                waiting.append(
                    (
                        ingredient["active_manifest"],
                        is_whole and relation == "parentOf",
                        is_intact and _is_intact(ingredient),
                    )
                )


def _is_intact(ingredient: Mapping[str, Any]) -> bool:
    """Whether whoever used an ingredient found its manifest to be true.

    What the signer found to be wrong with it does not make the store Invalid.
    """
    results = ingredient.get("validation_results") or {}
    deltas = [
        delta.get("validationDeltas") or {}
        for delta in results.get("ingredientDeltas") or ()
    ]
    failures = list(ingredient.get("validation_status") or ())
    for checked in (results.get("activeManifest") or {}, *deltas):
        failures += checked.get("failure") or ()
    return all(
        failure.get("success") or str(failure.get("code", "")).endswith(_OF_TRUST)
        for failure in failures
    )


def _iter_assertions(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for assertion in manifest.get("assertions", ()):
        if isinstance(assertion, Mapping):
            yield assertion


def _entries(assertion: Mapping[str, Any]) -> list[tuple[str, Any]]:
    data = assertion.get("data")
    entries = data.get("entries") if isinstance(data, Mapping) else None
    if isinstance(entries, Mapping):
        return [(str(name), entry) for name, entry in entries.items()]
    label = str(assertion.get("label", ""))
    return [(label, entry) for entry in entries] if isinstance(entries, list) else []


def _iter_actions(manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the actions of a manifest, each with the name of its agent."""
    for assertion in _iter_assertions(manifest):
        data = assertion.get("data")
        label = str(assertion.get("label", ""))
        if not label.startswith("c2pa.actions") or not isinstance(data, Mapping):
            continue
        agents = data.get("softwareAgents")
        for action in data.get("actions", ()):
            if not isinstance(action, Mapping):
                continue
            agent = action.get("softwareAgent")
            place = action.get("softwareAgentIndex")
            if agent is None and isinstance(agents, list) and isinstance(place, int):
                agent = dict(enumerate(agents)).get(place)
            yield {**action, "agent": _name_agent(agent)}


def _name_agent(agent: object) -> str:
    if isinstance(agent, Mapping):
        name, version = (str(agent.get(key) or "") for key in ("name", "version"))
        agent = f"{name} {version}" if name and version not in name else name
    return agent.strip()[:_LONGEST_NAME] if isinstance(agent, str) else ""


def _iter_models(store: Store) -> Iterator[str]:
    """Yield the names of models that are inputs, for want of a named agent."""
    for manifest in store.manifests.values():
        for ingredient in manifest.get("ingredients", ()):
            title = ingredient.get("title")
            if title and _is_of(ingredient, (_MODEL,)):
                yield str(title)[:_LONGEST_NAME]


def _is_of(ingredient: Mapping[str, Any], types: tuple[str, ...]) -> bool:
    stated = ingredient.get("data_types") or ()
    return any(str(t.get("type", "")).startswith(types) for t in stated)


def _list_parents(store: Store) -> tuple[tuple[str, ...], Derivation | None]:
    """Return what names the ingredients of the file, and how it came out of them."""
    parents: dict[str, str] = {}
    for ingredient in store.manifests.get(store.active, {}).get("ingredients", ()):
        named = next(
            (
                str(ingredient[key])
                for key in ("instance_id", "document_id", "active_manifest")
                if ingredient.get(key)
            ),
            "",
        )
        if named and not _is_of(ingredient, _NO_PARENTS):
            parents[named] = str(ingredient.get("relationship"))
    relations = set(parents.values())
    derivation = None
    if parents:
        derivation = Derivation.UNSPECIFIED
        if len(relations) == 1:
            derivation = _DERIVATIONS.get(relations.pop(), Derivation.UNSPECIFIED)
    return tuple(parents), derivation
