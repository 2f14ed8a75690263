"""What the digital source types of IPTC and C2PA say of who made a work.

https://cv.iptc.org/newscodes/digitalsourcetype/ and C2PA 2.2, section 18.15.2.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["Making", "find_making", "read_code"]


class Making(Enum):
    """How far generative models made a work."""

    GENERATED = "generated"
    PARTLY = "partly generated"
    UNTOLD = "may be generated"
    """The type says nothing of it: composites of anything, a blank canvas."""
    NOT_GENERATIVE = "not generative"
    """Cameras, scanners, people with tools, algorithms that were not trained."""


_MAKINGS = {
    **dict.fromkeys(
        ("trainedAlgorithmicMedia", "trainedAlgorithmicData"), Making.GENERATED
    ),
    **dict.fromkeys(
        ("compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"), Making.PARTLY
    ),
    **dict.fromkeys(
        ("composite", "virtualRecording", "softwareImage", "empty"), Making.UNTOLD
    ),
    **dict.fromkeys(
        (
            *("digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm"),
            *("print", "minorHumanEdits", "humanEdits", "digitalArt"),
            *("digitalCreation", "screenCapture", "compositeCapture"),
            *("algorithmicallyEnhanced", "algorithmicMedia", "dataDrivenMedia"),
        ),
        Making.NOT_GENERATIVE,
    ),
}


def read_code(text: str) -> str:
    """Return the code of a source type: the last part of its address.

    Files have it as ``http:`` and ``https:`` address, with white space around it, as
    ``digsrctype:CODE`` or as the bare code.

    >>> read_code(" http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture")
    'digitalCapture'
    """
    return text.strip().rstrip("/").rpartition("/")[2].rpartition(":")[2]


def find_making(code: str) -> Making | None:
    """Return what a code says; None for one that is not of the vocabulary."""
    return _MAKINGS.get(code)
