"""The test kit as a user has it: the orders example deployed, written, settled and queried, with no sleep anywhere."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tailrace.testing import Cloud, DeploymentFailed

PENDING = ("QUEUED", "RUNNING")
EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "orders"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Cloud]:
    with Cloud(tmp_path / "kit") as running:
        yield running


def query(kit: Cloud, sql: str, outputs: dict[str, str]) -> list[list[str | None]]:
    athena = kit.client("athena")
    query_id = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": outputs["DatabaseName"]},
        WorkGroup=outputs["WorkGroupName"],
    )["QueryExecutionId"]
    while athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]["State"] in PENDING:
        kit.advance(0.1)
    rows = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"][1:]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows]


def test_a_users_first_pipeline_test(kit: Cloud) -> None:
    outputs = kit.deploy(EXAMPLE / "template.yaml", stack="orders")
    table = kit.client("dynamodb")
    for number in range(30):
        item = {"order_id": {"S": f"o{number}"}, "product": {"S": "tent"}, "quantity": {"N": "2"}}
        table.put_item(TableName=outputs["TableName"], Item=item)
    table.delete_item(TableName=outputs["TableName"], Key={"order_id": {"S": "o7"}})
    hops = kit.settle()
    assert {hop["name"]: (hop["received"], hop["delivered"], hop["in_flight"]) for hop in hops} == {
        "orders-pipe": (31, 31, 0),
        "orders-delivery": (31, 31, 0),
    }
    glue = kit.client("glue")
    glue.start_crawler(Name=outputs["CrawlerName"])
    while glue.get_crawler(Name=outputs["CrawlerName"])["Crawler"]["State"] != "READY":
        kit.advance(1)
    assert query(kit, "SELECT event_name, count(*) FROM orders GROUP BY 1 ORDER BY 1", outputs) == [
        ["INSERT", "30"],
        ["REMOVE", "1"],
    ]


def test_hours_pass_at_once(kit: Cloud) -> None:
    before = time.monotonic()
    started = kit.ask("GET", "status")["now_ms"]
    kit.advance(24 * 3600)
    assert kit.ask("GET", "status")["now_ms"] - started == 24 * 3600 * 1000
    assert time.monotonic() - before < 10


def test_a_template_that_is_refused_says_why(kit: Cloud, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("Resources:\n  A:\n    Type: AWS::No::Such\n")
    with pytest.raises(DeploymentFailed, match="AWS::No::Such"):
        kit.deploy(bad)


def test_each_cloud_begins_empty(kit: Cloud, tmp_path: Path) -> None:
    kit.client("kinesis").create_stream(StreamName="mine", ShardCount=1)
    with Cloud(tmp_path / "other") as other:
        assert other.client("kinesis").list_streams()["StreamNames"] == []


def test_faults_are_switched_by_name(kit: Cloud) -> None:
    kit.faults.enable("kinesis.partial", rate=0.5, seed=3)
    assert kit.faults.hits() == {"kinesis.partial": 0}
    kit.faults.disable()
    assert kit.faults.hits() == {}
    with pytest.raises(AssertionError, match="between 0 and 1"):
        kit.faults.enable("x", rate=2)
