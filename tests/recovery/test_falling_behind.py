"""Who falls behind a stream's retention loses records, as on AWS; but the ledger says how many, at every hop."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from recovery.long_run import LongRun
from simulation.pipeline import DELIVERY, FUNCTION, PIPE, STREAM, TABLE
from tailrace.runtime.settling import Settling

HOUR_S = 3600.0


class Scene:
    """The pipeline, and roles that may do their work or not."""

    def __init__(self, run: LongRun) -> None:
        self._run = run
        self._written = 0

    def write(self, count: int) -> None:
        """Change so many items."""
        for _ in range(count):
            self._written += 1
            item = {"order_id": {"S": f"o{self._written}"}}
            self._run.call("dynamodb", "PutItem", TableName=TABLE, Item=item)

    def permit(self, *roles: str, allowed: bool = True) -> None:
        """Let roles do their work, or forbid it."""
        denied = {"Effect": "Deny", "Action": "*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
        for role in roles:
            operation = "DeleteRolePolicy" if allowed else "PutRolePolicy"
            params = {} if allowed else {"PolicyDocument": document}
            self._run.call("iam", operation, RoleName=role, PolicyName="not-now", **params)

    def reshard(self, count: int) -> None:
        """Close the shards of the Kinesis stream and open others."""
        params = {"StreamName": STREAM, "TargetShardCount": count, "ScalingType": "UNIFORM_SCALING"}
        self._run.call("kinesis", "UpdateShardCount", **params)

    async def hours(self, count: int) -> None:
        """Let time pass."""
        settling = Settling(self._run.cloud)
        for _ in range(count):
            await settling.calm()
            self._run.clock.advance(HOUR_S)
        await settling.calm()

    async def settle(self) -> None:
        """Let everything come to its end."""
        await Settling(self._run.cloud).settle()

    def counts(self, name: str) -> tuple[int, int, int]:
        """Answer what a hop's consumers have delivered, what failed, and what is in flight."""
        cloud = self._run.cloud
        standings = [each for _, each in cloud.ledger.standings(cloud.store.begin()) if each.hop.name == name]
        assert all(each.received == each.accounted for each in standings)
        waiting = sum(cloud.store.log(log_id).head - at for each in standings for log_id, at in each.settled.items())
        return sum(each.delivered for each in standings), sum(each.failed for each in standings), waiting


def play(folder: Path, work: Callable[[Scene, LongRun], Awaitable[None]]) -> None:
    async def main() -> None:
        run = LongRun(folder / "data")
        await run.begin()
        await work(Scene(run), run)
        await run.cloud.stop()

    asyncio.run(main())


def test_records_that_expire_are_counted_as_failed_at_every_hop(tmp_path: Path) -> None:
    async def work(scene: Scene, run: LongRun) -> None:
        scene.permit("pipe-role", allowed=False)
        scene.write(7)
        await scene.hours(20)
        assert scene.counts(PIPE) == (0, 0, 7), "they are kept for a day"
        await scene.hours(6)
        scene.permit("pipe-role")
        scene.permit("delivery-role", "function-role", allowed=False)
        scene.write(3)
        await scene.hours(2)
        assert scene.counts(PIPE) == (3, 7, 0)
        assert scene.counts(DELIVERY) == scene.counts(FUNCTION) == (0, 0, 3)
        await scene.hours(30)
        scene.permit("delivery-role", "function-role")
        scene.write(2)
        await scene.settle()
        assert scene.counts(PIPE) == (5, 7, 0)
        assert scene.counts(DELIVERY) == scene.counts(FUNCTION) == (2, 3, 0)

    play(tmp_path, work)


def test_what_is_lost_with_a_shard_is_counted_as_failed(tmp_path: Path) -> None:
    async def work(scene: Scene, run: LongRun) -> None:
        scene.write(4)
        await scene.settle()
        scene.permit("delivery-role", "function-role", allowed=False)
        scene.write(5)
        await scene.hours(1)
        scene.reshard(2)
        await scene.hours(20)
        scene.write(1)
        await scene.hours(1)
        assert scene.counts(DELIVERY) == scene.counts(FUNCTION) == (4, 0, 6), (
            "what nobody has looked at is in flight too"
        )
        await scene.hours(10)
        shards = run.call("kinesis", "DescribeStream", StreamName=STREAM)["StreamDescription"]["Shards"]
        assert [shard["ShardId"][-1] for shard in shards] == ["1", "2"], "the first is gone"
        assert scene.counts(DELIVERY) == scene.counts(FUNCTION) == (4, 5, 1)
        scene.permit("delivery-role", "function-role")
        scene.write(6)
        await scene.settle()
        assert scene.counts(PIPE) == (16, 0, 0)
        assert scene.counts(DELIVERY) == scene.counts(FUNCTION) == (11, 5, 0)

    play(tmp_path, work)


def test_what_is_lost_with_a_stream_that_is_deleted_is_counted_as_failed(tmp_path: Path) -> None:
    async def work(scene: Scene, run: LongRun) -> None:
        scene.permit("delivery-role", "function-role", allowed=False)
        scene.write(5)
        await scene.hours(1)
        run.call("kinesis", "DeleteStream", StreamName=STREAM)
        await scene.hours(1)
        assert scene.counts(DELIVERY) == scene.counts(FUNCTION) == (0, 5, 0)
        scene.permit("pipe-role", allowed=False)
        scene.write(2)
        run.call("dynamodb", "DeleteTable", TableName=TABLE)
        await scene.hours(1)
        assert scene.counts(PIPE) == (5, 0, 2), "a stream outlives its table by a day"
        await scene.hours(26)
        assert scene.counts(PIPE) == (5, 2, 0)

    play(tmp_path, work)
