"""A group never takes more than its bound on this machine: the oldest goes first."""

from typing import Any

from tailrace.logs.writing import GROUP_BYTES_MAX
from tailrace.service.principal import Principal


def test_the_oldest_goes_first(cloud: Any) -> None:
    root = Principal.root(cloud.account)

    def ask(operation: str, **params: Any) -> Any:
        return cloud.call("logs", operation, {"logGroupName": "g", **params}, root, region="us-east-1")

    ask("CreateLogGroup")
    message = "x" * 250_000
    calls = GROUP_BYTES_MAX // (4 * 250_026) + 5
    for stream, share in (("first", calls // 2), ("second", calls - calls // 2)):
        ask("CreateLogStream", logStreamName=stream)
        for _ in range(share):
            cloud.clock.advance(1)
            event = {"timestamp": cloud.clock.now_ms(), "message": message}
            ask("PutLogEvents", logStreamName=stream, logEvents=[event] * 4)
    (described,) = cloud.call("logs", "DescribeLogGroups", {}, root, region="us-east-1")["logGroups"]
    assert described["storedBytes"] <= GROUP_BYTES_MAX
    assert [each["logStreamName"] for each in ask("DescribeLogStreams")["logStreams"]] == ["second"]
    for _ in range(calls):
        cloud.clock.advance(1)
        event = {"timestamp": cloud.clock.now_ms(), "message": message}
        ask("PutLogEvents", logStreamName="second", logEvents=[event] * 4)
    (described,) = cloud.call("logs", "DescribeLogGroups", {}, root, region="us-east-1")["logGroups"]
    assert described["storedBytes"] <= GROUP_BYTES_MAX
    newest = ask("GetLogEvents", logStreamName="second", limit=1)["events"]
    assert newest[0]["timestamp"] == cloud.clock.now_ms()
