"""What the tests of Kinesis share: operations without the wire, on a clock in the test's hand."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tailrace.engine.clock import ManualClock
from tailrace.engine.store import Durability
from tailrace.kinesis.service import SERVICE
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.settings import Settings
from tailrace.service.principal import Principal

Kinesis = Callable[..., dict[str, Any]]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    """A cloud of Kinesis alone: it needs no other service."""
    settings = Settings(data_dir=tmp_path / "data", durability=Durability.MEMORY, seed=7)
    opened = LocalCloud(settings, clock=ManualClock(), rooms=[SERVICE])
    yield opened
    opened.store.close()
    opened.directory.close()


@pytest.fixture
def kinesis(cloud: LocalCloud) -> Kinesis:
    """Call an operation: ``kinesis("PutRecord", StreamName=..., ...)``."""

    def call(operation: str, **params: Any) -> dict[str, Any]:
        return cloud.call("kinesis", operation, params, Principal.root(cloud.account), region="us-east-1")

    return call


@pytest.fixture
def read(kinesis: Kinesis) -> Callable[..., list[dict[str, Any]]]:
    """Read the records of a shard from its beginning, or from wherever the options of an iterator say."""

    def records(stream: str, shard: str, **start: Any) -> list[dict[str, Any]]:
        start = start or {"ShardIteratorType": "TRIM_HORIZON"}
        place = kinesis("GetShardIterator", StreamName=stream, ShardId=shard, **start)["ShardIterator"]
        return list(kinesis("GetRecords", ShardIterator=place)["Records"])

    return records
