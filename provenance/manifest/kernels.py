"""Arrow's compute functions, without the types of their stubs.

The stubs refuse Python numbers and texts where Arrow takes them as scalars, so
that every comparison with a constant would need a cast.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute

__all__ = ["has_all", "has_any", "mask_of", "pc"]

pc: Any = pyarrow.compute


def has_all(mask: Any) -> bool:
    """Whether a mask is true everywhere; nulls do not count."""
    return bool(pc.all(mask, min_count=0).as_py())


def has_any(mask: Any) -> bool:
    """Whether a mask is true anywhere; nulls are not."""
    return bool(pc.any(mask, min_count=0).as_py())


def mask_of(places: Any, height: int) -> Any:
    """Return a mask that is true at the given places."""
    everywhere = pa.arange(0, height)
    return pc.is_in(everywhere, value_set=places.cast(pa.int64()))
