"""What a row was derived from: digests, or whatever else names a parent."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

from provenance.batch import PARENT_TYPE
from provenance.domain import (
    Derivation,
    Digest,
    Evidence,
    Field,
    Spelling,
    parse_digest,
)
from provenance.manifest.digests_column import DigestColumn
from provenance.manifest.kernels import has_any, pc
from provenance.manifest.parsed import Parsed, parse_distinct
from provenance.manifest.raw_text import read_list

__all__ = ["ParentsColumn"]

_OF = Field.DERIVED_FROM
_PREFIXED = r"^(md5|blake3|sha-?1|sha2?-?(256|384|512))[:-]"
_COMPOUND = r"[\n;|,]|^\["
_SEPARATORS = re.compile(r"[\n;|]")
_SAMPLE = 1000
_LONGEST = 65_536
_NAMED = pa.struct([PARENT_TYPE.field("digest"), PARENT_TYPE.field("reference")])
_PARENTS = pa.list_(PARENT_TYPE)


class ParentsColumn:
    """Reads one column of parents, batch after batch.

    A parent that is not a digest with its algorithm named keeps its text as a
    reference, too: a name may look like hexadecimal.
    """

    def __init__(self) -> None:
        self._digests = DigestColumn(_OF)

    @property
    def spelling(self) -> Spelling | None:
        """How the column spells its digests; None until a value was seen."""
        return self._digests.spelling

    def parse(self, column: Any, modes: Any, evidence: Any) -> Parsed:
        """Read parents as lists of the batch schema's structs.

        Args:
            modes: For each row how it was derived; null means unspecified.
            evidence: For each row how that is known; null means declared.
        """
        text = self._digests.to_text(column)
        self._decide(text.values)
        found = self._read(text.values)
        flat = found.values.flatten()
        rows = pc.list_parent_indices(found.values)
        structs = pa.StructArray.from_arrays(
            [
                flat.field("digest"),
                flat.field("reference"),
                pc.fill_null(modes, str(Derivation.UNSPECIFIED)).take(rows),
                pc.fill_null(evidence, str(Evidence.DECLARED)).take(rows),
            ],
            fields=list(PARENT_TYPE),
        )
        offsets = found.values.offsets
        parents = pa.ListArray.from_arrays(offsets, structs, type=_PARENTS)
        return Parsed(values=parents, flaws=found.flaws | text.flaws)

    def _decide(self, text: Any) -> None:
        """Choose the spelling from single parents, not from whole cells."""
        if self.spelling is None:
            pieces = [
                part.strip()
                for cell in text.drop_null().slice(0, _SAMPLE).to_pylist()
                for piece in _SEPARATORS.split(cell.strip("[]"))
                for part in piece.split(",")
            ]
            found = [piece.strip('"') for piece in pieces if piece]
            self._digests.decide(pa.array(found, pa.string()))

    def _read(self, text: Any) -> Parsed:
        """Read cells of one plain parent in bulk, and all others in Python."""
        digests = self._digests.decode(text)
        named = pc.match_substring_regex(text, _PREFIXED, ignore_case=True)
        slow = pc.or_(
            pc.match_substring_regex(text, _COMPOUND),
            pc.greater(pc.binary_length(text), _LONGEST),
        )
        undecided = pc.is_null(digests)
        if self.spelling is Spelling.PREFIXED:
            undecided = pc.and_(undecided, named)
        slow = pc.fill_null(pc.or_(slow, undecided), False)
        references = pc.if_else(
            pc.and_(named, pc.is_valid(digests)), pa.scalar(None, pa.string()), text
        )
        single = pc.and_(pc.is_valid(text), pc.invert(slow))
        plain = _list_single(digests, references, single)
        if not has_any(slow):
            return Parsed(values=plain)
        read = parse_distinct(_OF, text.filter(slow), self._read_cell, pa.list_(_NAMED))
        places = pc.indices_nonzero(slow)
        height = len(text)
        order = pc.replace_with_mask(
            pa.array(range(height), pa.int64()),
            slow,
            pa.array(range(height, height + len(places)), pa.int64()),
        )
        return Parsed(
            values=pa.concat_arrays([plain, read.values]).take(order),
            flaws={places[n].as_py(): flaw for n, flaw in read.flaws.items()},
        )

    def _read_cell(self, text: str) -> list[dict[str, object]]:
        parents: dict[object, dict[str, object]] = {}
        for piece in _split(text):
            for part in self._split_digests(piece):
                digest, reference = self._read_one(part)
                if len(reference or "") > _LONGEST:
                    raise ValueError(
                        f"expected parents of at most {_LONGEST} characters"
                    )
                parents.setdefault(
                    digest or reference, {"digest": digest, "reference": reference}
                )
        return list(parents.values())

    def _split_digests(self, piece: str) -> list[str]:
        """Split at commas, but only where each part is a digest: URLs have commas."""
        parts = [part.strip() for part in piece.split(",")]
        if all(part and self._read_one(part)[0] for part in parts):
            return parts
        return [piece]

    def _read_one(self, text: str) -> tuple[Digest | None, str | None]:
        is_named = re.match(_PREFIXED, text, re.IGNORECASE)
        try:
            if is_named:
                return parse_digest(text, Spelling.PREFIXED), None
            return self._digests.read(text), text
        except ValueError:
            return None, text


def _split(text: str) -> list[str]:
    """Return the parents of a cell: of a JSON array or between separators."""
    pieces = read_list(text)
    if pieces is None:
        pieces = _SEPARATORS.split(text)
    return [piece.strip() for piece in pieces if piece.strip()]


def _list_single(digests: Any, references: Any, single: Any) -> pa.ListArray[Any]:
    """Return a list of one parent where ``single`` is true, and else an empty one."""
    structs = pa.StructArray.from_arrays(
        [digests.filter(single), references.filter(single)], fields=list(_NAMED)
    )
    ends = pc.cumulative_sum(single.cast(pa.int32()))
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    return pa.ListArray.from_arrays(offsets, structs, type=pa.list_(_NAMED))
