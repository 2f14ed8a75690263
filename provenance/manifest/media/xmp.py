"""XMP packets in a stream of bytes, and the source type that IPTC puts there.

A packet is found by its text wherever it lies, as ISO 16684-1 has it in annex A
("packet scanning"); so any container is read, also one that is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from provenance.domain import Evidence, Kind, Mode
from provenance.manifest.media.says import Says
from provenance.manifest.media.source_types import Making, find_making, read_code

__all__ = ["LARGEST_PACKET", "BadPacketError", "Packets", "read_packet"]

LARGEST_PACKET = 1 << 22
"""A packet over this many bytes is not read."""

_MOST_PACKETS = 16
_START = re.compile(rb"<(x:xmpmeta|rdf:RDF)[\s>]")
_OVERLAP = 16
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
_FORMAT = "{http://purl.org/dc/elements/1.1/}format"
_CONTAINER = "application/pdf"
"""What other files with packets of their own lie in; its own says what it is."""


class BadPacketError(Exception):
    """A packet is no XMP."""


class Packets:
    """Finds the packets of a stream that is handed over piece by piece."""

    def __init__(self) -> None:
        self.found: list[bytes] = []
        self._held = b""
        self._end = b""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the file."""
        data = self._held + chunk
        while len(self.found) < _MOST_PACKETS:
            if not self._end:
                start = _START.search(data)
                if start is None:
                    self._held = data[-_OVERLAP:]
                    return
                self._end = b"</" + start[1] + b">"
                data = data[start.start() :]
            end = data.find(self._end)
            if end < 0 and len(data) <= LARGEST_PACKET:
                self._held = data
                return
            if end >= 0:
                self.found.append(data[: end + len(self._end)])
            data = data[max(end, 0) + 1 :]
            self._end = b""
        self._held = b""


def read_packet(packet: bytes, media_type: str) -> tuple[Says | None, str | None]:
    """Return what a packet says of the origin, and a code that is not known.

    Args:
        packet: From its first tag to its last.
        media_type: Of the file it lies in. A PDF may hold images with packets of
            their own: those say nothing of the PDF.

    Raises:
        BadPacketError: It cannot be read.
    """
    try:
        if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
            raise BadPacketError  # XMP has none; entities can grow without bounds.
        root = ET.fromstring(packet)  # noqa: S314  no entities: see above
    except (ET.ParseError, ValueError, LookupError) as error:
        raise BadPacketError from error
    said: dict[str, str] = {}
    for name, text in _iter_properties(root):
        said.setdefault(name, text)
    if media_type == _CONTAINER and said.get(_FORMAT, _CONTAINER) != _CONTAINER:
        return None, None
    stated = said.get(_IPTC + "DigitalSourceType")
    if not stated:
        return None, None
    making = find_making(read_code(stated))
    if making is None:
        return None, stated
    if making is Making.UNTOLD:
        return None, None
    if making is Making.NOT_GENERATIVE:
        return Says(evidence=Evidence.DECLARED, kind=Kind.OTHER), None
    system = said.get(_IPTC + "AISystemUsed", "")
    version = said.get(_IPTC + "AISystemVersionUsed", "")
    name = f"{system} {version}" if system and version not in system else system
    return (
        Says(
            evidence=Evidence.DECLARED,
            kind=Kind.MODEL,
            mode=Mode.EDITED if making is Making.PARTLY else Mode.UNSPECIFIED,
            generators=(name,) if name else (),
        ),
        None,
    )


def _iter_properties(root: ET.Element) -> Iterator[tuple[str, str]]:
    """Yield the simple properties of the file itself, not of what is nested in them."""
    rdf: Any = root if root.tag == _RDF + "RDF" else root.find(_RDF + "RDF")
    for description in () if rdf is None else rdf.findall(_RDF + "Description"):
        yield from description.attrib.items()
        for element in description:
            first = element.find(f".//{_RDF}li")
            text = element.text if first is None else first.text
            yield element.tag, (element.get(_RDF + "resource") or text or "").strip()
