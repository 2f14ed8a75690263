"""Arrow's compute functions, without the types of their stubs.

The stubs refuse Python numbers and texts where Arrow takes them as scalars, so
that every comparison with a constant would need a cast.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute

__all__ = ["has_all", "has_any", "mask_of", "pc"]

_TYPES: dict[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bytes: pa.binary(),
}
_OF_CONSTANTS = frozenset(
    {
        *("add", "multiply", "subtract", "if_else", "coalesce"),
        *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
        "binary_join_element_wise",
    }
)


class _Kernels:
    """Arrow's functions; Python constants among the arguments are given their type.

    Where Arrow has to find it, it looks for the module ``dateutil`` each time, and
    that takes longer than the work on a batch where there is none.
    """

    def __getattr__(self, name: str) -> Any:
        function = getattr(pyarrow.compute, name)
        if name in _OF_CONSTANTS:
            function = _with_typed_constants(function)
        setattr(self, name, function)
        return function


def _with_typed_constants(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return function(*(_to_scalar(v) if type(v) in _TYPES else v for v in arguments))

    return call


@lru_cache(maxsize=256, typed=True)
def _to_scalar(value: Any) -> pa.Scalar[Any]:
    return pa.scalar(value, _TYPES[type(value)])


pc: Any = _Kernels()


def has_all(mask: Any) -> bool:
    """Whether a mask is true everywhere; nulls do not count."""
    return bool(pc.all(mask, min_count=0).as_py())


def has_any(mask: Any) -> bool:
    """Whether a mask is true anywhere; nulls are not."""
    return bool(pc.any(mask, min_count=0).as_py())


def mask_of(places: Any, height: int) -> Any:
    """Return a mask that is true at the given places, of which none is null."""
    marks = bytearray(height)
    for place in places.to_pylist():
        marks[place] = 1
    bytes_ = pa.Array.from_buffers(pa.uint8(), height, [None, pa.py_buffer(marks)])
    return bytes_.cast(pa.bool_())
