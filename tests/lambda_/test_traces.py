"""What invocations leave behind: log lines written as the role, metrics; and faults that are asked for."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

REGION = "us-east-1"
ACCOUNT = "123456789012"
SOURCE = """
    import logging
    print("loading")
    def handler(event, context):
        print("one\\ntwo")
        logging.warning("three\\nfour")
        if event.get("fail"):
            raise ValueError("five")
"""
LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]


class Scene:
    """One cloud with one function."""

    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        self.root = Principal.root(ACCOUNT)

    async def ask(self, service: str, operation: str, **params: Any) -> Any:
        return await self.cloud.request(service, operation, params, self.root, region=REGION)

    async def build(self, code: bytes, actions: list[str], **options: Any) -> None:
        statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        await self.ask("iam", "CreateRole", RoleName="runner", AssumeRolePolicyDocument=trust)
        if actions:
            allow = {"Effect": "Allow", "Action": actions, "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
            await self.ask("iam", "PutRolePolicy", RoleName="runner", PolicyName="p", PolicyDocument=document)
        role = f"arn:aws:iam::{ACCOUNT}:role/runner"
        settings = {"Runtime": "python3.12", "Handler": "app.handler", "Role": role, "Code": {"ZipFile": code}}
        await self.ask("lambda", "CreateFunction", FunctionName="f", **settings, **options)

    async def invoke(self, event: Any = None) -> Any:
        answer = await self.ask("lambda", "Invoke", FunctionName="f", Payload=json.dumps(event or {}).encode())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return answer

    async def lines(self, group: str = "/aws/lambda/f") -> list[str]:
        found = await self.ask("logs", "FilterLogEvents", logGroupName=group)
        return [event["message"] for event in found["events"]]

    async def total(self, metric: str) -> float:
        now = self.cloud.clock.now()
        found = await self.ask(
            "cloudwatch",
            "GetMetricStatistics",
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": "f"}],
            StartTime=now - 3600,
            EndTime=now + 3600,
            Period=7200,
            Statistics=["Sum"],
        )
        return float(sum(each["Sum"] for each in found["Datapoints"]))


def play(open_cloud: Any, work: Callable[[Scene], Any]) -> None:
    async def main() -> None:
        async with open_cloud() as cloud:
            await work(Scene(cloud))

    asyncio.run(main())


def test_the_log_of_a_cold_and_a_warm_start(open_cloud: Any, zipped: Any) -> None:
    async def work(scene: Scene) -> None:
        await scene.build(zipped({"app.py": SOURCE}), LOGS)
        await scene.invoke()
        await scene.invoke({"fail": 1})
        lines = await scene.lines()
        assert lines[0].startswith("INIT_START Runtime Version: python:3.12.v1\tRuntime Version ARN: arn:aws:lambda:")
        assert lines[1] == "loading\n"
        assert lines[2].startswith("START RequestId: ") and lines[2].endswith(" Version: $LATEST\n")
        assert lines[3:5] == ["one\n", "two\n"]
        assert lines[5].startswith("[WARNING]\t20") and lines[5].endswith("\tthree\nfour\n")
        assert lines[6].startswith("END RequestId: ")
        assert lines[7].startswith("REPORT RequestId: ") and "\tInit Duration: " in lines[7]
        assert lines[8].startswith("START RequestId: ")
        error = '[ERROR] ValueError: five\nTraceback (most recent call last):\n\u00a0\u00a0File "/var/task/'
        assert lines[12].startswith(error)
        assert "Init Duration" not in lines[14]
        streams = (await scene.ask("logs", "DescribeLogStreams", logGroupName="/aws/lambda/f"))["logStreams"]
        assert len(streams) == 1 and streams[0]["logStreamName"].startswith("2026/01/01/[$LATEST]")

    play(open_cloud, work)


def test_a_log_in_json_and_elsewhere(open_cloud: Any, zipped: Any) -> None:
    async def work(scene: Scene) -> None:
        logging = {"LogFormat": "JSON", "LogGroup": "/mine"}
        await scene.build(zipped({"app.py": SOURCE}), LOGS, LoggingConfig=logging)
        await scene.invoke()
        lines = await scene.lines("/mine")
        kinds = [json.loads(line)["type"] for line in lines if line.startswith('{"time"')]
        assert kinds == ["platform.initStart", "platform.start", "platform.report"]
        warned = next(json.loads(line) for line in lines if '"WARNING"' in line)
        assert warned["message"] == "three\nfour"
        assert json.loads(lines[-1])["record"]["status"] == "success"

    play(open_cloud, work)


def test_a_role_that_may_not_write_loses_its_lines(open_cloud: Any, zipped: Any) -> None:
    async def work(scene: Scene) -> None:
        await scene.build(zipped({"app.py": SOURCE}), [])
        assert (await scene.invoke())["Payload"] == b"null"
        assert (await scene.ask("logs", "DescribeLogGroups"))["logGroups"] == []

    play(open_cloud, work)


def test_a_log_that_was_deleted_begins_anew(open_cloud: Any, zipped: Any) -> None:
    async def work(scene: Scene) -> None:
        await scene.build(zipped({"app.py": SOURCE}), LOGS)
        await scene.invoke()
        await scene.ask("logs", "DeleteLogGroup", logGroupName="/aws/lambda/f")
        await scene.invoke()
        await scene.invoke()
        assert any(line.startswith("REPORT") for line in await scene.lines())

    play(open_cloud, work)


def test_metrics(open_cloud: Any, zipped: Any) -> None:
    async def work(scene: Scene) -> None:
        await scene.build(zipped({"app.py": SOURCE}), [])
        for event in ({}, {"fail": 1}, {}):
            await scene.invoke(event)
        await scene.ask("lambda", "PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=0)
        with pytest.raises(AwsError):
            await scene.invoke()
        assert [await scene.total(each) for each in ("Invocations", "Errors", "Throttles")] == [3, 1, 1]
        assert await scene.total("Duration") > 0

    play(open_cloud, work)


def test_faults(open_cloud: Any, zipped: Any) -> None:
    async def work(scene: Scene) -> None:
        await scene.build(zipped({"app.py": SOURCE}), [])
        faults = scene.cloud.faults
        faults.enable("lambda:error")
        answer = await scene.invoke()
        assert (answer["FunctionError"], json.loads(answer["Payload"])["errorType"]) == ("Unhandled", "InjectedFault")
        faults.disable()
        faults.enable("lambda:throttle")
        with pytest.raises(AwsError) as caught:
            await scene.invoke()
        assert caught.value.code == "TooManyRequestsException"
        faults.disable()
        faults.enable("lambda:timeout")
        waiting = asyncio.ensure_future(scene.invoke())
        await asyncio.sleep(0.01)
        scene.cloud.clock.advance(3)
        assert "Task timed out after 3.00 seconds" in json.loads((await waiting)["Payload"])["errorMessage"]
        faults.disable()
        assert (await scene.invoke())["Payload"] == b"null"

    play(open_cloud, work)
