"""Requests: PutItem, BatchWriteItem, PutRecords and GetRecords, with the server's CPU, against an empty request.

python -m benchmarks.requests
"""

import base64
import sys
from collections.abc import Iterator

from benchmarks import load
from benchmarks.figure import Figure, Mark
from benchmarks.report import run
from benchmarks.server import Server

PUT_ITEM_SHARE_MIN, PUT_ITEM_US_MAX = 0.30, 70.0
BATCH_ITEM_US_MAX = 30.0
PUT_RECORD_US_MAX = 12.0


def measure() -> Iterator[Figure]:
    """Yield the rates against an empty request and the server's CPU for each thing."""
    with Server() as server:
        create(server)
        for connections in (1, 64):
            empty, _ = measured(server, empty_requests(4000), 1, connections)
            put, cpu_us = measured(server, put_items(connections * 10**6, 4000), 1, connections)
            name = f"PutItem, {connections} connection{'s' * (connections > 1)}"
            marks = (Mark.ratio_min(PUT_ITEM_SHARE_MIN), Mark.value_max(PUT_ITEM_US_MAX))
            rate_mark, cpu_mark = marks if connections == 64 else (None, None)
            yield Figure(name, put, "/s", "an empty request", empty, rate_mark)
            yield Figure(f"{name}, server CPU", cpu_us, "us a request", mark=cpu_mark)
        for connections in (4, 64):
            _, batch_us = measured(server, load.batches("bench", connections * 10**8, 60_000), 25, connections)
            mark = Mark.value_max(BATCH_ITEM_US_MAX) if connections == 64 else None
            yield Figure(f"BatchWriteItem, {connections} connections, server CPU", batch_us, "us an item", mark=mark)
        _, record_us = measured(server, put_records(40), 500, 4)
        yield Figure("PutRecords of 500, server CPU", record_us, "us a record", mark=Mark.value_max(PUT_RECORD_US_MAX))
        yield Figure("GetRecords, server CPU", drain(server), "us a record")


def create(server: Server) -> None:
    """Make the table and the stream."""
    server.client("dynamodb").create_table(
        TableName="bench",
        AttributeDefinitions=[{"AttributeName": "order_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    server.client("kinesis").create_stream(StreamName="bench", ShardCount=2)


def measured(server: Server, requests: list[bytes], each: int, connections: int) -> tuple[float, float]:
    """Answer (things a second, server CPU microseconds a thing) for requests that hold some each."""
    cpu = server.cpu_s()
    seconds = load.send(server.port, requests, connections)
    things = len(requests) * each
    return things / seconds, (server.cpu_s() - cpu) / things * 1e6


def empty_requests(count: int) -> list[bytes]:
    """Answer requests that do nothing: a health check."""
    return [b"GET /_tailrace/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"] * count


def put_items(first: int, count: int) -> list[bytes]:
    """Answer PutItem requests, an order each."""
    bodies = ({"TableName": "bench", "Item": load.order(number)} for number in range(first, first + count))
    return [load.request("dynamodb", "DynamoDB_20120810.PutItem", body) for body in bodies]


def put_records(count: int) -> list[bytes]:
    """Answer PutRecords requests of 500 records of 900 bytes."""
    data = base64.b64encode(b"x" * 900).decode()

    def records(at: int) -> list[dict[str, str]]:
        return [{"Data": data, "PartitionKey": f"key-{at}-{each}"} for each in range(500)]

    bodies = ({"StreamName": "bench", "Records": records(at)} for at in range(count))
    return [load.request("kinesis", "Kinesis_20131202.PutRecords", body, "1.1") for body in bodies]


def drain(server: Server) -> float:
    """Read everything in the stream; answer the server's CPU microseconds a record."""
    kinesis = server.client("kinesis")
    cpu, records = server.cpu_s(), 0
    for shard in kinesis.list_shards(StreamName="bench")["Shards"]:
        place = {"StreamName": "bench", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = kinesis.get_shard_iterator(**place)["ShardIterator"]
        while True:
            answer = kinesis.get_records(ShardIterator=iterator, Limit=5000)
            records += len(answer["Records"])
            iterator = answer["NextShardIterator"]
            if not answer["MillisBehindLatest"]:
                break
    return (server.cpu_s() - cpu) / records * 1e6


if __name__ == "__main__":
    sys.exit(run(measure))
