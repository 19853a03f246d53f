"""Event source mappings: every record of a stream reaches its function, in order, and failures end as they should."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tailrace.engine.clock import ManualClock
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

REGION, ACCOUNT = "us-east-1", "123456789012"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"
PATIENCE_S = 60
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
# It writes each event down, and does what a file says.
SOURCE = """
    import base64, json, os
    def handler(event, context):
        folder = os.environ["FOLDER"]
        with open(os.path.join(folder, "events"), "a") as file:
            file.write(json.dumps(event) + "\\n")
        bad = os.path.join(folder, "bad")
        bad = open(bad).read().split() if os.path.exists(bad) else []
        failed = [record["kinesis"]["sequenceNumber"] for record in event["Records"]
                  if "kinesis" in record and base64.b64decode(record["kinesis"]["data"]).decode() in bad]
        if failed and os.path.exists(os.path.join(folder, "report")):
            return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
        if failed:
            raise RuntimeError("bad record")
"""


class Scene:
    """One cloud with a stream, a function and a role that may read the one and run the other."""

    def __init__(self, cloud: Any, folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        self.root = Principal.root(ACCOUNT)

    async def ask(self, service: str, operation: str, **params: Any) -> Any:
        return await self.cloud.request(service, operation, params, self.root, region=REGION)

    async def build(self, code: bytes, actions: tuple[str, ...] = ("kinesis:*", "dynamodb:*", "sqs:*")) -> None:
        statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        await self.ask("iam", "CreateRole", RoleName="runner", AssumeRolePolicyDocument=trust)
        allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        await self.ask("iam", "PutRolePolicy", RoleName="runner", PolicyName="p", PolicyDocument=document)
        # As patient as the test: one that timed out because the machine is busy would be tried again.
        settings = {"Runtime": "python3.12", "Handler": "app.handler", "Code": {"ZipFile": code}, "Timeout": PATIENCE_S}
        role = f"arn:aws:iam::{ACCOUNT}:role/runner"
        variables = {"Variables": {"FOLDER": str(self.folder)}}
        await self.ask("lambda", "CreateFunction", FunctionName="f", Role=role, Environment=variables, **settings)
        await self.ask("kinesis", "CreateStream", StreamName="s", ShardCount=1)

    async def connect(self, **options: Any) -> str:
        settings = {"EventSourceArn": STREAM, "FunctionName": "f", "StartingPosition": "TRIM_HORIZON", **options}
        uuid: str = (await self.ask("lambda", "CreateEventSourceMapping", **settings))["UUID"]
        return uuid

    async def put(self, *data: str) -> None:
        records = [{"Data": each.encode(), "PartitionKey": "k"} for each in data]
        await self.ask("kinesis", "PutRecords", StreamName="s", Records=records)

    def events(self) -> list[dict[str, Any]]:
        path = self.folder / "events"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def batches(self) -> list[list[str]]:
        return [
            [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
            for event in self.events()
        ]

    def counts(self) -> tuple[int, int, int]:
        """Delivered, failed and in flight."""
        delivered = failed = waiting = 0
        for _, standing in self.cloud.ledger.standings(self.cloud.store.begin(), f"lambda/{REGION}/"):
            delivered += standing.delivered
            failed += standing.failed
            waiting += sum(self.cloud.store.log(log).head - at for log, at in standing.settled.items())
        return delivered, failed, waiting

    async def until(self, condition: Callable[[], bool], advance_s: float = 0.0) -> None:
        """Wait, and let the clock go on while no function runs: theirs is the machine's time, and it may be busy."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"batches {self.batches()}, counts {self.counts()}"
            if advance_s and not self.cloud.workers.busy:
                self.cloud.clock.advance(advance_s)
            await asyncio.sleep(0.01)


def play(open_cloud: Any, folder: Path, work: Callable[[Scene], Any], code: bytes) -> None:
    async def main() -> None:
        async with open_cloud() as cloud:
            scene = Scene(cloud, folder)
            await scene.build(code)
            await work(scene)

    asyncio.run(main())


@pytest.fixture
def code(zipped: Callable[..., bytes]) -> bytes:
    return zipped({"app.py": SOURCE})


def test_records_arrive_in_batches_and_in_order(open_cloud: Any, tmp_path: Path, code: bytes) -> None:
    async def work(scene: Scene) -> None:
        await scene.put(*"abcde")
        uuid = await scene.connect(BatchSize=2)
        await scene.until(lambda: scene.counts() == (5, 0, 0))
        assert scene.batches() == [["a", "b"], ["c", "d"], ["e"]]
        await scene.put("f")
        await scene.until(lambda: scene.counts() == (6, 0, 0))
        record = scene.events()[0]["Records"][0]
        number = record["kinesis"]["sequenceNumber"]
        assert {key: value for key, value in record.items() if key != "kinesis"} == {
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"shardId-000000000000:{number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": f"arn:aws:iam::{ACCOUNT}:role/runner",
            "awsRegion": REGION,
            "eventSourceARN": STREAM,
        }
        assert set(record["kinesis"]) == {
            "kinesisSchemaVersion",
            "partitionKey",
            "sequenceNumber",
            "data",
            "approximateArrivalTimestamp",
        }
        assert (await scene.ask("lambda", "GetEventSourceMapping", UUID=uuid))["LastProcessingResult"] == "OK"

    play(open_cloud, tmp_path, work, code)


def test_only_what_comes_from_now_on(open_cloud: Any, tmp_path: Path, code: bytes) -> None:
    async def work(scene: Scene) -> None:
        await scene.put("old")
        await scene.connect(StartingPosition="LATEST")
        await scene.put("new")
        await scene.until(lambda: scene.counts() == (1, 0, 0))
        assert scene.batches() == [["new"]]

    play(open_cloud, tmp_path, work, code)


def test_changes_of_a_table(open_cloud: Any, tmp_path: Path, code: bytes) -> None:
    async def work(scene: Scene) -> None:
        table = await scene.ask(
            "dynamodb",
            "CreateTable",
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        await scene.connect(EventSourceArn=table["TableDescription"]["LatestStreamArn"])
        await scene.ask("dynamodb", "PutItem", TableName="orders", Item={"id": {"S": "a"}})
        await scene.ask("dynamodb", "DeleteItem", TableName="orders", Key={"id": {"S": "a"}})
        await scene.until(lambda: scene.counts() == (2, 0, 0))
        records = [record for event in scene.events() for record in event["Records"]]
        assert [record["eventName"] for record in records] == ["INSERT", "REMOVE"]
        assert records[0]["dynamodb"]["NewImage"] == {"id": {"S": "a"}}
        assert (records[0]["eventSource"], records[0]["eventVersion"]) == ("aws:dynamodb", "1.1")
        assert records[0]["eventSourceARN"] == table["TableDescription"]["LatestStreamArn"]

    play(open_cloud, tmp_path, work, code)


def test_a_failing_batch_holds_up_its_shard_until_it_works(open_cloud: Any, tmp_path: Path, code: bytes) -> None:
    async def work(scene: Scene) -> None:
        (scene.folder / "bad").write_text("a")
        uuid = await scene.connect(BatchSize=1)
        await scene.put("a", "b")
        await scene.until(lambda: len(scene.events()) >= 3, advance_s=1)
        assert {tuple(batch) for batch in scene.batches()} == {("a",)}
        found = await scene.ask("lambda", "GetEventSourceMapping", UUID=uuid)
        assert found["LastProcessingResult"] == "PROBLEM: Function call failed"
        (scene.folder / "bad").unlink()
        await scene.until(lambda: scene.counts() == (2, 0, 0), advance_s=1)

    play(open_cloud, tmp_path, work, code)


def test_what_is_given_up_is_told(open_cloud: Any, tmp_path: Path, code: bytes) -> None:
    async def work(scene: Scene) -> None:
        url = (await scene.ask("sqs", "CreateQueue", QueueName="failed"))["QueueUrl"]
        (scene.folder / "bad").write_text("b")
        destination = {"OnFailure": {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:failed"}}
        await scene.put(*"abcd")
        await scene.connect(MaximumRetryAttempts=1, BisectBatchOnFunctionError=True, DestinationConfig=destination)
        await scene.until(lambda: scene.counts() == (3, 1, 0), advance_s=1)
        assert scene.batches() == [["a", "b", "c", "d"], ["a", "b"], ["a"], ["b"], ["b"], ["c", "d"]]
        (message,) = (await scene.ask("sqs", "ReceiveMessage", QueueUrl=url))["Messages"]
        letter = json.loads(message["Body"])
        number = scene.events()[3]["Records"][0]["kinesis"]["sequenceNumber"]
        assert letter["requestContext"]["functionArn"] == FUNCTION
        assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
        assert letter["requestContext"]["approximateInvokeCount"] == 2
        assert letter["responseContext"] == {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        }
        info = letter["KinesisBatchInfo"]
        assert (info["shardId"], info["startSequenceNumber"], info["endSequenceNumber"], info["batchSize"]) == (
            "shardId-000000000000",
            number,
            number,
            1,
        )

    play(open_cloud, tmp_path, work, code)


def test_functions_report_single_records(open_cloud: Any, tmp_path: Path, code: bytes) -> None:
    async def work(scene: Scene) -> None:
        (scene.folder / "bad").write_text("c")
        (scene.folder / "report").touch()
        await scene.put(*"abcd")
        await scene.connect(FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1)
        await scene.until(lambda: scene.counts()[0] == 2, advance_s=1)
        await scene.until(lambda: scene.counts() == (2, 2, 0), advance_s=1)
        assert scene.batches() == [["a", "b", "c", "d"], ["c", "d"]]

    play(open_cloud, tmp_path, work, code)


def test_records_that_are_too_old(open_cloud: Any, tmp_path: Path, code: bytes) -> None:
    async def work(scene: Scene) -> None:
        await scene.put("old")
        scene.cloud.clock.advance(120)
        await scene.put("new")
        await scene.connect(MaximumRecordAgeInSeconds=60)
        await scene.until(lambda: scene.counts() == (1, 1, 0))
        assert scene.batches() == [["new"]]

    play(open_cloud, tmp_path, work, code)


def test_off_and_on_and_a_restart(open_cloud: Any, tmp_path: Path, code: bytes) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with open_cloud(clock=clock) as cloud:
            scene = Scene(cloud, tmp_path)
            await scene.build(code)
            uuid = await scene.connect()
            await scene.put("a")
            await scene.until(lambda: scene.counts() == (1, 0, 0))
            answer = await scene.ask("lambda", "UpdateEventSourceMapping", UUID=uuid, Enabled=False)
            assert answer["State"] == "Disabling"
            await asyncio.sleep(0.05)
            await scene.put("b")
            await asyncio.sleep(0.05)
            assert scene.counts() == (1, 0, 1)
            assert (await scene.ask("lambda", "GetEventSourceMapping", UUID=uuid))["State"] == "Disabled"
            await scene.ask("lambda", "UpdateEventSourceMapping", UUID=uuid, Enabled=True)
            await scene.until(lambda: scene.counts() == (2, 0, 0))
        async with open_cloud(clock=clock) as cloud:
            scene = Scene(cloud, tmp_path)
            await scene.put("c")
            await scene.until(lambda: scene.counts() == (3, 0, 0))
            assert scene.batches() == [["a"], ["b"], ["c"]]
            await scene.ask("lambda", "DeleteEventSourceMapping", UUID=uuid)
            await asyncio.sleep(0.05)
            await scene.put("d")
            await asyncio.sleep(0.05)
            assert len(scene.batches()) == 3
            with pytest.raises(AwsError):
                await scene.ask("lambda", "GetEventSourceMapping", UUID=uuid)

    asyncio.run(main())


def test_shards_that_come_later(open_cloud: Any, tmp_path: Path, code: bytes) -> None:
    async def work(scene: Scene) -> None:
        await scene.connect(BatchSize=10)
        await scene.put("a")
        await scene.until(lambda: scene.counts() == (1, 0, 0))
        await scene.ask(
            "kinesis", "UpdateShardCount", StreamName="s", TargetShardCount=2, ScalingType="UNIFORM_SCALING"
        )
        for number in range(4):
            record = {"Data": b"x", "PartitionKey": str(number)}
            await scene.ask("kinesis", "PutRecord", StreamName="s", **record)
        await scene.until(lambda: scene.counts() == (5, 0, 0), advance_s=1)

    play(open_cloud, tmp_path, work, code)


def test_a_role_that_may_not_read(open_cloud: Any, tmp_path: Path, code: bytes) -> None:
    async def main() -> None:
        async with open_cloud() as cloud:
            scene = Scene(cloud, tmp_path)
            await scene.build(code, actions=("sqs:*",))
            with pytest.raises(AwsError) as caught:
                await scene.connect()
            assert caught.value.message.startswith(f"Cannot access stream {STREAM}. Please ensure the role can perform")

    asyncio.run(main())


def test_over_the_wire(
    client: Callable[..., Any], functions: Any, make: Callable[..., str], role: str, unique: Any
) -> None:
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kinesis:*","Resource":"*"}]}'
    client("iam").put_role_policy(RoleName=role.split("/")[1], PolicyName="read", PolicyDocument=document)
    name, stream = make(), unique("stream")
    client("kinesis").create_stream(StreamName=stream, ShardCount=1)
    arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream}"
    with pytest.raises(ClientError) as caught:
        functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=name)
    assert "Member must not be null" in caught.value.response["Error"]["Message"]
    options = {"EventSourceArn": arn, "FunctionName": name, "StartingPosition": "LATEST"}
    for wrong, text in (
        ({"EventSourceArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"}, "Unrecognized event source."),
        ({"FunctionName": "nobody"}, "Function does not exist"),
        ({"EventSourceArn": f"{arn}x"}, "Stream not found: "),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, "FilterCriteria"),
        ({"ParallelizationFactor": 2}, "ParallelizationFactor"),
    ):
        with pytest.raises(ClientError) as caught:
            functions.create_event_source_mapping(**{**options, **wrong})
        assert text in caught.value.response["Error"]["Message"]
    made = functions.create_event_source_mapping(**options)
    assert (made["ResponseMetadata"]["HTTPStatusCode"], made["State"]) == (202, "Creating")
    expected = {
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "BisectBatchOnFunctionError": False,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "TumblingWindowInSeconds": 0,
        "DestinationConfig": {"OnFailure": {}},
        "FunctionResponseTypes": [],
        "LastProcessingResult": "No records processed",
        "State": "Enabled",
        "StateTransitionReason": "User action",
    }
    found = functions.get_event_source_mapping(UUID=made["UUID"])
    assert {key: found[key] for key in expected} == expected
    with pytest.raises(ClientError) as caught:
        functions.create_event_source_mapping(**options)
    assert caught.value.response["Error"]["Code"] == "ResourceConflictException"
    changed = functions.update_event_source_mapping(UUID=made["UUID"], BatchSize=7)
    assert (changed["State"], changed["BatchSize"]) == ("Updating", 7)
    listed = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert [each["UUID"] for each in listed] == [made["UUID"]]
    assert functions.list_event_source_mappings(EventSourceArn=f"{arn}x")["EventSourceMappings"] == []
    gone = functions.delete_event_source_mapping(UUID=made["UUID"])
    assert (gone["ResponseMetadata"]["HTTPStatusCode"], gone["State"]) == (202, "Deleting")
    with pytest.raises(ClientError) as caught:
        functions.get_event_source_mapping(UUID=made["UUID"])
    assert caught.value.response["Error"]["Message"] == "The resource you requested does not exist."
