"""One server under fire for all of these tests: whatever came before, it goes on."""

from collections.abc import Iterator

import pytest

from fuzz.furniture import Known, furnish
from fuzz.target import Target

MEMORY_MB_MAX = 500.0


@pytest.fixture(scope="package")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Target, Known]]:
    """A server with one resource of each kind, and their names."""
    target = Target(tmp_path_factory.mktemp("fire"))
    try:
        yield target, furnish(target)
    finally:
        target.close()


@pytest.fixture
def target(furnished: tuple[Target, Known]) -> Iterator[Target]:
    """The server: after each test it serves, its memory is bounded, and it has nothing to complain about."""
    target, _ = furnished
    before = len(target.complaints())
    yield target
    target.assert_serves()
    assert target.memory_mb() < MEMORY_MB_MAX
    complaints = target.complaints()[before:]
    assert "Traceback" not in complaints, complaints[-4000:]


@pytest.fixture
def known(furnished: tuple[Target, Known]) -> Known:
    """The names of what is there."""
    return furnished[1]
