r"""The canonical bytes of a record with its edges: a leaf of its batch's tree.

A leaf is a type line and sixteen fields::

    provenance/record/v1\n
    <row><part><digest><name><url><fetched_at><bytes><tokens><items><copies>
    <language><media_type><medium><split><origins><parents>

A salted one is of type ``provenance/record/v2`` and has a seventeenth, ``<salt>``:
random bytes in hex, so that nobody can guess what was erased by hashing guesses.

A field is ``-`` when nothing is stated, else its length in bytes, a colon, the bytes,
and a comma: a netstring (https://cr.yp.to/proto/netstrings.txt). Numbers are decimal,
digests are multihashes in lower-case hex, texts are UTF-8. ``origins`` and ``parents``
hold the fields of each edge, one after the other; origins in ascending order of their
bytes, parents in the order of the row. No id of the database occurs, so the same rows
have the same leaves in every ledger. The encoding is injective: it can be read back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = [
    "LEAF_FIELDS",
    "LEAF_TAG",
    "SALTED_FIELDS",
    "SALTED_TAG",
    "SALT_BYTES",
    "format_field",
    "format_leaf",
    "name_fields",
    "parse_fields",
    "parse_leaf",
]

LEAF_TAG = b"provenance/record/v1\n"
SALTED_TAG = b"provenance/record/v2\n"

SALT_BYTES = 16
"""Nobody tries 2**128 salts for each guess."""

LEAF_FIELDS = (
    "row",
    "part",
    "digest",
    "name",
    "url",
    "fetched_at",
    "bytes",
    "tokens",
    "items",
    "copies",
    "language",
    "media_type",
    "medium",
    "split",
    "origins",
    "parents",
)
"""Names of the fields, in order; origins and parents are never absent."""

SALTED_FIELDS = (*LEAF_FIELDS, "salt")
"""Names of the fields of a salted leaf."""

_FIELDS = {LEAF_TAG: LEAF_FIELDS, SALTED_TAG: SALTED_FIELDS}


def format_field(value: object) -> str:
    """Write one field: ``-`` for None, else a netstring.

    >>> format_field("über"), format_field(12), format_field(None)
    ('5:über,', '2:12,', '-')
    """
    if value is None:
        return "-"
    text = repr(value) if isinstance(value, float) else str(value)
    return f"{len(text.encode())}:{text},"


def format_leaf(fields: Sequence[object]) -> bytes:
    """Write the leaf of one record from its fields, in the order of the format.

    The slow and obvious encoder: the vectorised one is tested against it.

    Args:
        fields: Values of ``LEAF_FIELDS``, or of ``SALTED_FIELDS``.
    """
    tag = SALTED_TAG if len(fields) == len(SALTED_FIELDS) else LEAF_TAG
    return tag + "".join(map(format_field, fields)).encode()


def parse_leaf(leaf: bytes) -> tuple[str | None, ...]:
    """Read a leaf back into its fields; inverse of ``format_leaf`` on texts.

    Raises:
        ValueError: The bytes are not a leaf that ``format_leaf`` writes.
    """
    tag = leaf[: len(LEAF_TAG)]
    if tag not in _FIELDS:
        raise ValueError("the type line of a record is missing")
    fields = tuple(parse_fields(leaf[len(tag) :]))
    if len(fields) != len(_FIELDS[tag]):
        raise ValueError(f"{len(fields)} fields, expected {len(_FIELDS[tag])}")
    return fields


def name_fields(leaf: bytes) -> dict[str, str | None]:
    """Read a leaf back into its fields, by their names.

    Raises:
        ValueError: The bytes are not a leaf that ``format_leaf`` writes.
    """
    # A leaf without a salt has the same fields, but for the last.
    return dict(zip(SALTED_FIELDS, parse_leaf(leaf), strict=False))


def parse_fields(rest: bytes) -> Iterator[str | None]:
    """Yield the fields that were written one after the other.

    Raises:
        ValueError: The bytes are not fields that ``format_field`` writes.
    """
    while rest:
        if rest.startswith(b"-"):
            rest = rest[1:]
            yield None
            continue
        digits, colon, rest = rest.partition(b":")
        if not colon or not digits.isdigit() or str(int(digits)).encode() != digits:
            raise ValueError(f"{digits[:20]!r} is not the length of a field")
        length = int(digits)
        text, comma, rest = rest[:length], rest[length : length + 1], rest[length + 1 :]
        if comma != b",":
            raise ValueError("a field is cut short")
        yield text.decode()
