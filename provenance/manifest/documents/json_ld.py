"""JSON-LD with the names of its context written out the same way everywhere.

Only what metadata of datasets needs of https://www.w3.org/TR/json-ld11/: prefixes,
terms and ``@vocab`` of a context in the document itself, ``@graph``, and references
by ``@id``. Contexts elsewhere are not fetched; without one, names are taken as
Croissant writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provenance.manifest.documents.json_object import as_list

__all__ = ["Graph"]

_PREFIXES = {
    "sc": "https://schema.org/",
    "schema": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "prov": "http://www.w3.org/ns/prov#",
    "dct": "http://purl.org/dc/terms/",
}
_SHORT = {
    "mlcommons.org/croissant/rai/": "rai:",
    "mlcommons.org/croissant/": "",
    "schema.org/": "",
    "www.w3.org/ns/prov#": "prov:",
    "purl.org/dc/terms/": "dct:",
}
_DEEPEST = 200


class Graph:
    """The nodes of a document; names without a prefix are schema.org's or Croissant's.

    >>> graph = Graph({"@type": "sc:Dataset", "https://schema.org/name": "a"})
    >>> next(graph.of_type("Dataset"))["name"]
    'a'
    """

    def __init__(self, document: dict[str, Any]) -> None:
        """Write the names of a document out.

        Raises:
            ValueError: It is nested too deeply.
        """
        context: dict[str, Any] = {}
        for part in as_list(document.get("@context")):
            context |= part if isinstance(part, dict) else {}
        self._terms = {
            key: value if isinstance(value, str) else str(value.get("@id", key))
            for key, value in context.items()
            if isinstance(value, str | dict)
        }
        self.nodes: list[dict[str, Any]] = []
        self._by_id: dict[str, dict[str, Any]] = {}
        self.root = self._read(document, 0)

    def of_type(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the nodes of a type, outer ones first."""
        return (n for n in self.nodes if name in self.types_of(n))

    def types_of(self, node: Any) -> list[str]:
        """Return the types of a node, by their short names."""
        if not isinstance(node, dict):
            return []
        found = as_list(node.get("@type"))
        return [self.short(one) for one in found if isinstance(one, str)]

    def follow(self, value: Any) -> Any:
        """Return the node that ``{"@id": …}`` refers to; any other value as it is."""
        if isinstance(value, dict) and set(value) == {"@id"}:
            return self._by_id.get(str(value["@id"]), value)
        return value

    def short(self, name: str) -> str:
        """Return a name as it is written here: ``name``, ``prov:label``, ``rai:…``."""
        full = self._expand(name)
        bare = full.removeprefix("https://").removeprefix("http://")
        for namespace, prefix in _SHORT.items():
            if bare.lower().startswith(namespace):
                return prefix + bare[len(namespace) :]
        return full

    def _expand(self, name: str) -> str:
        """Write a term or a prefixed name out, as far as the context tells."""
        for _ in range(3):
            prefix, colon, rest = name.partition(":")
            if not colon and name in self._terms and self._terms[name] != name:
                name = self._terms[name]
            elif colon and not rest.startswith("//") and prefix in self._terms:
                name = self._terms[prefix] + rest
            elif colon and prefix in _PREFIXES:
                return _PREFIXES[prefix] + rest
            else:
                break
        return name

    def _read(self, value: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("is nested too deeply")
        if isinstance(value, list):
            return [self._read(one, depth + 1) for one in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"@value"} or set(value) == {"@value", "@language"}:
            return value["@value"]
        node: dict[str, Any] = {}
        self.nodes.append(node)
        for key, inner in value.items():
            if key != "@context":
                short = key if key.startswith("@") else self.short(key)
                node[short] = self._read(inner, depth + 1)
        if isinstance(node.get("@id"), str) and len(node) > 1:
            self._by_id.setdefault(node["@id"], node)
        return node
