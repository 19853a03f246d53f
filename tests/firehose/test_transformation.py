"""The Lambda processor's whole contract: gathering, order, retries, every way to fail, and the lines telling of it."""

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tailrace.wire.errors import AwsError

OpenWorld = Callable[..., Any]
Event = dict[str, Any]
ARN = "arn:aws:lambda:us-east-1:123456789012:function:transform:$LATEST"


def processing(**parameters: str) -> dict[str, Any]:
    given = {"LambdaArn": ARN, "BufferIntervalInSeconds": "0", **parameters}
    shown = [{"ParameterName": name, "ParameterValue": value} for name, value in given.items()]
    return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": shown}]}


def data_of(record: dict[str, Any]) -> bytes:
    return base64.b64decode(record["data"])


def answered(record: dict[str, Any], result: str = "Ok", data: bytes | None = b"") -> dict[str, Any]:
    answer = {"recordId": record["recordId"], "result": result}
    return answer if data is None else {**answer, "data": base64.b64encode(data or data_of(record)).decode()}


def errors_of(world: Any) -> list[dict[str, Any]]:
    bodies = world.objects("processing-failed/").values()
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def test_the_event_of_direct_puts(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.create(ProcessingConfiguration=processing())
            await world.rest()
            ids = world.put(b"a", "ü".encode())
            await world.rest()
            [event] = world.events
            assert event.pop("invocationId")
            arrival = {"approximateArrivalTimestamp": 1_767_225_600_000}
            assert event == {
                "deliveryStreamArn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/d",
                "region": "us-east-1",
                "records": [
                    {"recordId": ids[0], **arrival, "data": "YQ=="},
                    {"recordId": ids[1], **arrival, "data": base64.b64encode("ü".encode()).decode()},
                ],
            }

    asyncio.run(main())


def test_the_event_of_a_kinesis_source(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.call("kinesis", "CreateStream", StreamName="s", ShardCount=1)
            world.create(kinesis="s", ProcessingConfiguration=processing())
            await world.rest()
            [put] = world.put_kinesis("s", ('k"\n', b"a"))
            await world.rest()
            [event] = world.events
            assert event["sourceKinesisStreamArn"] == "arn:aws:kinesis:us-east-1:123456789012:stream/s"
            assert event["records"] == [
                {
                    "recordId": put["SequenceNumber"] + "000000",
                    "approximateArrivalTimestamp": 1_767_225_600_000,
                    "data": "YQ==",
                    "kinesisRecordMetadata": {
                        "sequenceNumber": put["SequenceNumber"],
                        "subsequenceNumber": 0,
                        "partitionKey": 'k"\n',
                        "shardId": "shardId-000000000000",
                        "approximateArrivalTimestamp": 1_767_225_600_000,
                    },
                }
            ]

    asyncio.run(main())


def test_records_are_gathered_by_time_and_size(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            gather = processing(BufferIntervalInSeconds="10", BufferSizeInMBs="0.2")
            world.create(ProcessingConfiguration=gather)
            await world.rest()
            world.put(b"a")
            await world.advance(5)
            world.put(b"b")
            await world.advance(4.9)
            assert world.events == []
            await world.advance(0.2)
            assert [[data_of(each) for each in event["records"]] for event in world.events] == [[b"a", b"b"]]
            world.put(*[b"x" * 50_000] * 10)
            await world.rest()
            assert [len(event["records"]) for event in world.events[1:]] == [4, 4]
            await world.advance(10.1)
            assert [len(event["records"]) for event in world.events[1:]] == [4, 4, 2]

    asyncio.run(main())


def test_small_records_never_make_an_event_too_large(open_world: OpenWorld) -> None:
    sizes: list[int] = []

    def handler(event: Event) -> dict[str, Any]:
        sizes.append(len(json.dumps(event, separators=(",", ":"))))
        return {"records": [answered(each) for each in event["records"]]}

    async def main() -> None:
        async with open_world(handler) as world:
            world.call("kinesis", "CreateStream", StreamName="s", ShardCount=1)
            world.create(kinesis="s", ProcessingConfiguration=processing(BufferSizeInMBs="3"))
            for _ in range(40):
                world.put_kinesis("s", *[("k", b"x")] * 500)
            await world.until(lambda: sum(len(event["records"]) for event in world.events) == 20_000)
            assert max(sizes) < 6 * 2**20

    asyncio.run(main())


def test_results_are_kept_in_order_with_several_invocations_under_way(open_world: OpenWorld) -> None:
    under_way: list[int] = []
    most: list[int] = []

    async def handler(event: Event) -> dict[str, Any]:
        first = int(data_of(event["records"][0]).split(b",")[0])
        under_way.append(first)
        most.append(len(under_way))
        for _ in range(40 - 3 * (first % 10)):
            await asyncio.sleep(0)
        under_way.remove(first)
        return {"records": [answered(each) for each in reversed(event["records"])]}

    async def main() -> None:
        async with open_world(handler) as world:
            world.create(ProcessingConfiguration=processing(BufferSizeInMBs="0.2"))
            await world.rest()
            world.put(*[b"%d,".ljust(90_000, b" ") % number for number in range(30)])
            await world.until(lambda: world.in_flight() == 0)
            numbers = [
                int(each) for body in world.objects().values() for each in body.replace(b" ", b"").split(b",")[:-1]
            ]
            assert sorted(numbers) == list(range(30))
            for body in world.objects().values():
                inside = [int(each) for each in body.replace(b" ", b"").split(b",")[:-1]]
                assert inside == sorted(inside)
            assert max(most) == 5

    asyncio.run(main())


def test_each_record_has_its_own_end(open_world: OpenWorld) -> None:
    def handler(event: Event) -> dict[str, Any]:
        ok, dropped, failed, _missing, doubled, dataless, odd, cased = event["records"]
        return {
            "records": [
                answered(ok, data=b"OK"),
                answered(dropped, "Dropped", None),
                answered(failed, "ProcessingFailed"),
                answered(doubled),
                answered(doubled),
                answered(dataless, data=None),
                answered(odd, "Perhaps"),
                answered(cased, "ok"),
                {"recordId": "unknown", "result": "Ok", "data": "YQ=="},
                "no record",
            ],
            "extra": 1,
        }

    async def main() -> None:
        async with open_world(handler) as world:
            world.create(ProcessingConfiguration=processing())
            await world.rest()
            world.put(*[b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7"])
            await world.advance(61)
            bodies = {key.split("/")[0]: body for key, body in world.objects().items()}
            assert bodies["2026"] == b"OK"
            ends = {base64.b64decode(each["rawData"]): each["errorCode"] for each in errors_of(world)}
            assert ends == {
                b"2": "Lambda.ProcessingFailedStatus",
                b"3": "Lambda.MissingRecordId",
                b"4": "Lambda.DuplicatedRecordId",
                b"5": "Lambda.JsonProcessingException",
                b"6": "Lambda.JsonProcessingException",
                b"7": "Lambda.JsonProcessingException",
            }
            standing = world.standing()
            assert (standing.delivered, standing.dropped, standing.failed) == (1, 1, 6)

    asyncio.run(main())


def test_the_line_of_a_failed_record(open_world: OpenWorld) -> None:
    def handler(event: Event) -> dict[str, Any]:
        return {"records": [answered(each, "ProcessingFailed", None) for each in event["records"]]}

    async def main() -> None:
        async with open_world(handler) as world:
            world.call("kinesis", "CreateStream", StreamName="s", ShardCount=1)
            prefixes = {
                "Prefix": "orders/!{timestamp:yyyy}/",
                "ErrorOutputPrefix": "failed/!{firehose:error-output-type}/!{timestamp:HH}/",
            }
            world.create(kinesis="s", ProcessingConfiguration=processing(), **prefixes)
            await world.rest()
            [put] = world.put_kinesis("s", ("k", b"bad"))
            await world.advance(61)
            [(key, body)] = world.objects().items()
            assert key.startswith("failed/processing-failed/00/d-1-2026-01-01-00-00-00-")
            line = {
                "rawData": "YmFk",
                "errorCode": "Lambda.ProcessingFailedStatus",
                "errorMessage": "ProcessingFailed status set for record",
                "attemptsMade": 1,
                "arrivalTimestamp": 1_767_225_600_000,
                "attemptEndingTimestamp": 1_767_225_600_000,
                "lambdaARN": ARN,
                "sequenceNumber": put["SequenceNumber"],
                "subSequenceNumber": 0,
            }
            assert body == json.dumps(line, separators=(",", ":")).encode() + b"\n"

    asyncio.run(main())


@pytest.mark.parametrize("reply", [b"no json", b"[]", b'{"records": {}}', b"null", b'{"Records": []}', b""])
def test_a_malformed_reply_is_final(open_world: OpenWorld, reply: bytes) -> None:
    async def main() -> None:
        async with open_world(lambda event: reply) as world:
            world.create(ProcessingConfiguration=processing())
            await world.rest()
            world.put(b"a", b"b")
            await world.advance(61)
            assert len(world.events) == 1
            ends = [(each["errorCode"], each["attemptsMade"]) for each in errors_of(world)]
            assert ends == [("Lambda.JsonProcessingException", 1)] * 2

    asyncio.run(main())


def timed_out(event: Event) -> Any:
    message = "2026-01-01T00:00:00.000Z 1 Task timed out after 3.00 seconds"
    return {"FunctionError": True, "Payload": {"errorType": "Sandbox.Timedout", "errorMessage": message}}


def broken(event: Event) -> Any:
    return {"FunctionError": True, "Payload": {"errorType": "KeyError", "errorMessage": "'x'"}}


def refusing(code: str) -> Callable[[Event], Any]:
    def handler(event: Event) -> Any:
        raise AwsError(code, "no")

    return handler


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (timed_out, "Lambda.FunctionTimedOut"),
        (broken, "Lambda.FunctionError"),
        (refusing("TooManyRequestsException"), "Lambda.InvokeLimitExceeded"),
        (refusing("AccessDeniedException"), "Lambda.InvokeAccessDenied"),
        (refusing("ResourceNotFoundException"), "Lambda.ResourceNotFound"),
    ],
)
def test_failed_invocations_are_retried_and_then_the_batch_fails(
    open_world: OpenWorld, handler: Callable[[Event], Any], code: str
) -> None:
    async def main() -> None:
        async with open_world(handler) as world:
            logging = {"Enabled": True, "LogGroupName": "g", "LogStreamName": "l"}
            world.create(ProcessingConfiguration=processing(), CloudWatchLoggingOptions=logging)
            await world.rest()
            world.put(b"a", b"b")
            await world.until(lambda: world.in_flight() == 0)
            assert len(world.events) == 4
            assert len({event["invocationId"] for event in world.events}) == 1
            lines = errors_of(world)
            assert [(each["errorCode"], each["attemptsMade"]) for each in lines] == [(code, 4)] * 2
            assert lines[0]["attemptEndingTimestamp"] > lines[0]["arrivalTimestamp"]
            assert world.standing().failed == 2
            entry = json.loads(world.logged[0]["logEvents"][0]["message"])
            assert (entry["errorCode"], entry["processor"]) == (code, ARN)

    asyncio.run(main())


def test_an_invocation_that_fails_for_a_while_costs_nothing(open_world: OpenWorld) -> None:
    calls: list[Event] = []

    def handler(event: Event) -> Any:
        calls.append(event)
        if len(calls) < 3:
            return broken(event)
        return {"records": [answered(each) for each in event["records"]]}

    async def main() -> None:
        async with open_world(handler) as world:
            world.create(ProcessingConfiguration=processing(NumberOfRetries="2"))
            await world.rest()
            world.put(b"a")
            await world.until(lambda: world.in_flight() == 0)
            assert list(world.objects().values()) == [b"a"]

    asyncio.run(main())


def test_a_role_that_is_not_trusted_any_more_fails_the_batch(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            role = "arn:aws:iam::123456789012:role/invoker"
            world.create(ProcessingConfiguration=processing(RoleArn=role, NumberOfRetries="0"))
            await world.rest()
            world.untrusted.add(role)
            world.put(b"a")
            await world.until(lambda: world.in_flight() == 0)
            assert [each["errorCode"] for each in errors_of(world)] == ["Lambda.AssumeRoleAccessDenied"]
            assert world.events == []

    asyncio.run(main())


def test_an_invocation_of_more_than_five_minutes_timed_out(open_world: OpenWorld) -> None:
    async def handler(event: Event) -> Any:
        await asyncio.Event().wait()

    async def main() -> None:
        async with open_world(handler) as world:
            world.create(ProcessingConfiguration=processing(NumberOfRetries="1"))
            await world.rest()
            world.put(b"a")
            await world.until(lambda: world.in_flight() == 0, seconds=100)
            assert [(each["errorCode"], each["attemptsMade"]) for each in errors_of(world)] == [
                ("Lambda.FunctionTimedOut", 2)
            ]

    asyncio.run(main())


def test_a_hanging_function_does_not_hold_up_other_shards(open_world: OpenWorld) -> None:
    async def handler(event: Event) -> Any:
        if any(data_of(each) == b"hang" for each in event["records"]):
            await asyncio.Event().wait()
        return {"records": [answered(each) for each in event["records"]]}

    async def main() -> None:
        async with open_world(handler) as world:
            world.call("kinesis", "CreateStream", StreamName="s", ShardCount=2)
            world.create(kinesis="s", ProcessingConfiguration=processing())
            await world.rest()
            world.put_kinesis("s", ("a", b"hang"), ("1", b"fine"))
            await world.until(world.objects)
            assert list(world.objects().values()) == [b"fine"]
            assert world.cloud.clock.now() < 1_767_225_600 + 70
            assert world.in_flight() == 1

    asyncio.run(main())
