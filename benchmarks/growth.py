"""What a change and a read cost the server as the table grows, each against its own first point.

The table is filled by BatchWriteItem alone. At each size items all over it are changed: by writes alone, then with a
pipe, new at each size, that takes the changes on to S3.

python -m benchmarks.growth [10000 1000000 5000000]
"""

import multiprocessing
import random
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks import load
from benchmarks.end_to_end import wait
from benchmarks.figure import Figure, Mark
from benchmarks.report import note, run
from benchmarks.requests import empty_requests, measured
from benchmarks.server import Server

RATIO_MAX = 1.2
CHANGES, BATCH = 40_000, 25
READS = 10_000
CONNECTIONS = 4
FILLERS, CHUNK = 2, 10_000
NOTE_S = 2.0
QUIET_S, QUIET_SHARE, QUIET_S_MAX = 1.0, 0.05, 180.0
_MARKED = ("a new item", "a change", "a change to S3")


def measure(*sizes: int) -> Iterator[Figure]:
    """Yield what everything costs at each size."""
    first: dict[str, float] = {}
    with Server() as server:
        pipeline, held = Pipeline(server), 0
        for size in sizes:
            costs = {"a new item": fill(server, pipeline.table, held, size), **pipeline.costs(size)}
            for name, cost_us in costs.items():
                mark = Mark.ratio_max(RATIO_MAX) if first and name in _MARKED else None
                limit = first.get(name)
                yield Figure(f"{size:,} items, {name}, server CPU", cost_us, "us", f"at {sizes[0]:,}", limit, mark)
            for name, megabytes in zip(("memory", "peak memory"), server.memory_mb(), strict=True):
                yield Figure(f"{size:,} items, {name}", megabytes, "MB")
            yield Figure(f"{size:,} items, data directory", server.disk_mb(), "MB")
            first, held = first or costs, size


def fill(server: Server, table: str, held: int, size: int) -> float:
    """Write orders until the table holds so many; answer the server's CPU microseconds for each, with compaction."""
    cpu, began, told = server.cpu_s(), time.perf_counter(), 0.0
    chunks = [(at, min(CHUNK, size - at)) for at in range(held, size, CHUNK)]
    with multiprocessing.Pool(FILLERS) as fillers:
        written = held
        for count in fillers.imap_unordered(partial(_write, server.port, table), chunks):
            written += count
            if (took := time.perf_counter() - began) - told > NOTE_S:
                note(f"filled {written:,} of {size:,} items, {(written - held) / took:,.0f}/s")
                told = took
    settle(server)
    return (server.cpu_s() - cpu) / (size - held) * 1e6


def _write(port: int, table: str, chunk: tuple[int, int]) -> int:
    first, count = chunk
    load.send_here(port, load.batches(table, first, count), CONNECTIONS)
    return count


def settle(server: Server) -> None:
    """Return when the server does next to nothing any more: when it has compacted what was written."""
    until = time.perf_counter() + QUIET_S_MAX
    while time.perf_counter() < until:
        cpu = server.cpu_s()
        time.sleep(QUIET_S)
        if server.cpu_s() - cpu < QUIET_S * QUIET_SHARE:
            return
    note(f"the server did not come to rest within {QUIET_S_MAX:.0f} s")


class Pipeline:
    """The orders example with a pipe that comes and goes."""

    def __init__(self, server: Server) -> None:
        self._server = server
        outputs = server.deploy(BufferSizeInMBs=16, BufferIntervalInSeconds=1, TransformBufferIntervalInSeconds=0)
        self.table = outputs["TableName"]
        self._pipes = server.client("pipes")
        found = self._pipes.describe_pipe(Name=outputs["PipeName"])
        members = ("Name", "Source", "SourceParameters", "Target", "TargetParameters", "RoleArn")
        self._pipe: dict[str, Any] = {member: found[member] for member in members}
        self._pipe["SourceParameters"]["DynamoDBStreamParameters"]["StartingPosition"] = "LATEST"
        self._delivered = self._rounds = 0
        self._close()

    def costs(self, size: int) -> dict[str, float]:
        """Answer what each thing costs with so many items in the table: microseconds of the server's CPU."""
        alone_us = self._change(size)
        self._open()
        to_s3_us = self._change(size, followed=True)
        self._close()
        others = {name: self._reads(name, size) for name in ("GetItem", "Query")}
        others["an empty request"] = empty_requests(READS)  # how fast the machine is at this moment
        others_us = {name: measured(self._server, requests, 1, CONNECTIONS)[1] for name, requests in others.items()}
        return {"a change": alone_us, "a change to S3": to_s3_us, **others_us}

    def _change(self, size: int, *, followed: bool = False) -> float:
        """Change items all over the table, followed to S3 or not; answer the CPU of each change."""
        requests = self._changes(size)
        cpu = self._server.cpu_s()
        load.send(self._server.port, requests, CONNECTIONS)
        if followed:
            self._delivered += CHANGES
            wait(self._server, self._delivered)
        return (self._server.cpu_s() - cpu) / CHANGES * 1e6

    def _changes(self, size: int) -> list[bytes]:
        """Answer requests that change items; each writes what was never there before."""
        self._rounds += 1
        dice, requests = random.Random(self._rounds), []
        for at in range(CHANGES // BATCH):
            changed = {"status": {"S": f"round {self._rounds}, batch {at}"}}
            puts = [{"PutRequest": {"Item": load.order(each) | changed}} for each in dice.sample(range(size), BATCH)]
            body = {"RequestItems": {self.table: puts}}
            requests.append(load.request("dynamodb", "DynamoDB_20120810.BatchWriteItem", body))
        return requests

    def _reads(self, operation: str, size: int) -> list[bytes]:
        dice, target = random.Random(size), f"DynamoDB_20120810.{operation}"
        keys = (load.order(dice.randrange(size))["order_id"] for _ in range(READS))
        of = {"GetItem": _get_item, "Query": _query}[operation]
        return [load.request("dynamodb", target, {"TableName": self.table, **of(key)}) for key in keys]

    def _open(self) -> None:
        """Make the pipe: it takes the changes from now on."""
        self._pipes.create_pipe(**self._pipe)
        while self._pipes.describe_pipe(Name=self._pipe["Name"])["CurrentState"] != "RUNNING":
            time.sleep(0.05)

    def _close(self) -> None:
        """Delete the pipe."""
        self._pipes.delete_pipe(Name=self._pipe["Name"])
        while self._pipes.list_pipes()["Pipes"]:
            time.sleep(0.05)


def _get_item(key: dict[str, str]) -> dict[str, Any]:
    return {"Key": {"order_id": key}}


def _query(key: dict[str, str]) -> dict[str, Any]:
    return {"KeyConditionExpression": "order_id = :id", "ExpressionAttributeValues": {":id": key}}


if __name__ == "__main__":
    sys.exit(run(measure, 10_000, 1_000_000, 5_000_000))
