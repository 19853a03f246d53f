"""A cloud with real Kinesis and Firehose over stand-ins for S3, Lambda and IAM, on a clock in the test's hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tailrace.engine.clock import ManualClock
from tailrace.engine.ledger import Standing
from tailrace.engine.rows import Rows
from tailrace.engine.store import Durability
from tailrace.firehose.service import SERVICE as FIREHOSE
from tailrace.kinesis.service import SERVICE as KINESIS
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.settings import Settings
from tailrace.service.call import Call
from tailrace.service.principal import Principal
from tailrace.service.service import Service
from tailrace.wire.errors import AwsError

ROLE = "arn:aws:iam::123456789012:role/delivery"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:transform:$LATEST"
BUCKET = "arn:aws:s3:::lake"
Handler = Callable[[dict[str, Any]], Any]


class StoredObject(msgspec.Struct, frozen=True, kw_only=True):
    """What the stand-in for S3 keeps of an object."""

    path: str
    params: dict[str, Any]


OBJECTS = Rows("test/objects", StoredObject)


@dataclass
class World:
    """One run of the cloud: what its stand-ins do, and what they have seen."""

    cloud: LocalCloud
    handler: Handler
    events: list[dict[str, Any]] = field(default_factory=list)
    s3_error: AwsError | None = None
    untrusted: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    logged: list[dict[str, Any]] = field(default_factory=list)
    puts: int = 0

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Carry out an operation as the account's root."""
        root = Principal.root(self.cloud.account)
        return self.cloud.call(service, operation, params, root, region="us-east-1")

    def create(self, name: str = "d", *, kinesis: str | None = None, **options: Any) -> None:
        """Create a delivery stream to S3; options are members of its ExtendedS3DestinationConfiguration."""
        destination = {
            "RoleARN": ROLE,
            "BucketARN": BUCKET,
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
            **options,
        }
        source: dict[str, Any] = {}
        if kinesis is not None:
            arn = f"arn:aws:kinesis:us-east-1:123456789012:stream/{kinesis}"
            source = {
                "DeliveryStreamType": "KinesisStreamAsSource",
                "KinesisStreamSourceConfiguration": {"KinesisStreamARN": arn, "RoleARN": ROLE},
            }
        self.call(
            "firehose",
            "CreateDeliveryStream",
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration=destination,
            **source,
        )

    def put(self, *records: bytes, name: str = "d") -> list[str]:
        """Put records directly and answer their ids."""
        batch = [{"Data": record} for record in records]
        answer = self.call("firehose", "PutRecordBatch", DeliveryStreamName=name, Records=batch)
        return [response["RecordId"] for response in answer["RequestResponses"]]

    async def put_durably(self, *records: bytes, name: str = "d") -> None:
        """Put records directly and return when they are acknowledged."""
        params = {"DeliveryStreamName": name, "Records": [{"Data": record} for record in records]}
        root = Principal.root(self.cloud.account)
        await self.cloud.request("firehose", "PutRecordBatch", params, root, region="us-east-1")

    def put_kinesis(self, stream: str, *records: tuple[str, bytes]) -> list[dict[str, Any]]:
        """Put (partition key, data) into a Kinesis stream."""
        batch = [{"PartitionKey": key, "Data": data} for key, data in records]
        return list(self.call("kinesis", "PutRecords", StreamName=stream, Records=batch)["Records"])

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """Answer the objects in the bucket by key."""
        rows = OBJECTS.scan(self.cloud.store.begin(), f"lake/{prefix}")
        return {key.removeprefix("lake/"): self.cloud.files.path(row.path).read_bytes() for key, row in rows}

    def standing(self, consumer_id: str = "firehose/us-east-1/d") -> Standing:
        """Answer what the ledger says of a consumer."""
        standing = self.cloud.ledger.standing(self.cloud.store.begin(), consumer_id)
        assert standing is not None
        return standing

    def in_flight(self, consumer_id: str = "firehose/us-east-1/d") -> int:
        """Answer how many records a consumer has yet to settle."""
        settled = self.standing(consumer_id).settled
        return sum(self.cloud.store.log(log_id).head - upto for log_id, upto in settled.items())

    async def advance(self, seconds: float) -> None:
        """Let everything come to rest, move the clock, and let everything come to rest again."""
        await self.rest()
        assert isinstance(self.cloud.clock, ManualClock)
        self.cloud.clock.advance(seconds)
        await self.rest()

    async def rest(self) -> None:
        """Give every task its turns."""
        for _ in range(60):
            await asyncio.sleep(0)

    async def until(self, happened: Callable[[], Any], seconds: float = 1.0) -> None:
        """Advance the clock by so much at a time until something has happened."""
        for _ in range(1000):
            if happened():
                return
            await self.advance(seconds)
        raise AssertionError("it never happened")


class Trust:
    """A stand-in for IAM: roles are trusted and may do everything, but for those a test names."""

    def __init__(self, world: World) -> None:
        self.world = world

    def assume(self, transaction: Any, role_arn: str, service: str, session: str, context: Any) -> Principal:
        assert service == "firehose.amazonaws.com"
        if role_arn in self.world.untrusted:
            raise AwsError("AccessDenied", f"firehose.amazonaws.com is not authorized to assume {role_arn}", 403)
        arn = f"arn:aws:sts::123456789012:assumed-role/delivery/{session}"
        return Principal("role", arn, "AROA:session", "123456789012", role_arn)

    def authorize(self, transaction: Any, principal: Principal, required: Any, *_: Any, **__: Any) -> None:
        for action, resource in required:
            if action in self.world.denied:
                message = f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource}"
                raise AwsError("AccessDeniedException", message)


def stand_ins(worlds: list[World]) -> list[Service]:
    """Answer services that do what the last world says."""
    s3, function, logs = Service("s3"), Service("lambda"), Service("logs")

    @s3.operation("PutObject")
    def put_object(call: Call) -> dict[str, Any]:
        world = worlds[-1]
        if world.s3_error is not None:
            raise world.s3_error
        params = dict(call.params)
        body = params.pop("Body")
        assert body.sealed
        key = f"{params['Bucket']}/{params['Key']}"
        assert OBJECTS.get(call.transaction, key) is None, "keys are never used twice"
        OBJECTS.put(call.transaction, key, StoredObject(path=body.path, params=params))
        world.puts += 1
        return {}

    @function.operation("Invoke")
    async def invoke(call: Call) -> dict[str, Any]:
        world = worlds[-1]
        event = json.loads(call.params["Payload"])
        world.events.append(event)
        answer = world.handler(event)
        if isinstance(answer, Awaitable):
            answer = await answer
        if isinstance(answer, dict) and "FunctionError" in answer:
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": json.dumps(answer["Payload"]).encode()}
        return {"StatusCode": 200, "Payload": answer if isinstance(answer, bytes) else json.dumps(answer).encode()}

    @logs.operation("PutLogEvents")
    def put_log_events(call: Call) -> dict[str, Any]:
        worlds[-1].logged.append(call.params)
        return {}

    return [s3, function, logs]


def unchanged(event: dict[str, Any]) -> dict[str, Any]:
    """A handler that gives back what it gets."""
    records = [{"recordId": each["recordId"], "result": "Ok", "data": each["data"]} for each in event["records"]]
    return {"records": records}


@pytest.fixture
def open_world(tmp_path: Path) -> Callable[..., Any]:
    """``async with open_world(handler) as world``; opened again, it goes on from what is in the directory."""
    worlds: list[World] = []
    rooms = [KINESIS, FIREHOSE, *stand_ins(worlds)]
    clocks: list[ManualClock] = []

    @asynccontextmanager
    async def opened(handler: Handler = unchanged, directory: str = "data") -> AsyncIterator[World]:
        start = clocks[-1].now() if clocks else 1_767_225_600.0
        clocks.append(ManualClock(start))
        settings = Settings(data_dir=tmp_path / directory, durability=Durability.OS, seed=len(worlds))
        cloud = LocalCloud(settings, clock=clocks[-1], rooms=rooms)
        world = World(cloud, handler)
        worlds.append(world)
        cloud.authorizer = Trust(world)
        await cloud.start()
        try:
            yield world
        finally:
            await cloud.stop()

    return opened
