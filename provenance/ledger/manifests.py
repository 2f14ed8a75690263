"""The manifests that a caller names: paths, patterns, folders, URLs, ``-``.

``-`` is standard input. A pattern (``*``, ``?``, ``[…]``, and ``**`` for folders of
any depth) and a folder stand for the files found there, sorted by their names; of a
folder those of every depth, but nothing hidden. The media files of a folder are one
manifest, the folder itself. ``file://`` is a path, and every
other URL is read by fsspec.
"""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from provenance.errors import ManifestError
from provenance.ledger import remote
from provenance.ledger.spool import copy_input, place_for_copy
from provenance.manifest import MEDIA_SUFFIXES, iter_files

__all__ = ["STANDARD_INPUT", "Named", "find_manifests"]

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Named:
    """One manifest that the caller named, or that was found where the name leads."""

    name: str
    """A path, a URL, or ``-``."""
    is_found: bool = False
    """Whether it was found in a folder, where not every file need be a manifest."""

    @property
    def is_remote(self) -> bool:
        """Whether it is a URL."""
        return remote.is_url(self.name)

    @property
    def is_input(self) -> bool:
        """Whether it is standard input."""
        return self.name == STANDARD_INPUT

    @property
    def recorded(self) -> str:
        r"""How the ledger names it, whatever the folder the command runs in.

        The absolute path, the URL without what gives access, or ``-``. Bytes of a
        path that are no UTF-8 are written as ``\\xff``.
        """
        if self.is_input:
            return STANDARD_INPUT
        if self.is_remote:
            return remote.without_secrets(self.name)
        absolute = str(Path(self.name).absolute())
        return os.fsencode(absolute).decode(errors="backslashreplace")

    @property
    def shown(self) -> str:
        """How messages name it, on one line."""
        if self.is_input:
            return "standard input"
        name = remote.without_secrets(self.name) if self.is_remote else self.name
        text = os.fsencode(name).decode(errors="backslashreplace")
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)

    @property
    def file_name(self) -> str:
        """The last part of the path."""
        if self.is_input:
            return "standard-input"
        path = urlsplit(self.name).path if self.is_remote else self.name
        return path.rstrip("/").rpartition("/")[2] or self.name

    @property
    def stem(self) -> str:
        """The file name up to its first dot: what a dataset is called by default.

        A README is called as its folder is, or as the Hub calls its repository.

        Raises:
            ManifestError: Standard input has no name.
        """
        if self.is_input:
            raise ManifestError(
                "standard input has no name to call a dataset by",
                hint="Say what the rows belong to: --dataset NAME",
            )
        stem = self.file_name.split(".", 1)[0] or self.file_name
        if stem.lower() != "readme":
            return stem
        return _find_repository(self.recorded) or stem

    @property
    def size(self) -> int:
        """Bytes of the file, as far as known without reading it; else 0."""
        if self.is_input or self.is_remote:
            return 0
        try:
            return 0 if Path(self.name).is_dir() else Path(self.name).stat().st_size
        except OSError:
            return 0

    @contextmanager
    def fetch(self, folder: Path) -> Iterator[Path]:
        """Give the path where it can be read, if need be of a copy that goes at last.

        Args:
            folder: Where such a copy goes, unless ``$TMPDIR`` says it.

        Raises:
            ManifestError: It cannot be got; messages name it as the caller did.
        """
        if not (self.is_input or self.is_remote):
            yield Path(self.name)
            return
        if self.is_input and sys.stdin.isatty():
            raise ManifestError(
                "standard input is a terminal",
                hint="Pipe a manifest into it: zcat FILE | provenance ingest - …",
            )
        with place_for_copy(folder, self.file_name) as path:
            if self.is_input:
                copy_input(sys.stdin.buffer, path)
            else:
                remote.copy_url(self.name, path)
            try:
                yield path
            except ManifestError as error:
                message = error.message.replace(str(path), self.shown)
                raise type(error)(message, hint=error.hint) from error


_REPOSITORY = (
    re.compile(r"/(?:datasets|models)--([^/]+?)--([^/]+)/"),  # the cache of the Hub
    re.compile(r"^https?://[^/]+/(?:datasets/)?([^/]+)/([^/]+)/(?:resolve|raw|blob)/"),
)


def _find_repository(recorded: str) -> str:
    """Return what a README describes, by the path or URL where it lies."""
    for pattern in _REPOSITORY:
        found = pattern.search(recorded)
        if found:
            return "/".join(found.groups())
    return recorded.rsplit("/", 2)[-2] if recorded.count("/") > 1 else ""


def find_manifests(names: Iterable[str | Path]) -> Iterator[Named | ManifestError]:
    """Yield the manifests that the names stand for, each once.

    In the order of the names; what one name stands for is sorted. Where nothing
    matches a pattern, or a folder has no files, the error that says so takes its
    place.
    """
    seen: set[str] = set()
    for name in names:
        try:
            for found in _expand(str(name)):
                if found.recorded not in seen:
                    seen.add(found.recorded)
                    yield found
        except ManifestError as error:
            yield error
        except OSError as error:  # as a name that no file system allows
            yield ManifestError(
                f"{name} cannot be read: {error.strerror}",
                hint="Name a manifest, a folder or a pattern.",
            )


def _expand(name: str) -> Iterator[Named]:
    if not name:
        raise ManifestError(
            "an empty name is no manifest",
            hint="Name a manifest, a folder or a pattern.",
        )
    if name == STANDARD_INPUT:
        yield Named(name)
        return
    if name.lower().startswith("file://"):
        name = unquote(urlsplit(name).path)
    if remote.is_url(name):
        for found, is_found in remote.expand_url(name):
            yield Named(found, is_found=is_found)
        return
    if Path(name).is_dir():
        yield from _walk(name)
    elif glob.has_magic(name) and not Path(name).exists():
        yield from _match(name)
    else:
        yield Named(name)


def _match(pattern: str) -> Iterator[Named]:
    """Yield what matches a pattern; folders that do stand for their files."""
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  or absolute
    if not matches:
        raise ManifestError(
            f"no file matches {pattern}",
            hint="* stands for a name, ** for folders of any depth.",
        )
    for match in matches:
        if not Path(match).is_dir():
            yield Named(match)
        elif "**" not in pattern:
            yield from _walk(match)


def _walk(folder: str) -> Iterator[Named]:
    """Yield the files of a folder and of those in it, but not hidden ones.

    Its media files are one manifest, which is named as the folder is.
    """
    has_any = has_media = False
    for path in iter_files(folder):
        has_any = True
        if path.suffix.lower() in MEDIA_SUFFIXES:
            has_media = True
        else:
            yield Named(str(path), is_found=True)
    if has_media:
        yield Named(folder, is_found=True)
    if not has_any:
        raise ManifestError(
            f"{folder} holds no files", hint="Hidden ones do not count."
        )
