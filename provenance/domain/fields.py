"""The fields a manifest row can feed: the words of ``--map`` and ``--set``."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["FIELDS", "Field"]


class Field(StrEnum):
    """One thing a row may say about a training item."""

    DIGEST = "digest"
    """Content digest, in any spelling of multihash, hex, base32 or base64."""
    NAME = "name"
    """The item's own identifier within its dataset."""
    URL = "url"
    """Where it was fetched."""
    FETCHED_AT = "fetched_at"
    """When it was fetched: ISO 8601, a 14-digit CDX time, or epoch seconds."""
    BYTES = "bytes"
    """Size of the content in bytes (not of its compressed storage)."""
    TOKENS = "tokens"
    """Number of tokens."""
    ITEMS = "items"
    """How many items an aggregate row stands for; 1 for a real item.

    A file without the column has 1 in each row; an empty cell is an unknown number.
    """
    COPIES = "copies"
    """How often the item is repeated: a decimal, exact to thousandths."""
    LANGUAGE = "language"
    """Language code; of several, the first."""
    MEDIA_TYPE = "media_type"
    """IANA media type, or just text, image, audio or video."""
    SPLIT = "split"
    """Part of the dataset: train, test …"""
    ORIGIN = "origin"
    """human, model (or ai, machine, generated, synthetic), other or unknown; true and
    false mean model and unknown."""
    GENERATED_BY = "generated_by"
    """The model, or models, that generated the content."""
    MODE = "mode"
    """What the model did: written, answered, translated, labelled …"""
    EVIDENCE = "evidence"
    """How that is known: captured, declared, detector …"""
    SCORE = "score"
    """A detector's score, from 0 to 1."""
    DETECTOR = "detector"
    """Name, or name and version, of that detector; or who reviewed the content."""
    DETECTOR_VERSION = "detector_version"
    """Its version, where that stands apart from its name."""
    THRESHOLD = "threshold"
    """The score from which the detector says generated; 0.5 when not stated."""
    DERIVED_FROM = "derived_from"
    """The parent, or parents: digest, name, URL or DATASET[@V]#NAME."""
    DERIVATION = "derivation"
    """How it came out of the parent: copied, cleaned, seeded …"""
    RESERVATION = "reservation"
    """What reserves it from mining or training, as header lines: X-Robots-Tag …"""
    ORIGINS = "origins"
    """A row's origins, each with its own mode and evidence: a list of structs."""
    PARENTS = "parents"
    """A row's parents, each with its own mode and evidence: a list of structs."""
    TEXT = "text"
    """The content itself: digest and bytes are computed where not given."""


FIELDS = tuple(Field)
