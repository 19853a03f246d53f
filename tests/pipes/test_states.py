"""The states of pipes: validated by doing, failed with AWS's reason, conflicts where nothing can be done."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from tailrace.wire.errors import AwsError

Works = Callable[..., Any]
INVALID = "Input parameter is invalid from the request due to : "


def run(works: Works, scenario: Callable[[Any], Any]) -> None:
    async def opened() -> None:
        async with works() as here:
            await scenario(here)

    asyncio.run(opened())


def refused(operation: Callable[..., Any], *arguments: Any, **params: Any) -> tuple[str, int, str]:
    with pytest.raises(AwsError) as caught:
        operation(*arguments, **params)
    return caught.value.code, caught.value.status, caught.value.message


def test_creation_answers_creating_and_is_done(works: Works) -> None:
    async def scenario(here: Any) -> None:
        created = here.pipe(Description="d", Tags={"a": "1"})
        assert (created["DesiredState"], created["CurrentState"]) == ("RUNNING", "CREATING")
        assert created["Arn"] == here.arn("pipes", "pipe/pipe")
        told = here.describe()
        assert (told["CurrentState"], told["Description"], told["Tags"]) == ("RUNNING", "d", {"a": "1"})
        assert told["SourceParameters"] == {
            "DynamoDBStreamParameters": {
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": 100,
                "MaximumBatchingWindowInSeconds": 0,
                "MaximumRecordAgeInSeconds": -1,
                "MaximumRetryAttempts": -1,
                "ParallelizationFactor": 1,
            }
        }
        assert "StateReason" not in told

    run(works, scenario)


@pytest.mark.parametrize(
    ("actions", "dead", "reason"),
    [
        (
            ["kinesis:*"],
            False,
            "Cannot access stream {source}. Please ensure the customer role can perform actions on source stream",
        ),
        (["dynamodb:*", "kinesis:*"], True, "Error occurred while sending message to SQS queue: {dead}"),
    ],
)
def test_a_role_without_rights_makes_a_pipe_that_failed(
    works: Works, actions: list[str], dead: bool, reason: str
) -> None:
    async def scenario(here: Any) -> None:
        here.allow(actions)
        queue = here.arn("sqs", "dead")
        here.pipe(**({"DeadLetterConfig": {"Arn": queue}} if dead else {}))
        told = here.describe()
        assert told["CurrentState"] == "CREATE_FAILED"
        assert told["StateReason"].startswith(INVALID + reason.format(source=here.source, dead=queue))
        assert "is not authorized to perform" in told["StateReason"]
        assert len(told["StateReason"]) <= 512
        here.write("a")
        await here.settle()
        assert here.received() == []
        for verb in ("StartPipe", "StopPipe"):
            assert refused(here.call, "pipes", verb, Name="pipe")[:2] == ("ConflictException", 409)
        here.call("pipes", "DeletePipe", Name="pipe")
        here.allow(["dynamodb:*", "kinesis:*", "sqs:*"])
        here.pipe()
        assert here.describe()["CurrentState"] == "RUNNING"

    run(works, scenario)


def test_a_right_queue_gets_no_message_of_the_check(works: Works) -> None:
    async def scenario(here: Any) -> None:
        here.pipe(DeadLetterConfig={"Arn": here.arn("sqs", "dead")})
        assert here.describe()["CurrentState"] == "RUNNING"
        assert await here.letters() == []

    run(works, scenario)


def test_a_role_that_pipes_may_not_assume(works: Works) -> None:
    async def scenario(here: Any) -> None:
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
        here.call("iam", "UpdateAssumeRolePolicy", RoleName="pipe", PolicyDocument=json.dumps(trust))
        here.pipe()
        told = here.describe()
        assert told["CurrentState"] == "CREATE_FAILED"
        assert told["StateReason"].startswith(INVALID)

    run(works, scenario)


def test_an_update_that_fails_leaves_the_pipe_as_it_was(works: Works) -> None:
    async def scenario(here: Any) -> None:
        here.pipe()
        trust = here.call("iam", "GetRole", RoleName="pipe")["Role"]["AssumeRolePolicyDocument"]
        other = here.call("iam", "CreateRole", RoleName="other", AssumeRolePolicyDocument=unquote(trust))["Role"]["Arn"]
        answer = here.call("pipes", "UpdatePipe", Name="pipe", RoleArn=other)
        assert answer["CurrentState"] == "UPDATING"
        told = here.describe()
        assert (told["CurrentState"], told["RoleArn"]) == ("UPDATE_FAILED", here.role)
        assert "Cannot access stream" in told["StateReason"]
        here.write("a")
        assert (await here.accounted(1)).delivered == 1

    run(works, scenario)


def test_starting_without_rights_fails_until_they_are_there(works: Works) -> None:
    async def scenario(here: Any) -> None:
        here.pipe(DesiredState="STOPPED")
        here.allow(["kinesis:*"])
        assert here.call("pipes", "StartPipe", Name="pipe")["CurrentState"] == "STARTING"
        assert here.describe()["CurrentState"] == "START_FAILED"
        here.allow(["dynamodb:*", "kinesis:*"])
        here.call("pipes", "StartPipe", Name="pipe")
        assert here.describe()["CurrentState"] == "RUNNING"

    run(works, scenario)


def test_conflicts_and_what_is_not_there(works: Works) -> None:
    async def scenario(here: Any) -> None:
        for verb, more in (
            ("DescribePipe", {}),
            ("DeletePipe", {}),
            ("StartPipe", {}),
            ("StopPipe", {}),
            ("UpdatePipe", {"RoleArn": here.role}),
        ):
            assert refused(here.call, "pipes", verb, Name="none", **more) == (
                "NotFoundException",
                404,
                "Pipe none does not exist.",
            )
        here.pipe()
        assert refused(here.pipe) == ("ConflictException", 409, "Pipe pipe already exists.")
        assert refused(here.call, "pipes", "StartPipe", Name="pipe")[:2] == ("ConflictException", 409)
        here.call("pipes", "StopPipe", Name="pipe")
        assert refused(here.call, "pipes", "StopPipe", Name="pipe")[:2] == ("ConflictException", 409)

    run(works, scenario)


def test_pipes_are_listed_in_pages_and_by_what_they_are(works: Works) -> None:
    async def scenario(here: Any) -> None:
        for name in ("a1", "a2", "b1"):
            here.pipe(name, DesiredState="STOPPED" if name == "a2" else "RUNNING")
        names = lambda **asked: [pipe["Name"] for pipe in here.call("pipes", "ListPipes", **asked)["Pipes"]]  # noqa: E731
        assert names() == ["a1", "a2", "b1"]
        assert names(NamePrefix="a") == ["a1", "a2"]
        assert names(CurrentState="STOPPED") == names(DesiredState="STOPPED") == ["a2"]
        assert names(SourcePrefix=here.source, TargetPrefix="arn:aws:kinesis") == ["a1", "a2", "b1"]
        assert names(TargetPrefix="arn:aws:sqs") == []
        first = here.call("pipes", "ListPipes", Limit=2)
        assert [pipe["Name"] for pipe in first["Pipes"]] == ["a1", "a2"]
        assert names(NextToken=first["NextToken"]) == ["b1"]

    run(works, scenario)


def test_tags(works: Works) -> None:
    async def scenario(here: Any) -> None:
        arn = here.pipe(Tags={"a": "1"})["Arn"]
        here.call("pipes", "TagResource", resourceArn=arn, tags={"b": "2"})
        here.call("pipes", "UntagResource", resourceArn=arn, tagKeys=["a"])
        assert here.call("pipes", "ListTagsForResource", resourceArn=arn)["tags"] == {"b": "2"}
        assert refused(here.call, "pipes", "ListTagsForResource", resourceArn=arn + "x")[1] == 404

    run(works, scenario)
