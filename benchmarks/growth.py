"""What a change and a read cost the server as its table grows, against a table that stays at the first size.

There are two servers: the table of one grows, the other holds as many items as the first point. At each point both are
measured by turns, so that a machine that changes its pace meanwhile changes it for both; at the first point the ratio
tells how exact the others are. Tables are filled by BatchWriteItem alone. Changes overwrite items all over the table,
by writes alone and then with a pipe, made anew each time, that takes them on to S3.

python -m benchmarks.growth [10000 1000000 5000000]
"""

import multiprocessing
import random
import statistics
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks import load
from benchmarks.end_to_end import wait
from benchmarks.figure import Figure, Mark
from benchmarks.report import note, run
from benchmarks.server import Server

CHANGE, CHANGE_TO_S3, GET, QUERY = "a change", "a change to S3", "GetItem", "Query"
RATIO_MAX = 1.2
MARKED = (CHANGE, CHANGE_TO_S3)
ROUNDS, CHANGES, READS, BATCH = 10, 4_000, 2_000, 25
CONNECTIONS = 4
FILLERS, CHUNK = 2, 10_000
NOTE_S = 2.0
QUIET_S, QUIET_SHARE, QUIET_S_MAX = 1.0, 0.05, 180.0


def measure(*sizes: int) -> Iterator[Figure]:
    """Yield the server's CPU for each thing at each size, and the room that the server takes."""
    with Server() as small_server, Server() as server:
        small, growing = Orders(small_server), Orders(server)
        first_us = small.fill(sizes[0])
        for size in sizes:
            came = f"a new item, from {growing.held:,} to {size:,}"
            yield Figure(came, growing.fill(size), "us", f"from 0 to {sizes[0]:,}", first_us)
            for what in (CHANGE, CHANGE_TO_S3, GET, QUERY):
                note(f"{what} at {size:,} items, by turns with {small.held:,}")
                small_us, grown_us = by_turns(what, small, growing)
                mark = Mark.ratio_max(RATIO_MAX) if what in MARKED and size > small.held else None
                yield Figure(f"{what} at {size:,} items", grown_us, "us", f"at {small.held:,}", small_us, mark)
            for what, megabytes in zip(("memory", "peak memory"), server.memory_mb(), strict=True):
                yield Figure(f"{what} at {size:,} items", megabytes, "MB")
            yield Figure(f"data directory at {size:,} items", server.disk_mb(), "MB")


def by_turns(what: str, *tables: "Orders") -> list[float]:
    """Do something in each table by turns; answer the CPU microseconds of each table's server for one."""
    for table in tables:
        table.begin(what)
    rounds = [[table.cost_us(what) for table in tables] for _ in range(ROUNDS)]
    costs_us = [statistics.mean(each) for each in zip(*rounds, strict=True)]
    for table in tables:
        table.end(what)
    return costs_us


class Orders:
    """The orders example on a server of its own, with a pipe that comes and goes."""

    def __init__(self, server: Server) -> None:
        self._server = server
        outputs = server.deploy(BufferSizeInMBs=16, BufferIntervalInSeconds=1, TransformBufferIntervalInSeconds=0)
        self._table = outputs["TableName"]
        self._pipes = server.client("pipes")
        found = self._pipes.describe_pipe(Name=outputs["PipeName"])
        members = ("Name", "Source", "SourceParameters", "Target", "TargetParameters", "RoleArn")
        self._pipe: dict[str, Any] = {member: found[member] for member in members}
        self._pipe["SourceParameters"]["DynamoDBStreamParameters"]["StartingPosition"] = "LATEST"
        self._delete_pipe()
        self._dice = random.Random(1)
        self._delivered = 0
        self.held = 0

    def fill(self, size: int) -> float:
        """Write orders until the table holds so many; answer the CPU of each, with the compaction that it brings."""
        new, began, told, written = size - self.held, time.perf_counter(), 0.0, 0
        chunks = [(at, min(CHUNK, size - at)) for at in range(self.held, size, CHUNK)]
        cpu = self._server.cpu_s()
        with multiprocessing.Pool(FILLERS) as fillers:
            for count in fillers.imap_unordered(partial(_write, self._server.port, self._table), chunks):
                written += count
                if (took := time.perf_counter() - began) - told > NOTE_S:
                    note(f"filled {self.held + written:,} of {size:,} items, {written / took:,.0f}/s")
                    told = took
        settle(self._server)
        self.held = size
        return (self._server.cpu_s() - cpu) / new * 1e6

    def begin(self, what: str) -> None:
        """Make ready for something: changes that go to S3 need a pipe, which takes them from now on."""
        if what == CHANGE_TO_S3:
            self._pipes.create_pipe(**self._pipe)
            while self._pipes.describe_pipe(Name=self._pipe["Name"])["CurrentState"] != "RUNNING":
                time.sleep(0.05)

    def end(self, what: str) -> None:
        """Put away what it was made ready with."""
        if what == CHANGE_TO_S3:
            self._delete_pipe()

    def cost_us(self, what: str) -> float:
        """Do something many times; answer the server's CPU microseconds for one."""
        requests, things = self._requests(what)
        cpu = self._server.cpu_s()
        load.send(self._server.port, requests, CONNECTIONS)
        if what == CHANGE_TO_S3:
            self._delivered += things
            wait(self._server, self._delivered)
        return (self._server.cpu_s() - cpu) / things * 1e6

    def _requests(self, what: str) -> tuple[list[bytes], int]:
        """Answer requests for something, and how many things they do."""
        if what in (CHANGE, CHANGE_TO_S3):
            batches = [self._dice.sample(range(self.held), BATCH) for _ in range(CHANGES // BATCH)]
            return [self._request("BatchWriteItem", self._changes(numbers)) for numbers in batches], CHANGES
        read = {GET: _get_item, QUERY: _query}[what]
        keys = [load.order(self._dice.randrange(self.held))["order_id"] for _ in range(READS)]
        return [self._request(what, {"TableName": self._table, **read(key)}) for key in keys], READS

    def _changes(self, numbers: list[int]) -> dict[str, Any]:
        """Answer a batch that overwrites orders with what was never there before."""
        status = {"status": {"S": f"{self._dice.getrandbits(64):016x}"}}
        puts = [{"PutRequest": {"Item": load.order(number) | status}} for number in numbers]
        return {"RequestItems": {self._table: puts}}

    def _request(self, operation: str, body: dict[str, Any]) -> bytes:
        return load.request("dynamodb", f"DynamoDB_20120810.{operation}", body)

    def _delete_pipe(self) -> None:
        self._pipes.delete_pipe(Name=self._pipe["Name"])
        while self._pipes.list_pipes()["Pipes"]:
            time.sleep(0.05)


def settle(server: Server) -> None:
    """Return when the server does next to nothing any more: when it has compacted what was written."""
    until = time.perf_counter() + QUIET_S_MAX
    while time.perf_counter() < until:
        cpu = server.cpu_s()
        time.sleep(QUIET_S)
        if server.cpu_s() - cpu < QUIET_S * QUIET_SHARE:
            return
    note(f"the server did not come to rest within {QUIET_S_MAX:.0f} s")


def _write(port: int, table: str, chunk: tuple[int, int]) -> int:
    first, count = chunk
    load.send_here(port, load.batches(table, first, count), CONNECTIONS)
    return count


def _get_item(key: dict[str, str]) -> dict[str, Any]:
    return {"Key": {"order_id": key}}


def _query(key: dict[str, str]) -> dict[str, Any]:
    return {"KeyConditionExpression": "order_id = :id", "ExpressionAttributeValues": {":id": key}}


if __name__ == "__main__":
    sys.exit(run(measure, 10_000, 1_000_000, 5_000_000))
