"""What img2dataset writes beside its images: an image and its caption per row.

https://github.com/rom1504/img2dataset: the columns of the input, and ``key``,
``status``, ``error_message``, ``width``, ``height``, ``exif``, and the digest of the
image as downloaded, named by its algorithm. Only rows of status ``success`` have an
image; there is no time of download.
"""

from __future__ import annotations

from provenance.manifest.parts.part import (
    OtherFormError,
    Part,
    PassedOverError,
    Row,
    Shape,
    find_first,
    read_text,
)

__all__ = ["IMAGES"]

_MARKS = frozenset({"key", "status", "error_message"})
_DIGESTS = ("sha256", "sha512", "md5")
_CAPTIONS = ("caption", "text")
_SUCCESS = "success"


def _fits(columns: frozenset[str]) -> bool:
    return columns >= _MARKS


def _split(row: Row) -> list[Part]:
    if row.get("status") != _SUCCESS:
        raise PassedOverError("its status is not success: no image was downloaded")
    digest = next(
        (f"{name}:{row[name]}" for name in _DIGESTS if read_text(row.get(name))), None
    )
    if digest is None:
        raise OtherFormError("expected the digest of the image; see --compute_hash")
    caption = find_first(row, _CAPTIONS)
    return [Part(digest=digest, media_type="image"), Part(text=read_text(caption))]


IMAGES = Shape(
    name="img2dataset",
    reads=frozenset(("status", "error_message", *_DIGESTS, *_CAPTIONS)),
    nested=frozenset(),
    says=("digest", "name", "media_type", "origin", "text"),
    fits=_fits,
    split=_split,
)
