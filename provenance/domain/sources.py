"""Where an item was taken from: scheme and authority of its URL."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """A host as URLs write it, and the domain under which it is registered."""

    prefix: str
    """Scheme and authority exactly as written: ``https://www.Example.com:8080``."""
    host: str
    """Lower case, without user and port."""
    domain: str
    """Registrable domain by the public suffix list, or the host itself."""
