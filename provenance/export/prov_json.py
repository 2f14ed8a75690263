"""W3C PROV in JSON: every record an entity, with what made it and of what.

https://www.w3.org/submissions/prov-json/::

    dataset     prov:Collection, hadMember each record
    record      an entity; specializationOf the content that its digest names
    origin      wasGeneratedBy an activity (mode, evidence), wasAssociatedWith a model;
                wasAttributedTo a person where people made it
    parent      wasDerivedFrom the content, or what the row called it

An entity of the type ``provenance:LedgerRecord`` has the fields of the record as
attributes, ``origins`` and ``parents`` whole as JSON: another ledger reads these. The
statements say the same to everybody else. Statements are gathered in scratch files, so
that memory does not grow with the rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final
from urllib.parse import quote

from provenance.export.loss import Loss, list_losses
from provenance.export.parquet import make_facts
from provenance.export.told import Told
from provenance.temporary import explain_temporary

__all__ = ["write"]

_CARRIED: Final = frozenset(
    {
        *("rows", "digests", "edges", "modes", "evidence", "units", "unknown"),
        *("missing", "sources", "claims", "models", "unattributed", "policy"),
    }
)
_PREFIXES: Final = {
    "provenance": "urn:training-provenance:",
    "rec": "urn:training-provenance:record:",
    "content": "urn:training-provenance:content:",
    "called": "urn:training-provenance:called:",
    "model": "urn:training-provenance:model:",
    "set": "urn:training-provenance:dataset:",
}
_STATEMENTS = (
    *("entity", "activity", "agent", "wasGeneratedBy", "wasAssociatedWith"),
    *("wasAttributedTo", "wasDerivedFrom", "specializationOf", "hadMember"),
)
_FIELDS = (
    *("digest", "name", "url", "fetched_at", "bytes", "tokens", "items", "copies"),
    *("language", "media_type", "split", "reservation", "tier", "depth"),
)
_READ_WHOLE: Final = 1 << 26
"""Bytes of a document that ``provenance ingest`` reads."""


def write(told: Told, path: Path) -> tuple[list[Path], list[Loss]]:
    """Write one document; return the files, and what they do not carry."""
    with ExitStack() as stack:
        with explain_temporary():
            parts = {
                name: stack.enter_context(TemporaryFile("w+", encoding="utf-8"))
                for name in _STATEMENTS
            }
        _Statements(told, parts).write_all()
        with path.open("w", encoding="utf-8") as out:
            out.write('{"prefix": ' + json.dumps(_PREFIXES))
            for name, part in parts.items():
                if part.tell():
                    out.write(f',\n"{name}": {{\n')
                    part.seek(0)
                    while text := part.read(1 << 20):
                        out.write(text)
                    out.write("\n}")
            out.write("\n}\n")
    lost = list_losses(told, _CARRIED)
    size = path.stat().st_size
    if size > _READ_WHOLE:
        words = "bytes: more than a ledger reads of one document; hand on Parquet"
        lost.append(Loss(what="size", amount=size, words=words))
    return [path], lost


class _Statements:
    """Writes statements into the part of their kind, each under a name of its own."""

    def __init__(self, told: Told, parts: Mapping[str, IO[str]]) -> None:
        self._told = told
        self._parts = parts
        self._counts = dict.fromkeys(parts, 0)
        self._activities: dict[str, str] = {}
        self._agents: set[str] = set()
        self._contents: set[str] = set()

    def write_all(self) -> None:
        """Write the dataset, and every record of it."""
        told = self._told
        self._set = f"set:{quote(told.dataset, safe='')}"
        self._say(
            "entity",
            self._set,
            {
                "prov:type": [
                    _name("prov:Collection"),
                    _name("provenance:LedgerDataset"),
                ],
                "provenance:name": told.dataset,
                "provenance:policy": told.report["policy"],
                "provenance:log_size": told.report["log"]["size"],
                "provenance:log_root": told.report["log"]["root"],
                "provenance:report": json.dumps(told.report, ensure_ascii=False),
                "provenance:downstream": list(told.sentences.values()),
                "provenance:facts": json.dumps(make_facts(told), ensure_ascii=False),
            },
        )
        for number, row in enumerate(self._iter_rows(), start=1):
            self._write_row(f"rec:{number}", row)

    def _iter_rows(self) -> Iterator[dict[str, Any]]:
        for batch in self._told.read_rows():
            yield from batch.to_pylist()

    def _write_row(self, name: str, row: Mapping[str, Any]) -> None:
        said: dict[str, Any] = {
            "prov:type": _name("provenance:LedgerRecord"),
            **{
                f"provenance:{field}": _plain(row[field])
                for field in _FIELDS
                if row[field] is not None
            },
        }
        for edges in ("origins", "parents"):
            if row[edges]:
                said[f"provenance:{edges}"] = json.dumps(row[edges], ensure_ascii=False)
        self._say("entity", name, said)
        self._relate("hadMember", collection=self._set, entity=name)
        if row["digest"]:
            content = self._name_content(row["digest"])
            self._relate("specializationOf", specificEntity=name, generalEntity=content)
        for origin in row["origins"]:
            self._write_origin(name, origin)
        for parent in row["parents"]:
            self._write_parent(name, parent)

    def _name_content(self, digest: str) -> str:
        return f"content:{digest.replace(':', '-')}"

    def _write_origin(self, name: str, origin: Mapping[str, Any]) -> None:
        if origin["kind"] == "human":
            self._name_agent("provenance:people", "people", "prov:Person")
            self._relate("wasAttributedTo", entity=name, agent="provenance:people")
            return
        key = json.dumps({**origin, "score": None}, sort_keys=True)
        if key not in self._activities:
            self._activities[key] = f"provenance:act-{len(self._activities) + 1}"
            self._write_activity(self._activities[key], origin)
        self._relate("wasGeneratedBy", entity=name, activity=self._activities[key])

    def _write_activity(self, name: str, origin: Mapping[str, Any]) -> None:
        words = ("kind", "mode", "evidence", "detector", "threshold")
        said = {
            f"provenance:{word}": origin[word]
            for word in words
            if origin[word] is not None
        }
        self._say("activity", name, said)
        if origin["model"] is None:
            return
        agent = f"model:{quote(origin['model'], safe='')}"
        self._name_agent(agent, origin["model"], "provenance:Model")
        self._relate("wasAssociatedWith", activity=name, agent=agent)

    def _name_agent(self, name: str, label: str, kind: str) -> None:
        if name in self._agents:
            return
        self._agents.add(name)
        types = [_name(kind)]
        if kind != "prov:Person":
            types.append(_name("prov:SoftwareAgent"))
        self._say("agent", name, {"prov:type": types, "prov:label": label})

    def _write_parent(self, name: str, parent: Mapping[str, Any]) -> None:
        if parent["digest"]:
            used = self._name_content(parent["digest"])
        else:
            used = f"called:{quote(parent['reference'], safe='')}"
        said = {f"provenance:{word}": parent[word] for word in ("mode", "evidence")}
        if parent["mode"] == "quoted":
            said["prov:type"] = _name("prov:Quotation")
        ends = {"prov:generatedEntity": name, "prov:usedEntity": used}
        self._say("wasDerivedFrom", self._next("wasDerivedFrom"), ends | said)

    def _relate(self, kind: str, **ends: str) -> None:
        said = {f"prov:{end}": name for end, name in ends.items()}
        self._say(kind, self._next(kind), said)

    def _next(self, kind: str) -> str:
        return f"_:{kind}{self._counts[kind] + 1}"

    def _say(self, kind: str, name: str, said: Mapping[str, Any]) -> None:
        part = self._parts[kind]
        part.write(",\n" if self._counts[kind] else "")
        part.write(f"{json.dumps(name)}: {json.dumps(said, ensure_ascii=False)}")
        self._counts[kind] += 1


def _name(qualified: str) -> dict[str, str]:
    return {"$": qualified, "type": "prov:QUALIFIED_NAME"}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        moment = value.isoformat().replace("+00:00", "Z")
        return {"$": moment, "type": "xsd:dateTime"}
    if isinstance(value, Decimal):
        return {"$": f"{value.normalize():f}", "type": "xsd:decimal"}
    return value
