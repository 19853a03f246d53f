"""One server under fire for the tests of a file: whatever came before, it goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fuzz.storm import Storm
from fuzz.target import Target

# An idle server holds about 80 MB; RocksDB may keep 64 MB of what was written in memory, and a query's rows or a
# body of 16 MB and what is read from it come and go. Whatever is kept of what was only refused goes beyond that.
MEMORY_MB_MAX = 300.0
ELSEWHERE = (Path("/outside"), Path("/tmp/outside"))


@pytest.fixture(scope="package")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    """A server with one resource of each kind."""
    target = Target(tmp_path_factory.mktemp("fire"))
    try:
        yield Storm(target)
    finally:
        target.close()


@pytest.fixture
def target(storm: Storm) -> Iterator[Target]:
    """The server: after each test it serves, its memory is bounded, and it has nothing to complain about."""
    before = len(storm.target.failures())
    yield storm.target
    storm.target.assert_serves()
    assert storm.target.memory_mb() < MEMORY_MB_MAX
    assert not storm.target.failures()[before:]


@pytest.fixture
def nothing_leaves(target: Target) -> Iterator[None]:
    """Whatever is asked for, files come to be in three folders only, and nothing else beside the data directory."""
    outside = target.data_dir.parent
    before = set(outside.iterdir())
    own = {path.name for path in target.data_dir.iterdir()}
    assert not any(place.exists() for place in ELSEWHERE)
    yield
    assert set(outside.iterdir()) == before
    assert {path.name for path in target.data_dir.iterdir()} - own <= {"s3", "tmp", "store"}
    assert not any(place.exists() for place in ELSEWHERE)
