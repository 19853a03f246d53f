"""Every fault strikes where AWS fails, in AWS's words; and whatever strikes, every accepted change is accounted for."""

import ast
import base64
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tailrace.service.fault import FAULTS, Fault
from tailrace.testing import Cloud, Refused

SOURCE = Path(__file__).parent.parent.parent / "src" / "tailrace"
TEMPLATE = Path(__file__).parent / "pipeline.yaml"
ONCE = Config(retries={"max_attempts": 0})
READERS_ONLY = {Fault.KINESIS_THROTTLE_READS, Fault.KINESIS_ITERATOR, Fault.DYNAMODB_ITERATOR}


@pytest.fixture(scope="module")
def outputs(kit: Cloud) -> dict[str, str]:
    """A pipeline, and beside it a delivery stream for direct puts and a table that is billed by capacity."""
    return kit.deploy(TEMPLATE, stack="faults")


@pytest.fixture(autouse=True)
def mended(kit: Cloud) -> Any:
    """No fault is on before or after a test."""
    kit.faults.disable()
    yield
    kit.faults.disable()


# The table of faults


def test_every_fault_says_what_it_does(kit: Cloud) -> None:
    assert kit.faults.known() == FAULTS
    assert set(FAULTS) == {fault.value for fault in Fault}
    assert all(does and does[0] != " " for does in FAULTS.values())


def test_places_strike_only_faults_of_the_table_and_each_has_a_place() -> None:
    struck = Counter(
        node.attr
        for path in SOURCE.rglob("*.py")
        if path.name != "fault.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Fault"
    )
    assert set(struck) == set(Fault.__members__)


def test_a_fault_that_there_is_not_is_refused_with_those_that_there_are(kit: Cloud) -> None:
    for switch in (kit.faults.enable, kit.faults.disable):
        with pytest.raises(
            Refused, match=r"there is no fault kinesis\.partial; there are duplicates, dynamodb:throttle"
        ):
            switch("kinesis.partial")
    with pytest.raises(Refused, match="rate must be a number between 0 and 1, not 2"):
        kit.faults.enable("duplicates", rate=2)
    assert kit.faults.hits() == {}


def test_the_same_seed_strikes_the_same(kit: Cloud, outputs: dict[str, str]) -> None:
    def struck(seed: int) -> list[bool]:
        kit.faults.enable("kinesis:throttle", rate=0.5, seed=seed)
        return [refusal(lambda: put_record(kit, outputs)) is not None for _ in range(30)]

    first = struck(1)
    assert first == struck(1)
    assert first != struck(2)
    assert kit.faults.hits() == {"kinesis:throttle": sum(struck(2))}


# What each one does


def refusal(call: Callable[[], Any]) -> "ClientError | None":
    try:
        call()
    except ClientError as error:
        return error
    return None


def put_record(kit: Cloud, outputs: dict[str, str]) -> Any:
    kinesis = kit.client("kinesis", config=ONCE)
    return kinesis.put_record(StreamName=outputs["SideStream"], Data=b"x", PartitionKey="k")


def get_records(kit: Cloud, outputs: dict[str, str]) -> Any:
    kinesis = kit.client("kinesis", config=ONCE)
    place = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(StreamName=outputs["SideStream"], **place)["ShardIterator"]
    return kinesis.get_records(ShardIterator=iterator)


def get_changes(kit: Cloud, outputs: dict[str, str]) -> Any:
    streams = kit.client("dynamodbstreams", config=ONCE)
    arn = outputs["TableStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    return streams.get_records(ShardIterator=streams.get_shard_iterator(**place)["ShardIterator"])


def operation(service: str, name: str, resource: str, parameter: str, **params: Any) -> Any:
    def call(kit: Cloud, outputs: dict[str, str]) -> Any:
        return getattr(kit.client(service, config=ONCE), name)(**{parameter: outputs[resource]}, **params)

    return call


def batch(table: str) -> Any:
    def call(kit: Cloud, outputs: dict[str, str]) -> Any:
        puts = [{"PutRequest": {"Item": {"id": {"S": str(number)}}}} for number in range(5)]
        return kit.client("dynamodb", config=ONCE).batch_write_item(RequestItems={outputs[table]: puts})

    return call


def batch_get(table: str) -> Any:
    def call(kit: Cloud, outputs: dict[str, str]) -> Any:
        keys = {"Keys": [{"id": {"S": str(number)}} for number in range(5)]}
        return kit.client("dynamodb", config=ONCE).batch_get_item(RequestItems={outputs[table]: keys})

    return call


KEY = {"id": {"S": "1"}}
PUT = operation("dynamodb", "put_item", "SideTable", "TableName", Item=KEY)
CONDITION = {"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": "1"}}}
RATE = r"Rate exceeded for shard shardId-000000000000 in stream \S+ under account 123456789012\."
PROVISIONED = "The level of configured provisioned throughput for the table was exceeded"
ON_DEMAND = "Throughput exceeds the current capacity of your table or index"
EXPIRED = (
    r"Iterator expired\. The iterator was created at time \w{3} \w{3} \d\d [\d:]{8} UTC \d{4} while right now it is"
)
REFUSALS: list[tuple[str, Any, int, str, str]] = [
    ("dynamodb:throttle", PUT, 400, "ThrottlingException", ON_DEMAND),
    (
        "dynamodb:throttle",
        operation("dynamodb", "put_item", "BilledTable", "TableName", Item=KEY),
        400,
        "ProvisionedThroughputExceededException",
        PROVISIONED,
    ),
    *(
        ("dynamodb:throttle", call, 400, "ThrottlingException", ON_DEMAND)
        for call in (
            operation("dynamodb", "update_item", "SideTable", "TableName", Key=KEY),
            operation("dynamodb", "delete_item", "SideTable", "TableName", Key=KEY),
            operation("dynamodb", "get_item", "SideTable", "TableName", Key=KEY),
            operation("dynamodb", "scan", "SideTable", "TableName"),
            operation("dynamodb", "query", "SideTable", "TableName", **CONDITION),
        )
    ),
    ("dynamodb:batch-partial", batch("SideTable"), 400, "ThrottlingException", ON_DEMAND),
    ("dynamodb:batch-partial", batch("BilledTable"), 400, "ProvisionedThroughputExceededException", PROVISIONED),
    ("dynamodb:batch-partial", batch_get("SideTable"), 400, "ThrottlingException", ON_DEMAND),
    ("dynamodbstreams:expired-iterator", get_changes, 400, "ExpiredIteratorException", "Iterator expired"),
    ("kinesis:throttle", put_record, 400, "ProvisionedThroughputExceededException", RATE),
    (
        "kinesis:throttle",
        operation(
            "kinesis", "put_records", "SideStream", "StreamName", Records=[{"Data": b"x", "PartitionKey": "k"}] * 3
        ),
        400,
        "ProvisionedThroughputExceededException",
        RATE,
    ),
    ("kinesis:throttle-reads", get_records, 400, "ProvisionedThroughputExceededException", RATE),
    ("kinesis:expired-iterator", get_records, 400, "ExpiredIteratorException", EXPIRED),
    (
        "firehose:throttle",
        operation("firehose", "put_record", "DirectName", "DeliveryStreamName", Record={"Data": b"{}"}),
        503,
        "ServiceUnavailableException",
        r"Slow down\.",
    ),
    (
        "lambda:throttle",
        operation("lambda", "invoke", "FunctionName", "FunctionName", Payload=b"{}"),
        429,
        "TooManyRequestsException",
        r"Rate Exceeded\.",
    ),
    (
        "s3:error",
        operation("s3", "put_object", "BucketName", "Bucket", Key="mine", Body=b"x"),
        500,
        "InternalError",
        r"We encountered an internal error\. Please try again\.",
    ),
    (
        "s3:slow-down",
        operation("s3", "get_object", "BucketName", "Bucket", Key="mine"),
        503,
        "SlowDown",
        r"Please reduce your request rate\.",
    ),
]


@pytest.mark.parametrize(
    ("name", "call", "status", "code", "text"), REFUSALS, ids=[f"{each[0]}-{at}" for at, each in enumerate(REFUSALS)]
)
def test_a_request_is_refused(
    kit: Cloud, outputs: dict[str, str], name: str, call: Any, status: int, code: str, text: str
) -> None:
    kit.faults.enable(name)
    error = refusal(lambda: call(kit, outputs))
    assert error is not None, "nothing struck"
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert error.response["Error"]["Code"] == code
    with pytest.raises(ClientError, match=text):
        raise error
    assert kit.faults.hits()[name] >= 1
    kit.faults.disable()
    if code != "SlowDown":
        assert refusal(lambda: call(kit, outputs)) is None


def test_parts_of_batches_are_left_undone(kit: Cloud, outputs: dict[str, str]) -> None:
    name, table = outputs["SideTable"], kit.client("dynamodb")
    requests = [{"PutRequest": {"Item": {"id": {"S": f"part-{number}"}}}} for number in range(25)]
    kit.faults.enable("dynamodb:batch-partial", rate=0.4, seed=5)
    left = table.batch_write_item(RequestItems={name: requests})["UnprocessedItems"][name]
    assert 0 < len(left) < 25
    keys = [request["PutRequest"]["Item"] for request in requests]
    answer = table.batch_get_item(RequestItems={name: {"Keys": keys}})
    unread = answer["UnprocessedKeys"][name]["Keys"]
    assert 0 < len(unread) < 25
    there = [key for key in keys if {"PutRequest": {"Item": key}} not in left]
    by_id = sorted(key["id"]["S"] for key in there if key not in unread)
    assert sorted(item["id"]["S"] for item in answer["Responses"][name]) == by_id
    kit.faults.disable()
    assert len(table.batch_get_item(RequestItems={name: {"Keys": keys}})["Responses"][name]) == len(there)


def test_records_of_batches_fail_by_themselves(kit: Cloud, outputs: dict[str, str]) -> None:
    kit.faults.enable("kinesis:put-records-partial", rate=0.4, seed=5)
    records = [{"Data": b"%d" % number, "PartitionKey": "k"} for number in range(30)]
    answer = kit.client("kinesis").put_records(StreamName=outputs["SideStream"], Records=records)
    failed = [record for record in answer["Records"] if "ErrorCode" in record]
    assert 0 < len(failed) == answer["FailedRecordCount"] < 30
    assert {record["ErrorCode"] for record in failed} == {"ProvisionedThroughputExceededException"}
    assert failed[0]["ErrorMessage"].startswith("Rate exceeded for shard shardId-000000000000 in stream ")
    kit.faults.enable("firehose:put-record-batch-partial", rate=0.4, seed=5)
    puts = {"DeliveryStreamName": outputs["DirectName"], "Records": [{"Data": b"{}"}] * 30}
    answer = kit.client("firehose").put_record_batch(**puts)
    failed = [record for record in answer["RequestResponses"] if "ErrorCode" in record]
    assert 0 < len(failed) == answer["FailedPutCount"] < 30
    assert {(each["ErrorCode"], each["ErrorMessage"]) for each in failed} == {
        ("ServiceUnavailableException", "Slow down.")
    }


def test_what_is_put_is_there_twice(kit: Cloud, outputs: dict[str, str]) -> None:
    with Cloud() as other:
        kinesis = other.client("kinesis")
        kinesis.create_stream(StreamName="s", ShardCount=1)
        other.faults.enable("duplicates")
        records = [{"Data": b"%d" % number, "PartitionKey": "k"} for number in range(3)]
        assert kinesis.put_records(StreamName="s", Records=records)["FailedRecordCount"] == 0
        kinesis.put_record(StreamName="s", Data=b"3", PartitionKey="k")
        read = get_records(other, {"SideStream": "s"})["Records"]
        assert [int(record["Data"]) for record in read] == [0, 1, 2, 0, 1, 2, 3, 3]
        assert len({record["SequenceNumber"] for record in read}) == 8
        assert other.faults.hits() == {"duplicates": 4}
    kit.faults.enable("duplicates")
    before = [hop["received"] for hop in kit.settle() if hop["name"] == outputs["DirectName"]]
    puts = {"DeliveryStreamName": outputs["DirectName"], "Records": [{"Data": b"{}"}] * 3}
    kit.client("firehose").put_record_batch(**puts)
    assert [hop["received"] for hop in kit.settle() if hop["name"] == outputs["DirectName"]] == [before[0] + 6]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("lambda:error", {"errorMessage": "lambda:error is switched on", "errorType": "InjectedFault"}),
        ("lambda:timeout", {"errorType": "Sandbox.Timedout"}),
    ],
)
def test_a_function_fails(kit: Cloud, outputs: dict[str, str], name: str, told: dict[str, str]) -> None:
    kit.faults.enable(name)
    started = kit.now
    with ThreadPoolExecutor(1) as beside:
        call = beside.submit(kit.client("lambda").invoke, FunctionName=outputs["FunctionName"])
        while not call.done():
            kit.advance(1)
            wait([call], 0.02)
    assert call.result()["FunctionError"] == "Unhandled"
    error = json.loads(call.result()["Payload"].read())
    assert error.items() >= told.items()
    if name == "lambda:timeout":
        assert error["errorMessage"].endswith("Error: Task timed out after 20.00 seconds")
        assert (kit.now - started).total_seconds() >= 20


# Whatever strikes


@pytest.mark.parametrize("rate", [0.1, 0.5])
@pytest.mark.parametrize("name", [fault.value for fault in Fault if fault not in READERS_ONLY])
def test_every_change_is_accounted_for(kit: Cloud, outputs: dict[str, str], name: str, rate: float) -> None:
    kit.settle()
    before, lake_before = kit.ledger(), {way: lake(kit, outputs, way) for way in ("", "-direct")}
    kit.faults.enable(name, rate=rate, seed=11)
    accepted = write(kit, outputs, f"{name}-{rate}")
    hops = kit.settle()
    struck = kit.faults.hits()[name]
    kit.faults.disable()
    for hop in hops:
        accounted = hop["delivered"] + hop["filtered"] + hop["dropped"] + hop["failed"]
        assert (hop["received"], hop["in_flight"]) == (accounted, 0), hop
    received = {hop["name"]: hop["received"] for hop in hops}
    for hop in before:
        received[hop["name"]] -= hop["received"]
    doubled = 0
    for way in ("", "-direct"):
        arrived = lake(kit, outputs, way)
        arrived.subtract(lake_before[way])
        arrived = +arrived
        assert received[f"faults{way}-pipe"] == len(accepted)
        assert set(arrived) == accepted
        assert arrived.total() == received[f"faults{way}-delivery"]
        doubled += arrived.total() - len(arrived)
    assert doubled == (struck if name == "duplicates" else 0)
    assert struck or rate < 0.5


def write(kit: Cloud, outputs: dict[str, str], name: str) -> set[str]:
    """Write items one by one and in batches, and answer the ids that were accepted."""
    table = kit.client("dynamodb", config=ONCE)
    accepted = set()
    for number in range(12):
        item = {"id": {"S": f"{name}-{number}"}}
        if refusal(lambda item=item: table.put_item(TableName=outputs["TableName"], Item=item)) is None:
            accepted.add(item["id"]["S"])
    ids = [f"{name}-{number}" for number in range(12, 72)]
    for start in range(0, len(ids), 20):
        requests = [{"PutRequest": {"Item": {"id": {"S": each}}}} for each in ids[start : start + 20]]
        try:
            answer = table.batch_write_item(RequestItems={outputs["TableName"]: requests})
        except ClientError:
            continue
        left = answer["UnprocessedItems"].get(outputs["TableName"], [])
        accepted |= {request["PutRequest"]["Item"]["id"]["S"] for request in requests if request not in left}
    return accepted


def lake(kit: Cloud, outputs: dict[str, str], way: str) -> "Counter[str]":
    """Answer how often each id came that way: as a row, or among what could not be transformed."""
    s3, found = kit.client("s3"), Counter()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=outputs["BucketName"], Prefix=f"faults{way}/"):
        for listed in page.get("Contents", ()):
            body = s3.get_object(Bucket=outputs["BucketName"], Key=listed["Key"])["Body"].read()
            for row in map(json.loads, body.splitlines()):
                change = json.loads(base64.b64decode(row["rawData"])) if "rawData" in row else row
                if change:
                    found[change["dynamodb"]["Keys"]["id"]["S"]] += 1
    return found
