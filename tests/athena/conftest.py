"""A lake of the test's own over the real wire: a bucket, a database, files in it, and queries run to their end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Rows = list[tuple[str | None, ...]]


class QueryFailed(Exception):
    """A query that did not succeed; the text is its reason."""


class Lake:
    """A bucket and a database, seen through boto3."""

    def __init__(self, client: Callable[..., Any], bucket: str, database: str) -> None:
        self.athena, self.s3, self.glue = client("athena"), client("s3"), client("glue")
        self.bucket, self.database = bucket, database
        self.root = f"s3://{bucket}"
        self.s3.create_bucket(Bucket=bucket)
        self.glue.create_database(DatabaseInput={"Name": database})

    def put(self, key: str, data: bytes | str | Iterable[Any]) -> None:
        """Put an object: bytes, text, or values that become lines of JSON."""
        if not isinstance(data, bytes | str):
            data = "".join(json.dumps(each) + "\n" for each in data)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=data)

    def get(self, uri: str) -> bytes:
        """Answer the bytes of an object by its URI."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def keys(self, prefix: str) -> list[str]:
        """Answer the keys under a prefix."""
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])]

    def start(self, sql: str, **options: Any) -> str:
        """Start a query and answer its id."""
        options.setdefault("ResultConfiguration", {"OutputLocation": f"{self.root}/results/"})
        options.setdefault("QueryExecutionContext", {"Database": self.database})
        return str(self.athena.start_query_execution(QueryString=sql, **options)["QueryExecutionId"])

    def finish(self, query_id: str) -> dict[str, Any]:
        """Wait for the end of a query and answer its execution."""
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            execution = self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                return dict(execution)
        raise AssertionError(f"query {query_id} has no end")

    def run(self, sql: str, **options: Any) -> dict[str, Any]:
        """Run a query that succeeds and answer its execution."""
        execution = self.finish(self.start(sql, **options))
        if execution["Status"]["State"] != "SUCCEEDED":
            raise QueryFailed(execution["Status"].get("StateChangeReason"))
        return execution

    def lines(self, sql: str, **options: Any) -> list[str | None]:
        """Answer the lines of a DDL statement's result."""
        return [row[0] for row in self.pages(self.run(sql, **options)["QueryExecutionId"])]

    def rows(self, sql: str, **options: Any) -> Rows:
        """Answer the rows of a query, without the header."""
        return self.pages(self.run(sql, **options)["QueryExecutionId"])[1:]

    def pages(self, query_id: str, page: int = 1000) -> Rows:
        """Answer every row of a result, page by page."""
        found: Rows = []
        token: dict[str, str] = {}
        while True:
            answer = self.athena.get_query_results(QueryExecutionId=query_id, MaxResults=page, **token)
            for row in answer["ResultSet"]["Rows"]:
                found.append(tuple(cell.get("VarCharValue") for cell in row["Data"]))
            if "NextToken" not in answer:
                return found
            token = {"NextToken": answer["NextToken"]}

    def failure(self, sql: str, **options: Any) -> str:
        """Answer why a query failed."""
        execution = self.finish(self.start(sql, **options))
        assert execution["Status"]["State"] == "FAILED", f"{sql} ended {execution['Status']}"
        return str(execution["Status"]["StateChangeReason"])


def table(lake: Lake, name: str, columns: str, clauses: str, **files: Any) -> str:
    """Make a table over a folder of its own with some files in it."""
    for key, data in files.items():
        lake.put(f"{name}/{key.replace('__', '.')}", data)
    lake.run(f"CREATE EXTERNAL TABLE {name} ({columns}) {clauses} LOCATION '{lake.root}/{name}/'".replace("  ", " "))
    return name


@pytest.fixture(scope="module")
def lake(client: Callable[..., Any], request: pytest.FixtureRequest) -> Lake:
    """The lake of a test module."""
    name = str(request.module.__name__).rsplit(".", 1)[-1].replace("_", "")
    return Lake(client, f"lake-{name}", f"db_{name}")
