"""Names of datasets: ``NAME`` or ``NAME@VERSION``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from provenance.errors import NameRefusedError

__all__ = ["DatasetName", "find_by_name", "parse_dataset"]

_PART = re.compile(r"\w[\w.+:-]*(?:/\w[\w.+:-]*)*")
_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True, order=True)
class DatasetName:
    """A dataset version; an empty version is the unversioned dataset."""

    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name}@{self.version}" if self.version else self.name


def parse_dataset(text: str) -> DatasetName:
    """Read ``NAME`` or ``NAME@VERSION``.

    Letters and digits of any script, and ``. _ - + :`` between slashes;
    ``@`` and ``#`` have a meaning of their own.

    Raises:
        NameRefusedError: The text is not such a name.

    Example:
        >>> parse_dataset("allenai/c4@en.noblocklist")
        DatasetName(name='allenai/c4', version='en.noblocklist')
        >>> str(parse_dataset("crawl"))
        'crawl'
    """
    if (
        str(text) != text  # such as None
        or len(text) > _MAX_LENGTH
        or not all(map(_PART.fullmatch, text.split("@", 1)))
    ):
        raise NameRefusedError(
            f"{text!r} is not a dataset name",
            hint="Write NAME or NAME@VERSION with letters, digits and . _ - + : / "
            f"only, at most {_MAX_LENGTH} characters.",
        )
    name, _, version = text.partition("@")
    return DatasetName(name, version)


def find_by_name(datasets: Mapping[int, DatasetName]) -> dict[str, list[int]]:
    """Return the ids that each name stands for: ``NAME`` for those of all versions.

    >>> find_by_name({1: DatasetName("a", "x"), 2: DatasetName("a")})
    {'a': [1, 2], 'a@x': [1]}
    """
    found: dict[str, list[int]] = {}
    for number, dataset in datasets.items():
        for name in dict.fromkeys((dataset.name, str(dataset))):
            found.setdefault(name, []).append(number)
    return found
