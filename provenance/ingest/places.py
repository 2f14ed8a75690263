"""Split URLs into sources and paths, and find the registrable domain of a host."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import tldextract

from provenance.domain.sources import Source, read_host

__all__ = ["read_source", "split_urls"]

_PREFIX = (
    r"^(?P<prefix>[A-Za-z][A-Za-z0-9+.\-]*://[^/?#\\\x00-\x20]+)(?P<path>(?s:.*))$"
)
_PLAIN_PREFIX = r"^[A-Za-z][A-Za-z0-9+.\-]*://[^/?#\\\x00-\x20]+$"
"""What stands before the third slash, when that begins the path."""

_SLASHES = 3


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
    parts = pc.split_pattern(urls, "/", max_splits=_SLASHES)
    whole = pc.equal(pc.list_value_length(parts), _SLASHES + 1)
    whole = whole.fill_null(fill_value=False)
    if not pc.any(whole).as_py():
        return _split_any(urls)
    if not pc.all(whole).as_py():
        return _split_some(urls, whole)
    scheme, empty, authority, path = (
        pc.list_element(parts, place) for place in range(_SLASHES + 1)
    )
    encoded = pc.binary_join_element_wise(
        scheme, empty, authority, "/"
    ).dictionary_encode()
    plain = pc.match_substring_regex(encoded.dictionary, _PLAIN_PREFIX)
    if not pc.all(plain).as_py():
        fits = plain.take(encoded.indices)
        if not pc.any(fits).as_py():
            return _split_any(urls)
        return _split_some(urls, fits)
    return encoded.dictionary.take(encoded.indices), pc.binary_join_element_wise(
        "", path, "/"
    )


def _split_some(
    urls: pa.Array[Any], fast: pa.Array[Any]
) -> tuple[pa.Array[Any], pa.Array[Any]]:
    """Split some URLs by their slashes, and the others one by one."""
    slow = pc.invert(fast)
    quick, careful = split_urls(urls.filter(fast)), _split_any(urls.filter(slow))
    prefix, path = (
        pc.replace_with_mask(
            pc.replace_with_mask(pa.nulls(len(urls), pa.string()), fast, one),
            slow,
            other,
        )
        for one, other in zip(quick, careful, strict=True)
    )
    return prefix, path


def _split_any(urls: pa.Array[Any]) -> tuple[pa.Array[Any], pa.Array[Any]]:
    parts = pc.extract_regex(urls, _PREFIX)
    prefix = pc.struct_field(parts, "prefix")
    path = pc.if_else(pc.is_null(prefix), urls, pc.struct_field(parts, "path"))
    return prefix, path


def read_source(prefix: str) -> Source:
    """Find host and registrable domain of scheme and authority."""
    try:
        host = read_host(urlsplit(prefix).hostname or "")
    except ValueError:  # an unclosed bracket, say: the URL stays, without a host
        host = ""
    domain = _suffixes()(host).top_domain_under_public_suffix if host else ""
    return Source(prefix=prefix, host=host, domain=domain or host or prefix.lower())
