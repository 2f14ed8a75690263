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
from provenance.manifest.digests_column import DigestColumn, clean
from provenance.manifest.kernels import has_any, mask_of, pc
from provenance.manifest.parsed import Parsed, blank, parse_distinct
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
    reference, too: a name may look like hexadecimal. Base64 without padding looks like
    any name of 22, 27, 43 … letters, and is taken for it unless the rows' own digests
    are in base64.
    """

    def __init__(self, own: DigestColumn) -> None:
        """Take the column of the rows' own digests, which is read first."""
        self._own = own
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
        raw = self._digests.to_raw(column)
        text = clean(raw.values)
        stated = pc.indices_nonzero(pc.is_valid(text))
        self._decide(text)
        found = self._read(text.take(stated))
        flat = found.values.flatten()
        rows = stated.take(pc.list_parent_indices(found.values))
        structs = pa.StructArray.from_arrays(
            [
                flat.field("digest"),
                flat.field("reference"),
                pc.fill_null(modes.take(rows), str(Derivation.UNSPECIFIED)),
                pc.fill_null(evidence.take(rows), str(Evidence.DECLARED)),
            ],
            fields=list(PARENT_TYPE),
        )
        offsets = _spread_offsets(found.values, stated, len(text))
        parents = pa.ListArray.from_arrays(offsets, structs, type=_PARENTS)
        flaws = raw.flaws + tuple(flaws.at(stated) for flaws in found.flaws)
        return Parsed(values=parents, flaws=flaws)

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
            padded = any(piece.endswith("=") for piece in found)
            sure = padded or self._own.spelling is Spelling.BASE64
            if self.spelling is Spelling.BASE64 and not sure:
                self._digests.spelling = Spelling.PREFIXED

    def _read(self, text: Any) -> Parsed:
        """Read cells of one plain parent in bulk, and all others in Python.

        Args:
            text: Cells, none of them null.
        """
        digests = self._digests.decode(text)
        slow = pc.is_null(digests)
        if self.spelling is Spelling.PREFIXED and has_any(slow):
            slow = pc.replace_with_mask(slow, slow, _needs_reading(text.filter(slow)))
        references = text
        decoded = pc.is_valid(digests)
        if has_any(decoded) and _names_algorithm(text[pc.index(decoded, True).as_py()]):
            references = blank(text, decoded)  # They all begin alike.
        plain = _list_single(digests, references, pc.invert(slow))
        if not has_any(slow):
            return Parsed(values=plain)
        places = pc.indices_nonzero(slow)
        read = parse_distinct(_OF, text.take(places), self._read_cell, pa.list_(_NAMED))
        height = len(text)
        order = pc.replace_with_mask(
            pa.arange(0, height), slow, pa.arange(height, height + len(places))
        )
        return Parsed(
            values=pa.concat_arrays([plain, read.values]).take(order),
            flaws=tuple(flaws.at(places) for flaws in read.flaws),
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
        try:
            if _names_algorithm(text):
                return parse_digest(text, Spelling.PREFIXED), None
            return self._digests.read(text), text
        except ValueError:
            return None, text


def _names_algorithm(text: Any) -> bool:
    return re.match(_PREFIXED, str(text), re.IGNORECASE) is not None


def _needs_reading(text: Any) -> Any:
    """Tell which cells are not one plain reference in a column of named digests."""
    named = pc.match_substring_regex(text, _PREFIXED, ignore_case=True)
    several = pc.match_substring_regex(text, _COMPOUND)
    return pc.or_(pc.or_(named, several), pc.greater(pc.binary_length(text), _LONGEST))


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


def _spread_offsets(lists: Any, stated: Any, height: int) -> Any:
    """Return the offsets of lists that stand at some places among empty ones."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0)
    everywhere = pa.repeat(pa.scalar(0, pa.int32()), height)
    spread = pc.replace_with_mask(everywhere, mask_of(stated, height), lengths)
    return pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(spread)])
