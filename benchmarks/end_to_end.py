"""Changes a second from the first write to the last row in S3, against the bare handler over the same records.

An object is closed by size, or when it holds all that has come (buffering at 0 s): no row waits for a buffer's time.

python -m benchmarks.end_to_end [20000 200000]
"""

import base64
import importlib.util
import json
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import load
from benchmarks.figure import Figure, Mark
from benchmarks.report import run
from benchmarks.server import Server

SHARE_MIN = 0.30
FLAT_MIN = 1 / 1.2
PEAK_MB_MAX, PEAK_CHANGES = 400.0, 200_000
BATCH = 500
CONNECTIONS = 64
WARM = 10_000  # changes before what is counted
_HANDLER = Path(__file__).parent.parent / "examples" / "orders" / "transform" / "app.py"


def measure(*sizes: int) -> Iterator[Figure]:
    """Yield the rate, the CPU and the memory of each size, and whether the last is as fast as the first."""
    rates = []
    for changes in sizes:
        rate, cpu_us, peak_mb = pipeline(changes)
        rates.append(rate)
        load_of = f"{changes:,} changes"
        yield Figure(load_of, rate, "/s", "the handler alone", handler_alone(changes), Mark.ratio_min(SHARE_MIN))
        yield Figure(f"{load_of}, server CPU", cpu_us, "us a change")
        memory = Mark.value_max(PEAK_MB_MAX) if changes <= PEAK_CHANGES else None
        yield Figure(f"{load_of}, peak memory", peak_mb, "MB", mark=memory)
    if len(sizes) > 1:
        name = f"{sizes[-1]:,} changes against {sizes[0]:,}"
        yield Figure(name, rates[-1], "/s", f"with {sizes[0]:,}", rates[0], Mark.ratio_min(FLAT_MIN))


def pipeline(changes: int) -> tuple[float, float, float]:
    """Answer (changes a second, server CPU microseconds a change, peak memory in MB)."""
    with Server() as server:
        outputs = server.deploy(BufferSizeInMBs=16, BufferIntervalInSeconds=0, TransformBufferIntervalInSeconds=0)
        load.send(server.port, load.batches(outputs["TableName"], 10**9, WARM), CONNECTIONS)
        wait(server, WARM)
        requests = load.batches(outputs["TableName"], 0, changes)
        cpu, began = server.cpu_s(), time.perf_counter()
        load.send(server.port, requests, CONNECTIONS)
        assert wait(server, changes + WARM) == changes + WARM, "each change becomes one row"
        seconds, cpu_s = time.perf_counter() - began, server.cpu_s() - cpu
        return changes / seconds, cpu_s / changes * 1e6, server.memory_mb()[1]


def wait(server: Server, changes: int) -> int:
    """Return when at least that many changes have been delivered to S3, and answer how many have."""
    while True:
        with urllib.request.urlopen(f"{server.endpoint}/_tailrace/status") as answer:
            hops: list[dict[str, Any]] = json.loads(answer.read())["hops"]
        delivered: int = sum(hop["delivered"] for hop in hops if hop["kind"] == "delivery stream")
        if delivered >= changes:
            return delivered
        time.sleep(0.03)


def handler_alone(changes: int) -> float:
    """Answer how many records a second the handler transforms in this process, events made beforehand."""
    spec = importlib.util.spec_from_file_location("transform_app", _HANDLER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    events = [{"records": [record(at + each) for each in range(BATCH)]} for at in range(0, min(changes, 20_000), BATCH)]
    began = time.perf_counter()
    for event in events:
        module.handler(event, None)
    return len(events) * BATCH / (time.perf_counter() - began)


def record(number: int) -> dict[str, str]:
    """Answer one record of a Firehose event: the change that put an order."""
    item = load.order(number)
    change = {
        "eventID": f"{number:032x}",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1767323045,
            "Keys": {"order_id": item["order_id"]},
            "NewImage": item,
            "SequenceNumber": f"{number:021d}",
            "SizeBytes": 300,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-02T03:04:05.678",
    }
    return {"recordId": str(number), "data": base64.b64encode(json.dumps(change).encode()).decode()}


if __name__ == "__main__":
    sys.exit(run(measure, 20_000, 200_000))
