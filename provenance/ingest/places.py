"""Split URLs into sources and paths, and find the registrable domain of a host."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import tldextract

from provenance.domain.sources import Source

__all__ = ["read_source", "split_urls"]

_PREFIX = (
    r"^(?P<prefix>[A-Za-z][A-Za-z0-9+.\-]*://[^/?#\\\x00-\x20]+)(?P<path>(?s:.*))$"
)


@cache
def _suffixes() -> tldextract.TLDExtract:
    import tldextract  # noqa: PLC0415 - slow to load, and only new hosts need it

    # The list that ships with the package: the same answer on every machine.
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def split_urls(urls: pa.Array[Any]) -> tuple[pa.Array[Any], pa.Array[Any]]:
    """Split each URL into scheme with authority, and the rest.

    ``prefix + path`` is the URL exactly as it was written; where no authority can
    be read the prefix is null and the path is the whole text.
    """
    parts = pc.extract_regex(urls, _PREFIX)
    prefix = pc.struct_field(parts, "prefix")
    path = pc.if_else(pc.is_null(prefix), urls, pc.struct_field(parts, "path"))
    return prefix, path


def read_source(prefix: str) -> Source:
    """Find host and registrable domain of scheme and authority."""
    try:
        host = urlsplit(prefix).hostname or ""
    except ValueError:  # an unclosed bracket, say: the URL stays, without a host
        host = ""
    host = host.rstrip(".").lower()
    domain = _suffixes()(host).top_domain_under_public_suffix if host else ""
    return Source(prefix=prefix, host=host, domain=domain or host or prefix.lower())
