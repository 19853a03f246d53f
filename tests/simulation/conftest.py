"""What a simulated life leaves behind is collected between the tests, not in the middle of whatever comes next."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collect before and after each test: suspended coroutines that end inside the compiler break it (Python 3.11)."""
    gc.collect()
    yield
    gc.collect()
