"""The orders example as a test uses it: deployed, written to, settled, read back."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "orders"
SETTLED_S_MAX = 90.0

# Small buffers, so that a run has many objects and is soon settled.
PARAMETERS = ("BufferSizeInMBs=1", "BufferIntervalInSeconds=1", "TransformBufferIntervalInSeconds=0")


def tailrace(*arguments: str, endpoint: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the tailrace command against an endpoint."""
    environment = {**os.environ, "AWS_ENDPOINT_URL": endpoint}
    done = subprocess.run(
        [sys.executable, "-m", "tailrace", *arguments], env=environment, capture_output=True, text=True, timeout=300
    )
    assert not check or done.returncode == 0, f"tailrace {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
    return done


class Orders:
    """One stack of the orders example on one endpoint."""

    def __init__(self, endpoint: str, client: Callable[..., Any], stack: str) -> None:
        self.endpoint = endpoint
        self.client = client
        self.stack = stack
        self.outputs: dict[str, str] = {}

    def deploy(self, parameters: tuple[str, ...] = PARAMETERS) -> None:
        """Deploy the template and remember its outputs."""
        options = [word for parameter in parameters for word in ("--parameter", parameter)]
        tailrace("deploy", str(EXAMPLE / "template.yaml"), "--stack", self.stack, *options, endpoint=self.endpoint)
        self.find()

    def find(self) -> None:
        """Remember the outputs of a stack that is there already."""
        stack = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def generate(self, orders: int, seed: int) -> dict[str, Any]:
        """Run the example's own script and answer its summary."""
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        command = [sys.executable, str(EXAMPLE / "generate_orders.py"), "--table", self.outputs["TableName"]]
        command += ["--orders", str(orders), "--seed", str(seed)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        summary: dict[str, Any] = json.loads(done.stdout)
        return summary

    def hops(self) -> list[dict[str, Any]]:
        """Answer the ledger of this stack's hops."""
        with urllib.request.urlopen(f"{self.endpoint}/_tailrace/status") as answer:
            hops = json.loads(answer.read())["hops"]
        return [hop for hop in hops if hop["name"].startswith(f"{self.stack}-")]

    def settle(self, changes: int) -> list[dict[str, Any]]:
        """Wait until every hop has received that many changes and nothing is in flight; answer the hops."""
        deadline = time.monotonic() + SETTLED_S_MAX
        while True:
            hops = self.hops()
            received: dict[str, int] = {}
            for hop in hops:
                received[hop["name"]] = received.get(hop["name"], 0) + hop["received"]
            if hops and min(received.values()) >= changes and not any(hop["in_flight"] for hop in hops):
                return hops
            assert time.monotonic() < deadline, f"not settled: {hops}"
            time.sleep(0.05)

    def lake(self) -> list[dict[str, Any]]:
        """Answer every row in S3, as the objects hold them."""
        s3 = self.client("s3")
        rows: list[dict[str, Any]] = []
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.outputs["BucketName"], Prefix="orders/"):
            for found in page.get("Contents", ()):
                body = s3.get_object(Bucket=self.outputs["BucketName"], Key=found["Key"])["Body"].read()
                assert body.endswith(b"}\n")
                rows += [json.loads(line, parse_float=str) for line in body.splitlines()]
        return rows

    def items(self) -> dict[str, dict[str, Any]]:
        """Answer the table's items by order id."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=self.outputs["TableName"])
        return {item["order_id"]["S"]: item for page in pages for item in page["Items"]}

    def crawl(self) -> dict[str, Any]:
        """Run the crawler to its end and answer the table that it made."""
        glue, name = self.client("glue"), self.outputs["CrawlerName"]
        glue.start_crawler(Name=name)
        deadline = time.monotonic() + SETTLED_S_MAX
        while (crawler := glue.get_crawler(Name=name)["Crawler"])["State"] != "READY":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert crawler["LastCrawl"]["Status"] == "SUCCEEDED", crawler["LastCrawl"]
        table: dict[str, Any] = glue.get_table(DatabaseName=self.outputs["DatabaseName"], Name="orders")["Table"]
        return table

    def query(self, sql: str) -> list[dict[str, str | None]]:
        """Run SQL in Athena and answer its rows by column name."""
        athena = self.client("athena")
        execution = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self.outputs["DatabaseName"]},
            WorkGroup=self.outputs["WorkGroupName"],
        )["QueryExecutionId"]
        deadline = time.monotonic() + SETTLED_S_MAX
        while True:
            status = athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert status["State"] == "SUCCEEDED", status
        pages = list(athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution))
        names = [column["Name"] for column in pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
        rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]][1:]
        return [{name: cell.get("VarCharValue") for name, cell in zip(names, row, strict=True)} for row in rows]
