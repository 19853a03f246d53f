"""What has expired goes for good within hours; what has not stays, and is counted."""

import asyncio
from typing import Any

from tailrace.service.principal import Principal

HOUR_S = 3600


def test_expired_events_go_and_others_stay(open_cloud: Any) -> None:
    async def scene() -> None:
        async with open_cloud() as cloud:
            root = Principal.root(cloud.account)

            def ask(operation: str, **params: Any) -> Any:
                return cloud.call("logs", operation, {"logGroupName": "g", **params}, root, region="us-east-1")

            def put(stream: str, text: str) -> None:
                event = {"timestamp": cloud.clock.now_ms(), "message": text}
                ask("PutLogEvents", logStreamName=stream, logEvents=[event])

            async def hours(count: int) -> None:
                for _ in range(count):
                    cloud.clock.advance(HOUR_S)
                    for _ in range(5):
                        await asyncio.sleep(0)

            await hours(0)
            ask("CreateLogGroup")
            for stream in ("old", "both", "silent"):
                ask("CreateLogStream", logStreamName=stream)
            put("old", "1")
            put("both", "12")
            await hours(20)
            put("both", "123")
            await hours(30)
            assert len(ask("DescribeLogStreams")["logStreams"]) == 3, "without a retention all is kept"
            ask("PutRetentionPolicy", retentionInDays=1)
            put("both", "1234")
            await hours(1)
            streams = {each["logStreamName"]: each for each in ask("DescribeLogStreams")["logStreams"]}
            assert streams.keys() == {"both", "silent"}, "a stream goes with its last event, one without stays"
            left = ask("GetLogEvents", logStreamName="both")["events"]
            assert [each["message"] for each in left] == ["1234"]
            assert streams["both"]["firstEventTimestamp"] == left[0]["timestamp"]
            [group] = cloud.call("logs", "DescribeLogGroups", {}, root, region="us-east-1")["logGroups"]
            assert group["storedBytes"] == 4 + 26
            put("both", "12345")
            assert len(ask("GetLogEvents", logStreamName="both")["events"]) == 2

    asyncio.run(scene())
