"""The outcome of parsing one column: values, and what is wrong with which row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from provenance.manifest.kernels import has_any, pc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.domain import Field

__all__ = ["Flaws", "Parsed", "blank", "parse_distinct", "parse_rest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaws:
    """Why values of one column were refused; arrays of one length."""

    field: Field
    places: Any
    """Places in the batch, ascending."""
    values: Any
    """What was found, as text."""
    reasons: Any
    """What was expected; strings, or one text for all of them."""

    @classmethod
    def where(cls, of: Field, mask: Any, values: Any, reason: str) -> tuple[Flaws, ...]:
        """Refuse the values where a mask is true, all for one reason."""
        if not has_any(mask):
            return ()
        places = pc.indices_nonzero(mask)
        values = values.take(places).cast(pa.string())
        return (cls(field=of, places=places, values=values, reasons=reason),)

    def at(self, places: Any) -> Flaws:
        """Return the same flaws of a batch in which the values stand elsewhere.

        Args:
            places: For each place here, the place there.
        """
        return Flaws(
            field=self.field,
            places=places.take(self.places),
            values=self.values,
            reasons=self.reasons,
        )

    def spread(self, codes: Any) -> Flaws:
        """Return the same flaws, found in distinct values, for each place of these.

        Args:
            codes: For each place of the batch the place of its value here, or null.
        """
        known = pc.index_in(codes, value_set=self.places.cast(codes.type))
        places = pc.indices_nonzero(pc.is_valid(known))
        which = known.take(places)
        reasons = self.reasons
        if not isinstance(reasons, str):
            reasons = reasons.take(which)
        return Flaws(
            field=self.field,
            places=places,
            values=self.values.take(which),
            reasons=reasons,
        )

    def to_arrays(self) -> list[Any]:
        """Return places, fields, values and reasons."""
        size = len(self.places)
        reasons = self.reasons
        if isinstance(reasons, str):
            reasons = pa.repeat(pa.scalar(reasons, pa.string()), size)
        fields = pa.repeat(pa.scalar(str(self.field), pa.string()), size)
        return [self.places.cast(pa.int64()), fields, self.values, reasons]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A column of parsed values; where there is a flaw the value is null."""

    values: Any
    """An Arrow array."""
    flaws: tuple[Flaws, ...] = ()
    """Of several for one value, the first counts."""


def blank(values: Any, mask: Any) -> Any:
    """Return values, but null where a mask is true."""
    if not has_any(mask):
        return values
    return pc.if_else(mask, pa.scalar(None, values.type), values)


def parse_distinct(
    of: Field,
    text: pa.StringArray,
    parse: Callable[[str], object],
    into: pa.DataType,
) -> Parsed:
    """Parse each distinct text once, in Python.

    Args:
        parse: Raises ValueError with what is expected; it never sees a null.
        into: Arrow type of what it returns.
    """
    encoded: Any = text.dictionary_encode()
    values, reasons = _parse_each(encoded.dictionary.to_pylist(), parse)
    flaws: tuple[Flaws, ...] = ()
    if any(reasons):
        told = pa.array(reasons, pa.string()).take(encoded.indices)
        places = pc.indices_nonzero(pc.is_valid(told))
        flaws = (
            Flaws(
                field=of,
                places=places,
                values=text.take(places),
                reasons=told.take(places),
            ),
        )
    return Parsed(values=pa.array(values, into).take(encoded.indices), flaws=flaws)


def _parse_each(
    texts: Sequence[Any], parse: Callable[[str], object]
) -> tuple[list[object], list[str | None]]:
    values: list[object] = []
    reasons: list[str | None] = []
    for text in texts:
        value: object = None
        reason: str | None = None
        if text is not None:
            try:
                value = parse(text)
            except ValueError as error:
                reason = str(error)
        values.append(value)
        reasons.append(reason)
    return values, reasons


def parse_rest(
    of: Field,
    text: pa.StringArray,
    done: Any,
    parse: Callable[[str], object],
    *,
    plausible: str = "",
    reason: str = "",
) -> Parsed:
    """Parse what the bulk path left null, and keep what it did.

    Args:
        done: The values so far, null where there is no text or no success.
        plausible: A pattern (RE2) of all that ``parse`` could take; what does not
            match it is refused in bulk.
        reason: Why that is refused.
    """
    rest = pc.and_(pc.is_null(done), pc.is_valid(text))
    if not has_any(rest):
        return Parsed(values=done)
    flaws: tuple[Flaws, ...] = ()
    if plausible:
        places = pc.indices_nonzero(rest)
        hopeless = pc.invert(pc.match_substring_regex(text.take(places), plausible))
        flaws = Flaws.where(of, hopeless, text.take(places), reason)
        flaws = tuple(found.at(places) for found in flaws)
        rest = pc.replace_with_mask(rest, rest, pc.invert(hopeless))
    places = pc.indices_nonzero(rest)
    found = parse_distinct(of, text.take(places), parse, done.type)
    if found.values.null_count < len(found.values):
        done = pc.replace_with_mask(done, rest, found.values)
    return Parsed(values=done, flaws=flaws + tuple(f.at(places) for f in found.flaws))
