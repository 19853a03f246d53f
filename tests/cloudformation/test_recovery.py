"""Deployments survive the end of the process at any moment: cut off before or after each commit, they end well."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tailrace.cloudformation import patience
from tailrace.cloudformation.progress import Progress
from tailrace.engine.clock import SystemClock
from tailrace.engine.store import Durability
from tailrace.engine.transaction import Transaction
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.settings import Settings
from tailrace.service.principal import Principal

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def template(key: str, delay: int, *, bad: bool = False, third: bool = False) -> str:
    def queue(**properties: Any) -> dict[str, Any]:
        return {"Type": "AWS::SQS::Queue", "Properties": properties}

    resources = {
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            },
        },
        "Queue": queue(DelaySeconds=delay),
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": TRUST,
                "Policies": [
                    {
                        "PolicyName": "p",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [
                                {"Effect": "Allow", "Action": "*", "Resource": {"Fn::GetAtt": ["Table", "Arn"]}}
                            ],
                        },
                    }
                ],
            },
        },
    }
    if third:
        resources["Added"] = queue()
    if bad:
        resources["Bad"] = {**queue(DelaySeconds=99_999), "DependsOn": ["Role", "Queue"]}
    outputs = {"Table": {"Value": {"Ref": "Table"}}}
    return json.dumps({"Resources": resources, "Outputs": outputs})


class Machine:
    """A cloud that can be switched off and on again over the same data."""

    def __init__(self, directory: Path) -> None:
        self._settings = Settings(data_dir=directory, durability=Durability.OS)
        self.cloud: LocalCloud

    @asynccontextmanager
    async def on(self) -> AsyncIterator["Machine"]:
        self.cloud = LocalCloud(self._settings, clock=SystemClock())
        await self.cloud.start()
        try:
            yield self
        finally:
            await self.cloud.stop()

    async def ask(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        root = Principal.root(self.cloud.account)
        return await self.cloud.request(service, operation, params, root, region="us-east-1")

    async def create(self, body: str) -> str:
        request = {"StackName": "s", "TemplateBody": body, "Capabilities": ["CAPABILITY_IAM"]}
        return str((await self.ask("cloudformation", "CreateStack", **request))["StackId"])

    async def update(self, body: str) -> dict[str, Any]:
        request = {"StackName": "s", "TemplateBody": body, "Capabilities": ["CAPABILITY_IAM"]}
        return await self.ask("cloudformation", "UpdateStack", **request)

    async def status(self, stack_id: str) -> str:
        return str((await self.ask("cloudformation", "DescribeStacks", StackName=stack_id))["Stacks"][0]["StackStatus"])

    async def rest(self, stack_id: str) -> str:
        while (status := await self.status(stack_id)).endswith("_IN_PROGRESS"):
            await asyncio.sleep(0)
        return status

    async def there(self) -> dict[str, int]:
        """Count what there is, whoever made it."""
        return {
            "tables": len((await self.ask("dynamodb", "ListTables"))["TableNames"]),
            "queues": len((await self.ask("sqs", "ListQueues")).get("QueueUrls", [])),
            "roles": len((await self.ask("iam", "ListRoles"))["Roles"]),
        }


async def created(machine: Machine, body: str) -> dict[str, Any]:
    return {"StackId": await machine.create(body)}


# what there is before, what is then asked for, how it must end, and what there must be
SCENES: dict[str, tuple[str, Callable[[Machine], Any], str, dict[str, int]]] = {
    "create": (
        "",
        lambda machine: created(machine, template("a", 1)),
        "CREATE_COMPLETE",
        {"tables": 1, "queues": 1, "roles": 1},
    ),
    "roll back a creation": (
        "",
        lambda machine: created(machine, template("a", 1, bad=True)),
        "ROLLBACK_COMPLETE",
        {"tables": 0, "queues": 0, "roles": 0},
    ),
    "update": (
        template("a", 1),
        lambda machine: machine.update(template("b", 2, third=True)),
        "UPDATE_COMPLETE",
        {"tables": 1, "queues": 2, "roles": 1},
    ),
    "roll back an update": (
        template("a", 1),
        lambda machine: machine.update(template("b", 2, third=True, bad=True)),
        "UPDATE_ROLLBACK_COMPLETE",
        {"tables": 1, "queues": 1, "roles": 1},
    ),
    "delete": (
        template("a", 1),
        lambda machine: machine.ask("cloudformation", "DeleteStack", StackName="s"),
        "DELETE_COMPLETE",
        {"tables": 0, "queues": 0, "roles": 0},
    ),
}


class Cut:
    """Ends the deployment at its n-th commit, before or after it is made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, *, before: bool) -> None:
        self.left = at
        self.happened = asyncio.Event()
        original = Progress.commit

        def commit(progress: Progress, stage: Callable[[Transaction], None]) -> None:
            self.left -= 1
            if self.left == 0 and before:
                self._die()
            original(progress, stage)
            if self.left == 0:
                self._die()

        monkeypatch.setattr(Progress, "commit", commit)

    def _die(self) -> None:
        self.happened.set()
        raise asyncio.CancelledError


async def cut_off(machine: Machine, monkeypatch: pytest.MonkeyPatch, scene: str, at: int, *, before: bool) -> bool:
    """Play a scene with a cut; answer whether it lasted long enough to be cut."""
    prepared, act, expected, there = SCENES[scene]
    async with machine.on():
        made = await machine.create(prepared) if prepared else None
        if made is not None:
            assert await machine.rest(made) == "CREATE_COMPLETE"
        with monkeypatch.context() as patch:
            patch.setattr(patience, "PATIENCE_S", 0.0)
            cut = Cut(patch, at, before=before)
            stack_id = (await act(machine)).get("StackId", made)
            while not cut.happened.is_set() and (await machine.status(stack_id)).endswith("_IN_PROGRESS"):
                await asyncio.sleep(0)
    async with machine.on():
        assert await machine.rest(stack_id) == expected, (scene, at, before)
        assert await machine.there() == there, (scene, at, before)
        if there["tables"]:
            names = (await machine.ask("dynamodb", "ListTables"))["TableNames"]
            stack = (await machine.ask("cloudformation", "DescribeStacks", StackName=stack_id))["Stacks"][0]
            assert [output["OutputValue"] for output in stack["Outputs"]] == names
    return cut.happened.is_set()


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("scene", SCENES)
def test_a_deployment_that_is_cut_off_at_any_commit_ends_well(
    scene: str, before: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = 0
    while True:
        at += 1
        machine = Machine(tmp_path / str(at))
        if not asyncio.run(cut_off(machine, monkeypatch, scene, at, before=before)):
            break
    assert at > 5
