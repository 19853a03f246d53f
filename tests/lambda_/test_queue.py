"""Events taken for later: run, run again when they fail, buried in the end, and all that across a restart."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tailrace.engine.clock import ManualClock
from tailrace.lambda_.queue import EVENTS
from tailrace.service.principal import Principal

REGION = "us-east-1"
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/runner"
# It writes down each attempt, and fails while there is a file that says so.
SOURCE = """
    import json, os
    def handler(event, context):
        with open(os.path.join(event["folder"], "attempts"), "a") as file:
            file.write(context.aws_request_id + "\\n")
        if os.path.exists(os.path.join(event["folder"], "fail")):
            raise RuntimeError("not today")
"""


class Scene:
    """One cloud with a function whose attempts can be counted."""

    def __init__(self, cloud: Any, folder: Any) -> None:
        self.cloud = cloud
        self.folder = folder
        self.root = Principal.root(ACCOUNT)

    async def ask(self, service: str, operation: str, **params: Any) -> Any:
        return await self.cloud.request(service, operation, params, self.root, region=REGION)

    async def build(self, code: bytes, **options: Any) -> None:
        service = {"Service": "lambda.amazonaws.com"}
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}]}  # fmt: skip  # noqa: E501
        await self.ask("iam", "CreateRole", RoleName="runner", AssumeRolePolicyDocument=json.dumps(trust))
        allow = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        await self.ask("iam", "PutRolePolicy", RoleName="runner", PolicyName="p", PolicyDocument=document)
        settings = {"Runtime": "python3.12", "Handler": "app.handler", "Role": ROLE, "Code": {"ZipFile": code}}
        await self.ask("lambda", "CreateFunction", FunctionName="f", **settings, **options)

    async def send(self) -> None:
        event = json.dumps({"folder": str(self.folder)}).encode()
        answer = await self.ask("lambda", "Invoke", FunctionName="f", InvocationType="Event", Payload=event)
        assert answer == {"StatusCode": 202}

    def attempts(self) -> list[str]:
        path = self.folder / "attempts"
        return path.read_text().splitlines() if path.exists() else []

    def waiting(self) -> int:
        return len(list(EVENTS.scan(self.cloud.store.begin())))

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(500):
            if condition():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"attempts {self.attempts()}, waiting {self.waiting()}")

    async def settle(self, attempts: int) -> None:
        await self.until(lambda: len(self.attempts()) == attempts)
        # The attempt is over when the next one is due later, or the event is gone.
        await self.until(lambda: self.waiting() == 0 or self.pending() == attempts)

    def pending(self) -> int:
        return sum(queued.attempts for _, queued in EVENTS.scan(self.cloud.store.begin()))


@pytest.fixture
def code(zipped: Callable[..., bytes]) -> bytes:
    return zipped({"app.py": SOURCE})


def test_an_event_is_run_once(open_cloud: Any, tmp_path: Any, code: bytes) -> None:
    async def main() -> None:
        async with open_cloud() as cloud:
            scene = Scene(cloud, tmp_path)
            await scene.build(code)
            await scene.send()
            await scene.settle(1)
            await scene.until(lambda: scene.waiting() == 0)
            cloud.clock.advance(3600)
            await asyncio.sleep(0.05)
            assert len(scene.attempts()) == 1

    asyncio.run(main())


def test_a_failing_event_is_tried_three_times_and_buried(open_cloud: Any, tmp_path: Any, code: bytes) -> None:
    async def main() -> None:
        (tmp_path / "fail").touch()
        async with open_cloud() as cloud:
            scene = Scene(cloud, tmp_path)
            queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
            url = (await scene.ask("sqs", "CreateQueue", QueueName="dead"))["QueueUrl"]
            await scene.build(code, DeadLetterConfig={"TargetArn": queue})
            await scene.send()
            await scene.settle(1)
            cloud.clock.advance(59)
            await asyncio.sleep(0.05)
            assert len(scene.attempts()) == 1
            cloud.clock.advance(1)
            await scene.settle(2)
            cloud.clock.advance(120)
            await scene.until(lambda: scene.waiting() == 0)
            assert len(scene.attempts()) == 3 and len(set(scene.attempts())) == 1
            asked = {"QueueUrl": url, "MessageAttributeNames": ["All"]}
            message = (await scene.ask("sqs", "ReceiveMessage", **asked))["Messages"][0]
            assert json.loads(message["Body"]) == {"folder": str(tmp_path)}
            attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
            assert attributes == {
                "RequestID": scene.attempts()[0],
                "ErrorCode": "200",
                "ErrorMessage": "not today",
            }

    asyncio.run(main())


def test_an_event_outlives_the_process(open_cloud: Any, tmp_path: Any, code: bytes) -> None:
    async def main() -> None:
        (tmp_path / "fail").touch()
        clock = ManualClock()
        async with open_cloud(clock=clock) as cloud:
            scene = Scene(cloud, tmp_path)
            await scene.build(code)
            await scene.send()
            await scene.settle(1)
        (tmp_path / "fail").unlink()
        async with open_cloud(clock=clock) as cloud:
            scene = Scene(cloud, tmp_path)
            await asyncio.sleep(0.05)
            assert len(scene.attempts()) == 1
            clock.advance(60)
            await scene.until(lambda: scene.waiting() == 0)
            assert len(scene.attempts()) == 2

    asyncio.run(main())


def test_a_function_that_is_switched_off_or_gone(open_cloud: Any, tmp_path: Any, code: bytes) -> None:
    async def main() -> None:
        async with open_cloud() as cloud:
            scene = Scene(cloud, tmp_path)
            await scene.build(code)
            await scene.ask("lambda", "PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=0)
            await scene.send()
            await scene.until(lambda: scene.waiting() == 0)
            assert scene.attempts() == []
            await scene.ask("lambda", "DeleteFunctionConcurrency", FunctionName="f")
            (tmp_path / "fail").touch()
            await scene.send()
            await scene.settle(1)
            await scene.ask("lambda", "DeleteFunction", FunctionName="f")
            cloud.clock.advance(60)
            await scene.until(lambda: scene.waiting() == 0)
            assert len(scene.attempts()) == 1

    asyncio.run(main())


def test_the_credentials_are_those_of_the_role(open_cloud: Any, tmp_path: Any, zipped: Any) -> None:
    async def main() -> None:
        async with open_cloud() as cloud:
            scene = Scene(cloud, tmp_path)
            source = """
                import os
                def handler(event, context):
                    names = ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")
                    return [os.environ[f"AWS_{name}"] for name in names]
            """
            await scene.build(zipped({"app.py": source}))
            answer = await scene.ask("lambda", "Invoke", FunctionName="f")
            key, secret, token = json.loads(answer["Payload"])
            found = cloud.authorizer.credentials(cloud.store.begin(), key, cloud.clock.now())
            assert found is not None
            principal = found.principal if hasattr(found, "principal") else found[2]
            assert principal.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/runner/f@lambda_function"
            assert (secret, token) == tuple(found)[:2]

    asyncio.run(main())
