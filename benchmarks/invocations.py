"""What an invocation costs the server process: CPU and wall time for events of 1 KB and 1 MB, answered and dropped.

The handler does nothing, so its process does nothing but JSON. A large event stands against one copy of its bytes.

python -m benchmarks.invocations
"""

import base64
import io
import json
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.figure import Figure
from benchmarks.report import run
from tailrace.engine.store import Durability
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.settings import Settings
from tailrace.service.principal import Principal

REGION = "us-east-1"
HANDLERS = {"answered": "handler = lambda event, context: event", "dropped": "handler = lambda event, context: None"}
RUNS = {"1 KB": 2000, "1 MB": 200}


def records(size: int) -> bytes:
    """An event as Firehose makes it."""
    data = [base64.b64encode(os.urandom(760)).decode() for _ in range(max(size // 1050, 1))]
    return json.dumps(
        {"records": [{"recordId": str(number), "data": each} for number, each in enumerate(data)]}
    ).encode()


def archive(source: str) -> bytes:
    """A deployment package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as writer:
        writer.writestr("app.py", source)
    return buffer.getvalue()


async def build(cloud: LocalCloud, root: Principal) -> None:
    """Make the role and a function of each kind."""
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    role = {"RoleName": "runner", "AssumeRolePolicyDocument": trust}
    arn = (await cloud.request("iam", "CreateRole", role, root, region=REGION))["Role"]["Arn"]
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    await cloud.request("iam", "AttachRolePolicy", {"RoleName": "runner", "PolicyArn": policy}, root, region=REGION)
    for name, source in HANDLERS.items():
        settings = {"Runtime": "python3.13", "Handler": "app.handler", "Role": arn, "MemorySize": 512}
        function = {"FunctionName": name, "Code": {"ZipFile": archive(source)}, **settings}
        await cloud.request("lambda", "CreateFunction", function, root, region=REGION)


def measure() -> Iterator[Figure]:
    """Yield a figure for each kind of event."""
    yield from uvloop.run(_measure())


async def _measure() -> list[Figure]:
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        cloud = LocalCloud(Settings(data_dir=Path(folder) / "data", durability=Durability.OS))
        await cloud.start()
        root = Principal.root(cloud.account)
        await build(cloud, root)
        for label, size in (("1 KB", 1_000), ("1 MB", 1_050_000)):
            event = records(size)
            for name in HANDLERS:
                cpu_us, wall_us = await invoked(cloud, root, {"FunctionName": name, "Payload": event}, RUNS[label])
                copies = ("a copy of its bytes", copy_us(event)) if label == "1 MB" else ()
                figures += [
                    Figure(f"{label}, {name}, server CPU", cpu_us, "us an event", *copies),
                    Figure(f"{label}, {name}, start to answer", wall_us, "us an event"),
                ]
        await cloud.stop()
    return figures


async def invoked(cloud: LocalCloud, root: Principal, params: dict[str, Any], runs: int) -> tuple[float, float]:
    """Answer (CPU of this process, time) in microseconds for one invocation."""
    for _ in range(3):
        await cloud.request("lambda", "Invoke", params, root, region=REGION)
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(runs):
        await cloud.request("lambda", "Invoke", params, root, region=REGION)
    return (time.process_time() - cpu) / runs * 1e6, (time.perf_counter() - wall) / runs * 1e6


def copy_us(event: bytes) -> float:
    """Answer what one copy of an event in memory takes in microseconds."""
    began = time.perf_counter()
    for _ in range(200):
        bytearray(event)
    return (time.perf_counter() - began) / 200 * 1e6


if __name__ == "__main__":
    sys.exit(run(measure))
