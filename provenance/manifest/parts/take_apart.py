"""Which shape the rows of a file have, by the names of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.domain import Field
from provenance.manifest.attributes import AttributesReader, holds_attributes
from provenance.manifest.mapping import find_usual
from provenance.manifest.parts.chat import CHAT
from provenance.manifest.parts.completions import COMPLETIONS, PREFERENCES
from provenance.manifest.parts.distilabel import DISTILABEL
from provenance.manifest.parts.images import IMAGES
from provenance.manifest.parts.instructions import INSTRUCTIONS
from provenance.manifest.parts.reader import PartsReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.manifest.reader import Reader

__all__ = ["SHAPES", "take_apart"]

SHAPES = (IMAGES, DISTILABEL, COMPLETIONS, PREFERENCES, CHAT, INSTRUCTIONS)
"""In the order in which they are tried: the most telling first."""


def take_apart(rows: Reader, named: Mapping[Field, str]) -> Reader:
    """Return a reader of parts where rows have several, else the reader of rows.

    Dolma attributes are several scores of a document, which lies elsewhere.

    Args:
        named: Field → column, as the caller says it. A column that parts cannot
            have, such as one of their texts, means that rows are wanted whole.

    Raises:
        ManifestError: They are Dolma attributes, and none is called a detector.
    """
    columns = frozenset(column.lower() for column in rows.columns)
    if holds_attributes(columns):
        return AttributesReader(rows, named)
    has_digest = bool(find_usual(Field.DIGEST, rows.columns))
    for shape in SHAPES:
        # Where a row has a digest, that says what the item is; but img2dataset's is
        # the image's alone.
        if shape.fits(columns) and (shape is IMAGES or not has_digest):
            parts = PartsReader(rows, shape, named)
            return parts if set(named.values()) <= set(parts.columns) else rows
    return rows
