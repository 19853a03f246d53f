"""Changes a second from the first write to the last row in S3, against the bare handler over the same records.

python -m benchmarks.end_to_end [20000 200000]
"""

import base64
import importlib.util
import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks import load
from benchmarks.server import Server

LIMIT = 0.30
BATCH = 500
_HANDLER = Path(__file__).parent.parent / "examples" / "orders" / "transform" / "app.py"


def main() -> int:
    """Run each size and print its ratio; status 1 when one falls short."""
    sizes = [int(word) for word in sys.argv[1:]] or [20_000, 200_000]
    short = 0
    for changes in sizes:
        rate, cpu_us, peak_mb = pipeline(changes)
        bare = handler_alone(changes)
        ratio = rate / bare
        short += ratio < LIMIT
        print(
            f"end_to_end {changes:>9,} changes: {rate:>9,.0f}/s, handler alone {bare:>9,.0f}/s, ratio {ratio:.2f} "
            f"(mark {LIMIT}); server CPU {cpu_us:.1f} us a change, peak memory {peak_mb:.0f} MB",
            flush=True,
        )
    return 1 if short else 0


def pipeline(changes: int) -> tuple[float, float, float]:
    """Answer (changes a second, server CPU microseconds a change, peak memory in MB)."""
    with Server() as server:
        # Objects by size; what is left when the load ends follows after a second, which the rate bears too.
        outputs = server.deploy(BufferSizeInMBs=16, BufferIntervalInSeconds=1, TransformBufferIntervalInSeconds=0)
        warm = load.batches(outputs["TableName"], 10**9, 500)
        load.send(server.port, warm, 4)
        wait(server, 500)
        requests = load.batches(outputs["TableName"], 0, changes)
        cpu = server.cpu_s()
        began = time.perf_counter()
        load.send(server.port, requests, 4)
        wait(server, changes + 500)
        seconds = time.perf_counter() - began
        return changes / seconds, (server.cpu_s() - cpu) / changes * 1e6, server.memory_mb()[1]


def wait(server: Server, changes: int) -> None:
    """Return when that many changes have been delivered to S3."""
    while True:
        with urllib.request.urlopen(f"{server.endpoint}/_tailrace/status") as answer:
            hops: list[dict[str, Any]] = json.loads(answer.read())["hops"]
        if any(hop["kind"] == "delivery stream" and hop["delivered"] == changes for hop in hops):
            return
        time.sleep(0.02)


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
    sys.exit(main())
