"""What an invocation costs the server process: CPU and wall time for events of 1 KB and 1 MB, answered and dropped.

    python -m benchmarks.invocations

The handler does nothing, so its process does nothing but JSON; the ratio is the server's CPU per byte of a 1 MB event
against one copy of those bytes in memory, measured in the same run.
"""

import base64
import io
import json
import os
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import uvloop

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


async def main() -> None:
    """Print a line for each kind of event."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = LocalCloud(Settings(data_dir=Path(folder) / "data", durability=Durability.OS))
        await cloud.start()
        root = Principal.root(cloud.account)
        await build(cloud, root)
        for label, size in (("1 KB", 1_000), ("1 MB", 1_050_000)):
            event = records(size)
            for name in HANDLERS:
                params: dict[str, Any] = {"FunctionName": name, "Payload": event}
                for _ in range(3):
                    await cloud.request("lambda", "Invoke", params, root, region=REGION)
                cpu, wall = time.process_time(), time.perf_counter()
                for _ in range(RUNS[label]):
                    await cloud.request("lambda", "Invoke", params, root, region=REGION)
                cpu_us = (time.process_time() - cpu) / RUNS[label] * 1e6
                wall_us = (time.perf_counter() - wall) / RUNS[label] * 1e6
                print(f"{label} {name:9} {len(event):8} bytes   server CPU {cpu_us:6.0f} us   wall {wall_us:6.0f} us")
        copy = time.perf_counter()
        for _ in range(200):
            bytearray(event)
        copy_us = (time.perf_counter() - copy) / 200 * 1e6
        ratio = cpu_us / copy_us
        print(f"one copy of {len(event)} bytes {copy_us:.0f} us; an event of that size costs {ratio:.1f} of them")
        await cloud.stop()


if __name__ == "__main__":
    uvloop.run(main())
