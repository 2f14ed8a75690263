"""Where an item was taken from: scheme and authority of its URL."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address

__all__ = ["Source", "is_host", "read_host"]


@dataclass(frozen=True, slots=True)
class Source:
    """A host as URLs write it, and the domain under which it is registered."""

    prefix: str
    """Scheme and authority exactly as written: ``https://www.Example.com:8080``."""
    host: str
    """As DNS has it: lower case, ASCII; without user and port."""
    domain: str
    """Registrable domain by the public suffix list, or the host itself."""


def read_host(text: str) -> str:
    """Return a host as DNS has it, so that every spelling of it is one source.

    Other letters than ASCII are written as browsers look them up
    (https://www.unicode.org/reports/tr46/); what cannot be, stays as it is.

    >>> read_host("www.B\u00fccher.example.")
    'www.xn--bcher-kva.example'
    """
    host = text.rstrip(".").lower()
    if host.isascii():
        return host
    import idna  # noqa: PLC0415 - large, and few hosts need it

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host


def is_host(text: str) -> bool:
    """Whether a text can be a host: of those with a colon, IPv6 addresses are.

    >>> [is_host(text) for text in ("example.org", "::1", "example.org:80", "a/b")]
    [True, True, False, False]
    """
    if ":" in text:
        try:
            IPv6Address(text)
        except ValueError:
            return False
    return bool(text) and "/" not in text
