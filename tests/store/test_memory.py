"""Memory that Arrow gives back, and a process that is not ours alone."""

from __future__ import annotations

import pyarrow as pa
import pytest

from provenance.store.memory import giving_back


def test_the_allocator_of_the_process_is_put_back() -> None:
    before = pa.default_memory_pool().backend_name
    has_it = "jemalloc" in pa.supported_memory_backends()

    def fail() -> None:
        with giving_back():
            name = pa.default_memory_pool().backend_name
            assert name == ("jemalloc" if has_it else before)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert pa.default_memory_pool().backend_name == before


def test_without_that_allocator_nothing_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = pa.default_memory_pool().backend_name
    monkeypatch.setattr(pa, "supported_memory_backends", lambda: ["system"])
    with giving_back():
        assert pa.default_memory_pool().backend_name == before
