"""A cloud for the tests of a whole file, as users make one for theirs."""

from collections.abc import Iterator

import pytest

from tailrace.testing import Cloud


@pytest.fixture(scope="module")
def kit() -> Iterator[Cloud]:
    """A running cloud; what a test makes in it stays there for the next one."""
    with Cloud() as running:
        yield running
