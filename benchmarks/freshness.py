"""From PutItem's answer to the row readable in S3, buffering at 0 s, against one sync of the same disk.

Changes are offered in an open loop. Another client has S3 tell a queue of each object, waits on the queue and GETs the
object: a row is readable when that GET has been answered, so that the reader's own way is in the figure.

python -m benchmarks.freshness [changes a second] [seconds]
"""

import json
import multiprocessing
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks import load
from benchmarks.figure import Figure, Mark
from benchmarks.open_loop import Offer
from benchmarks.plain_client import PlainClient
from benchmarks.report import run
from benchmarks.server import Server

P50_MS_MAX = 25.0
P99_MS_MAX = 100.0
WARM_S = 3
PATIENCE_S = 20
SYNCS = 200
_ORDER = re.compile(rb'"order_id":"order-(\d{12})"')


def measure(rate: int = 1000, seconds: int = 15) -> Iterator[Figure]:
    """Yield how old rows are when they can be read, and what else the run tells."""
    with Server() as server:
        outputs = server.deploy(BufferIntervalInSeconds=0, TransformBufferIntervalInSeconds=0)
        requests = put_items(outputs["TableName"], rate * (WARM_S + seconds))
        syncs_ms = sync_ms(server.data_dir)
        reader = Reader(server, outputs["BucketName"], len(requests))
        cpu = server.cpu_s()
        due, answered = Offer(server.port, requests, rate).times()
        readable, objects = reader.result()
        cpu_us = (server.cpu_s() - cpu) / len(requests) * 1e6
        sync = ("one sync", statistics.median(syncs_ms + sync_ms(server.data_dir)))
    counted = slice(rate * WARM_S, None)
    marks = (Mark.value_max(P50_MS_MAX), Mark.value_max(P99_MS_MAX))
    for name, since, until, wanted in (
        ("answer to row", answered, readable, marks),
        ("request due to row", due, readable, (None, None)),
        ("request due to answer", due, answered, (None, None)),
    ):
        for percent, milliseconds, mark in zip((50, 99), ages_ms(since[counted], until[counted]), wanted, strict=True):
            yield Figure(f"{rate:,} changes a second, {name}, p{percent}", milliseconds, "ms", *sync, mark)
    yield Figure("server CPU, the reader's share included", cpu_us, "us a change")
    yield Figure("rows in an object", len(requests) / objects, "rows")


def ages_ms(since: list[float], until: list[float]) -> tuple[float, float]:
    """Answer (half, 99 of 100) of the times between in milliseconds."""
    ages = sorted((late - early) * 1000 for early, late in zip(since, until, strict=True))
    return ages[len(ages) // 2], ages[len(ages) * 99 // 100]


def put_items(table: str, count: int) -> list[bytes]:
    """Answer PutItem requests, an order each."""
    bodies = ({"TableName": table, "Item": load.order(number)} for number in range(count))
    return [load.request("dynamodb", "DynamoDB_20120810.PutItem", body) for body in bodies]


def sync_ms(folder: Path) -> list[float]:
    """Answer what each of some small appends to a file, each brought to disk, takes in milliseconds."""
    path, took = folder / "sync", []
    with path.open("ab", buffering=0) as file:
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(bytes(512))
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    path.unlink()
    return took


class Reader:
    """Reads each row as soon as it can be read, in a process of its own."""

    def __init__(self, server: Server, bucket: str, rows: int) -> None:
        queue = told_of_objects(server, bucket)
        self._report, child = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(target=_read, args=(server.port, queue, rows, child))
        self._process.start()
        child.close()  # so that the end of a process that breaks is seen

    def result(self) -> tuple[list[float], int]:
        """Wait for the last row; answer (when each row had been read, in the order of the orders, how many objects)."""
        result: tuple[list[float], int] = self._report.recv()
        self._process.join()
        return result


def told_of_objects(server: Server, bucket: str) -> str:
    """Have S3 tell a queue of each object with rows; answer the queue's URL."""
    sqs = server.client("sqs")
    # A message is received once: there is none to be deleted.
    url: str = sqs.create_queue(QueueName="rows", Attributes={"VisibilityTimeout": "43200"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    told = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**told, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    rules = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "orders/"}]}}
    wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": rules}]}
    server.client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    return url


def _read(port: int, queue: str, rows: int, report: Connection) -> None:
    notices, objects = PlainClient(port), PlainClient(port)
    wait = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": PATIENCE_S}
    readable, seen, read = [0.0] * rows, 0, 0
    while seen < rows:
        messages = notices.post("sqs", "AmazonSQS.ReceiveMessage", wait).get("Messages", [])
        assert messages, f"{rows - seen} of {rows} rows did not come within {PATIENCE_S} s"
        for message in messages:
            for told in json.loads(message["Body"]).get("Records", []):  # S3's first message, a test, has none
                body = objects.get_object(told["s3"]["bucket"]["name"], told["s3"]["object"]["key"])
                now = time.perf_counter()
                read += 1
                for found in _ORDER.finditer(body):
                    number = int(found[1])
                    assert not readable[number], f"order {number} came twice"
                    readable[number] = now
                    seen += 1
    report.send((readable, read))


if __name__ == "__main__":
    sys.exit(run(measure, 1000, 15))
