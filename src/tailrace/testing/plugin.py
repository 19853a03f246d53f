"""The pytest plugin, found by pytest by itself: the fixture ``cloud`` is a running Tailrace with an empty state."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tailrace.testing.cloud import Cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """A Tailrace of this test alone: in memory, on its own port, its clock moved by ``advance`` and ``settle``."""
    with Cloud(tmp_path / "tailrace") as running:
        yield running
