"""All exports of one dataset, made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from exported import Everything, export_everything


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    """Record a dataset with all there is, and export it in every format."""
    with export_everything(tmp_path_factory.mktemp("exports")) as made:
        yield made
