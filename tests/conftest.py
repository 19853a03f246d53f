"""What every test may use: a Tailrace in a process of its own with real clients, and one in this process on a clock in
the test's hand.
"""

import itertools
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tailrace.engine.clock import ManualClock
from tailrace.engine.store import Durability
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.settings import Settings

_names = itertools.count()

# No test fails because the machine is busy. By hand hypothesis looks for something new each time; CI must answer the
# same for the same commit.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("hand", unhurried)
settings.register_profile("ci", unhurried, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "hand")


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Tailrace in a process of its own, its state in memory, on a port of its own."""
    data_dir = tmp_path_factory.mktemp("tailrace") / "data"
    command = [sys.executable, "-m", "tailrace", "up", "--port", "0", "--durability", "memory", "--data-dir", data_dir]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "ready" in line, f"Tailrace did not start: {line}"
        try:
            yield line.split()[-1]
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def client(endpoint: str) -> Callable[..., Any]:
    """Make a boto3 client for the endpoint: ``client("kinesis")``."""
    import boto3

    def make(service: str, **options: Any) -> Any:
        settings = {
            "region_name": "us-east-1",
            "endpoint_url": endpoint,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        return boto3.client(service, **{**settings, **options})

    return make


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Answer a name that no other test uses: ``unique("stream")``."""
    return lambda prefix: f"{prefix}-{os.getpid()}-{next(_names)}"


@pytest.fixture
def open_cloud(tmp_path: Path) -> Callable[..., Any]:
    """Open a cloud in this process: ``async with open_cloud() as cloud``. The same directory can be opened again."""

    @asynccontextmanager
    async def opened(*, durability: Durability = Durability.OS, **options: Any) -> AsyncIterator[LocalCloud]:
        settings = Settings(data_dir=tmp_path / "data", durability=durability, seed=7)
        cloud = LocalCloud(settings, clock=options.pop("clock", None) or ManualClock(), **options)
        await cloud.start()
        try:
            yield cloud
        finally:
            await cloud.stop()

    return opened


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    """A cloud in this process whose jobs and consumers do not run: for operations that decide."""
    settings = Settings(data_dir=tmp_path / "data", durability=Durability.MEMORY, seed=7)
    opened = LocalCloud(settings, clock=ManualClock())
    yield opened
    opened.store.close()
    opened.directory.close()
