"""CloudWatch Logs over the wire."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"


@pytest.fixture
def logs(client: Callable[..., Any]) -> Any:
    return client("logs")


@pytest.fixture
def group(logs: Any, unique: Callable[[str], str]) -> str:
    name = f"/test/{unique('group')}"
    logs.create_log_group(logGroupName=name)
    return name


@pytest.fixture
def stream(logs: Any, group: str) -> str:
    logs.create_log_stream(logGroupName=group, logStreamName="2026/11/23/[$LATEST]abc")
    return "2026/11/23/[$LATEST]abc"


def now_ms() -> int:
    return int(time.time() * 1000)


def put(logs: Any, group: str, stream: str, messages: list[str], time_ms: int | None = None) -> int:
    time_ms = now_ms() if time_ms is None else time_ms
    events = [{"timestamp": time_ms + number, "message": message} for number, message in enumerate(messages)]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    return time_ms


def messages_of(answer: dict[str, Any]) -> list[str]:
    return [event["message"] for event in answer["events"]]


def test_groups(logs: Any, group: str) -> None:
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"
    created = found.pop("creationTime")
    assert abs(created - now_ms()) < 60_000
    assert found == {
        "logGroupName": group,
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
        "logGroupArn": arn,
    }
    with pytest.raises(ClientError) as caught:
        logs.create_log_group(logGroupName=group)
    assert caught.value.response["Error"] == {
        "Code": "ResourceAlreadyExistsException",
        "Message": "The specified log group already exists",
    }
    assert [each["logGroupName"] for each in logs.describe_log_groups(logGroupNamePattern=group[7:])["logGroups"]] == [
        group
    ]
    with pytest.raises(ClientError) as caught:
        logs.describe_log_groups(logGroupNamePattern="a", logGroupNamePrefix="b")
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    logs.delete_log_group(logGroupName=group)
    with pytest.raises(ClientError) as caught:
        logs.delete_log_group(logGroupName=group)
    assert caught.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": "The specified log group does not exist.",
    }


def test_groups_by_pages(logs: Any, group: str) -> None:
    names = [f"{group}-{number}" for number in range(5)]
    for name in names:
        logs.create_log_group(logGroupName=name)
    pages = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=f"{group}-", PaginationConfig={"PageSize": 2}
    )
    assert [[each["logGroupName"] for each in page["logGroups"]] for page in pages] == [
        names[:2],
        names[2:4],
        names[4:],
    ]


def test_retention(logs: Any, group: str, stream: str) -> None:
    put(logs, group, stream, ["old"], now_ms() - 3 * 86_400_000)
    put(logs, group, stream, ["new"])
    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 1
    assert messages_of(logs.get_log_events(logGroupName=group, logStreamName=stream)) == ["new"]
    assert messages_of(logs.filter_log_events(logGroupName=group)) == ["new"]
    with pytest.raises(ClientError) as caught:
        logs.put_retention_policy(logGroupName=group, retentionInDays=2)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]


def test_tags(logs: Any, group: str) -> None:
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"
    logs.tag_resource(resourceArn=arn, tags={"a": "b", "c": "d"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"c": "d"}
    logs.tag_log_group(logGroupName=group, tags={"e": "f"})
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"c": "d", "e": "f"}


def test_streams(logs: Any, group: str, stream: str) -> None:
    with pytest.raises(ClientError) as caught:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    assert caught.value.response["Error"]["Message"] == "The specified log stream already exists"
    logs.create_log_stream(logGroupName=group, logStreamName="other")
    time_ms = put(logs, group, "other", ["a", "b"], now_ms() - 1000)
    put(logs, group, stream, ["c"])
    by_name = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert [each["logStreamName"] for each in by_name] == [stream, "other"]
    assert (by_name[1]["firstEventTimestamp"], by_name[1]["lastEventTimestamp"]) == (time_ms, time_ms + 1)
    assert by_name[1]["arn"] == f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:log-stream:other"
    latest = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=1)
    assert [each["logStreamName"] for each in latest["logStreams"]] == [stream]
    more = logs.describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True, nextToken=latest["nextToken"]
    )
    assert [each["logStreamName"] for each in more["logStreams"]] == ["other"]
    logs.delete_log_stream(logGroupName=group, logStreamName="other")
    with pytest.raises(ClientError) as caught:
        logs.get_log_events(logGroupName=group, logStreamName="other")
    assert caught.value.response["Error"]["Message"] == "The specified log stream does not exist."


def test_events_forwards_and_backwards(logs: Any, group: str, stream: str) -> None:
    time_ms = put(logs, group, stream, [str(number) for number in range(10)])
    place = {"logGroupName": group, "logStreamName": stream}
    first = logs.get_log_events(**place, startFromHead=True, limit=4)
    assert messages_of(first) == ["0", "1", "2", "3"]
    assert first["events"][0]["timestamp"] == time_ms
    assert abs(first["events"][0]["ingestionTime"] - time_ms) < 60_000
    second = logs.get_log_events(**place, nextToken=first["nextForwardToken"], limit=4)
    assert messages_of(second) == ["4", "5", "6", "7"]
    third = logs.get_log_events(**place, nextToken=second["nextForwardToken"], limit=4)
    end = logs.get_log_events(**place, nextToken=third["nextForwardToken"], limit=4)
    assert (messages_of(third), messages_of(end)) == (["8", "9"], [])
    assert end["nextForwardToken"] == third["nextForwardToken"]
    assert messages_of(logs.get_log_events(**place, nextToken=end["nextBackwardToken"], limit=2)) == ["8", "9"]
    assert messages_of(logs.get_log_events(**place, nextToken=second["nextBackwardToken"], limit=3)) == ["1", "2", "3"]
    assert messages_of(logs.get_log_events(**place, limit=3)) == ["7", "8", "9"]
    span = {"startTime": time_ms + 2, "endTime": time_ms + 4}
    assert messages_of(logs.get_log_events(**place, **span)) == ["2", "3"]
    put(logs, group, stream, ["late"], time_ms + 20)
    assert messages_of(logs.get_log_events(**place, nextToken=end["nextForwardToken"])) == ["late"]
    with pytest.raises(ClientError) as caught:
        logs.get_log_events(**place, nextToken="bogus")
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_events_of_the_past_stand_in_the_order_of_their_times(logs: Any, group: str, stream: str) -> None:
    time_ms = put(logs, group, stream, ["second"])
    put(logs, group, stream, ["first"], time_ms - 1000)
    put(logs, group, stream, ["third"], time_ms)
    answer = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)
    assert messages_of(answer) == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", ["[ERROR] 400 Bad", "[WARN] slow", "ok 400"]),
        ("ERROR", ["[ERROR] 400 Bad"]),
        ('"ok 400"', ["ok 400"]),
        ("400 Bad", ["[ERROR] 400 Bad"]),
        ("?ERROR ?WARN", ["[ERROR] 400 Bad", "[WARN] slow"]),
        ("400 -ERROR", ["ok 400"]),
        ('-"ok 400"', ["[ERROR] 400 Bad", "[WARN] slow"]),
        ("error", []),
    ],
)
def test_filters(logs: Any, group: str, stream: str, pattern: str, found: list[str]) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="other")
    time_ms = put(logs, group, stream, ["[ERROR] 400 Bad"])
    put(logs, group, "other", ["[WARN] slow"], time_ms + 1)
    put(logs, group, stream, ["ok 400"], time_ms + 2)
    assert messages_of(logs.filter_log_events(logGroupName=group, filterPattern=pattern)) == found


def test_filtering_by_pages_streams_and_time(logs: Any, group: str, stream: str) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="other")
    time_ms = put(logs, group, stream, ["a0", "a1", "a2", "a3"])
    put(logs, group, "other", ["b0", "b1", "b2", "b3"], time_ms)
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 3})
    events = [event for page in pages for event in page["events"]]
    assert [event["message"] for event in events] == ["a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3"]
    assert len({event["eventId"] for event in events}) == 8
    only = logs.filter_log_events(
        logGroupName=group, logStreamNames=["other"], startTime=time_ms + 1, endTime=time_ms + 2
    )
    assert messages_of(only) == ["b1", "b2"]
    assert only["events"][0]["logStreamName"] == "other"
    assert messages_of(logs.filter_log_events(logGroupName=group, logStreamNamePrefix="oth", limit=1)) == ["b0"]
    for pattern in ('{ $.level = "x" }', "[a, b]", "%re%"):
        with pytest.raises(ClientError) as caught:
            logs.filter_log_events(logGroupName=group, filterPattern=pattern)
        assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_events_that_are_turned_away(logs: Any, group: str, stream: str) -> None:
    place = {"logGroupName": group, "logStreamName": stream}
    day_ms, now = 86_400_000, now_ms()
    answer = logs.put_log_events(**place, logEvents=[{"timestamp": now - 15 * day_ms, "message": "old"}])
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    events = [{"timestamp": now, "message": "now"}, {"timestamp": now + 3 * 3_600_000, "message": "new"}]
    answer = logs.put_log_events(**place, logEvents=events)
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    assert len(answer["nextSequenceToken"]) == 56
    assert messages_of(logs.get_log_events(**place)) == ["now"]


@pytest.mark.parametrize(
    ("offsets", "size", "text"),
    [
        ([5, 4], 1, "must be in chronological order"),
        ([0, 86_400_001], 1, "cannot span more than 24 hours"),
        ([0, 1, 2, 3, 4], 220_000, "Upload too large: 1100130 bytes exceeds limit of 1048576"),
    ],
)
def test_batches_that_are_refused(logs: Any, group: str, stream: str, offsets: list[int], size: int, text: str) -> None:
    start = now_ms() - 90_000_000
    events = [{"timestamp": start + offset, "message": "x" * size} for offset in offsets]
    with pytest.raises(ClientError) as caught:
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    assert text in caught.value.response["Error"]["Message"]
