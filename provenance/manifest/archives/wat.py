"""WAT: what Common Crawl computed about each record of a WARC file, as JSON.

https://commoncrawl.org/blog/navigating-the-warc-file-format::

    {"Envelope": {"WARC-Header-Metadata": {"WARC-Type": "response", …},
                  "Payload-Metadata": {"HTTP-Response-Metadata":
                      {"Entity-Digest": …, "Entity-Length": …, "Headers": {…}}}}}

The envelope of a capture stands for the capture; the payload is not there, so what
is said of it cannot be checked.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from provenance.manifest.archives.captures import (
    read_language,
    read_media_type,
    read_reservation,
)
from provenance.manifest.archives.payload import (
    RESERVING,
    gather_headers,
    read_declared,
)

if TYPE_CHECKING:
    from provenance.manifest.archives.captures import Captures

__all__ = ["read_wat"]

_CAPTURES = frozenset({"response", "resource", "revisit"})
_NO_CAPTURE = "metadata records are no captures"


def read_wat(block: bytes, captures: Captures) -> None:
    """Add the capture that a metadata record in JSON describes, if it is one."""
    try:
        head, http = _find(json.loads(block))
    except (ValueError, RecursionError):
        head, http = {}, {}
    if str(head.get("WARC-Type")).lower() not in _CAPTURES:
        captures.note(_NO_CAPTURE)
        return
    said = {name: value for name, value in head.items() if isinstance(value, str)}
    digest = read_declared(
        said.get("WARC-Payload-Digest") or _text(http, "Entity-Digest")
    )
    length = _text(http, "Entity-Length")
    headers = gather_headers(
        (name, text)
        for name, value in _object(http, "Headers").items()
        # A list is what a header has that was sent several times, since 2024.
        for text in (value if isinstance(value, list) else [value])
        if isinstance(text, str)
    )
    cells = {
        "digest": digest,
        "bytes": length if length and length.isdecimal() else None,
        "name": said.get("WARC-Record-ID"),
        "url": said.get("WARC-Target-URI"),
        "fetched_at": said.get("WARC-Date"),
        "language": read_language(said.get("WARC-Identified-Content-Language")),
        "media_type": read_media_type(
            _text(headers, "content-type"), said.get("WARC-Identified-Payload-Type")
        ),
    }
    cells["reservation"] = read_reservation(headers | _find_metas(http))
    captures.add(cells)


def _find(value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the WARC head and what is said of the HTTP response, or empty objects."""
    envelope = _object(value, "Envelope")
    payload = _object(envelope, "Payload-Metadata")
    return (
        _object(envelope, "WARC-Header-Metadata"),
        _object(payload, "HTTP-Response-Metadata"),
    )


def _find_metas(http: dict[str, Any]) -> dict[str, str]:
    """Return what the elements META of a page say of robots and of mining."""
    metas = _object(_object(http, "HTML-Metadata"), "Head").get("Metas")
    return gather_headers(
        (name, said)
        for meta in (metas if isinstance(metas, list) else [])
        if isinstance(meta, dict)
        and (name := _text(meta, "name"))
        and (said := _text(meta, "content"))
        and name.lower() in RESERVING
    )


def _object(value: Any, key: str) -> dict[str, Any]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _text(value: dict[str, Any], key: str) -> str | None:
    found = value.get(key)
    return found if isinstance(found, str) else None
