"""Files at URLs, by fsspec: whatever it and the packages installed beside it read.

https://filesystem-spec.readthedocs.io
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provenance.errors import ManifestError

__all__ = ["copy_url", "expand_url", "is_url", "without_secrets"]

_URL = re.compile(r"[a-z][a-z0-9+.\-]+://", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/@]*@")
_WEB = ("http://", "https://")
_SECRET = re.compile(
    r"(x-(amz|goog|ms)-.*|sig|signature|(access_?)?token|(api_?)?key|key-pair-id|"
    r"awsaccesskeyid|googleaccessid|expires|policy|password|auth)(=.*)?",
    re.IGNORECASE,
)


def is_url(name: str) -> bool:
    """Whether a name is a URL."""
    return _URL.match(name) is not None


def without_secrets(url: str) -> str:
    """Return a URL without user, password, and parameters that give access.

    What is recorded stays for good, and a signature is another one each time.

    Example:
        >>> without_secrets("https://me:pw@example.org/a.csv?v=2&X-Amz-Signature=0")
        'https://example.org/a.csv?v=2'
    """
    return "::".join(map(_clean, url.split("::")))


def _clean(url: str) -> str:
    address, _, query = url.partition("?")
    address = _USER.sub("", address)
    kept = [p for p in query.partition("#")[0].split("&") if not _SECRET.fullmatch(p)]
    query = "&".join(kept)
    return f"{address}?{query}" if query else address


def expand_url(url: str) -> Iterator[tuple[str, bool]]:
    """Yield the files that a URL stands for, and whether they were found in a folder.

    Raises:
        ManifestError: Nothing matches a pattern, or the place cannot be looked at.
    """
    system, path = _open_system(url)
    is_web = url.lower().startswith(_WEB)
    with _explain(url):
        if "*" in path or (glob.has_magic(path) and not is_web):
            found, is_folder = system.glob(path), False
        elif not is_web and system.isdir(path):
            found, is_folder = system.find(path), True
        else:
            yield url, False
            return
        names = sorted(str(name) for name in found)
    if not names:
        raise ManifestError(
            f"there is no file at {without_secrets(url)}",
            hint="Name a file, a folder or a pattern; quote a pattern for the shell.",
        )
    for name in names:
        yield str(system.unstrip_protocol(name)), is_folder


def copy_url(url: str, path: Path) -> None:
    """Copy the file at a URL.

    Raises:
        ManifestError: It cannot be got.
    """
    system, inside = _open_system(url)
    with _explain(url):
        system.get_file(inside, str(path))


def _open_system(url: str) -> tuple[Any, str]:
    shown = without_secrets(url)
    try:
        import fsspec  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        raise ManifestError(
            f"{shown} is a URL, and fsspec is not installed",
            hint="Install it: pip install 'training-provenance[remote]'",
        ) from error
    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        known = "Install what reads it beside fsspec, or fetch the file first."
        raise ManifestError(f"{shown} cannot be read: {error}", hint=known) from error
    return system, str(path)


@contextmanager
def _explain(url: str) -> Iterator[None]:
    try:
        yield
    except ManifestError:
        raise
    except Exception as error:  # each of fsspec's systems raises errors of its own
        shown = without_secrets(url)
        if isinstance(error, FileNotFoundError):
            raise ManifestError(
                f"{shown} does not exist", hint="Is the address right?"
            ) from error
        cause = str(error).partition("\n")[0] or type(error).__name__
        raise ManifestError(
            f"{shown} cannot be read: {cause.replace(url, shown)}",
            hint="Rights and addresses are those that fsspec is configured with.",
        ) from error
