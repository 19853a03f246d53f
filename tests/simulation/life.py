"""One life of the cloud: it opens what the last one left, serves clients under faults, and ends: in order, or not."""

import asyncio
import logging
import random
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from simulation.client import Client
from simulation.disk import Disk, Doom
from simulation.function import HANDLERS, Function
from simulation.history import History
from simulation.pipeline import BUCKET, DELIVERY, PIPE, STREAM, Pipeline
from simulation.plan import SIMULATED, Plan
from tailrace.engine.clock import ManualClock
from tailrace.engine.errors import EngineError, StoreFull
from tailrace.engine.faults import Faults
from tailrace.engine.transaction import Transaction
from tailrace.runtime import services
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.settings import Settings
from tailrace.s3.object import OBJECTS
from tailrace.service.fault import FAULTS
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

_ROOMS = [room for room in services.load() if room.name not in ("glue", "athena", "cloudformation")]
_ENDS = 20_000  # turns of the clock until everything must have come to its end
_HORIZON_S = 20 * 3600.0


class Unsettled(AssertionError):
    """Records stay in flight although nothing is in their way any more."""


class Broken(AssertionError):
    """Something failed that no fault explains."""


class SimulatedCloud(LocalCloud):
    """A cloud whose door fails by chance, for whoever comes as a role: the hops of the pipeline."""

    def call(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        principal: Principal,
        *,
        region: str,
        transaction: Transaction | None = None,
    ) -> dict[str, Any]:
        """Carry it out, or fail."""
        if principal.kind == "role" and self.faults.strikes(f"door:{service} {operation}"):
            raise AwsError("ServiceUnavailable", "by chance", 503)
        return super().call(service, operation, params, principal, region=region, transaction=transaction)

    def assume_role(self, role_arn: str, *arguments: Any, **options: Any) -> Principal:
        """Answer a session, or refuse."""
        if self.faults.strikes("door:assume role"):
            raise AwsError("AccessDenied", f"{role_arn} may not be assumed, by chance", 403)
        return super().assume_role(role_arn, *arguments, **options)


class Complaints(logging.Handler):
    """Collects what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, unless it is of a kind that faults explain."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, EngineError):
            self.found.append(logging.Formatter().format(record))

    def hear(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take what the loop complains about."""
        if not isinstance(context.get("exception"), EngineError):
            self.found.append(str(context))


class Life:
    """One life. ``placed`` collects the keys of objects in the order of their commits, over all lives."""

    def __init__(self, plan: Plan, number: int, data: Path, clock: ManualClock, placed: list[str]) -> None:
        self.clock = clock
        self._plan = plan
        self._dice = random.Random(f"life/{plan.seed}/{number}")
        self.disk = Disk(data, data.parent / f"data{number + 1}", self._dice)
        self.disk.begin()
        self.disk.written = self._written
        self._placed = placed
        seed = self._dice.getrandbits(60)
        settings = Settings(data_dir=data, durability=plan.durability, seed=seed)
        self.cloud = SimulatedCloud(settings, clock=clock, rooms=_ROOMS)
        self.cloud.faults = Faults({**FAULTS, **SIMULATED})
        handler = HANDLERS[plan.handler]
        self.function = Function(handler, clock, self.cloud.faults, random.Random(f"function/{seed}"))
        self.cloud.workers = self.function  # type: ignore[assignment]
        self.pipeline = Pipeline(self.cloud, plan)
        self._clients: list[asyncio.Task[None]] = []
        self._failed: list[str] = []
        self.disk.watch(self.cloud)
        self._watch_room()

    async def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Start, work, and stop. Raises Broken when something failed that no fault explains."""
        complaints = Complaints()
        logger, loop = logging.getLogger("tailrace"), asyncio.get_running_loop()
        logger.addHandler(complaints)
        propagates, logger.propagate = logger.propagate, False
        loop.set_exception_handler(complaints.hear)
        try:
            with self.disk.in_use():
                await self.cloud.start()
                await work
                found = list(complaints.found)  # what fails after a death, fails after a death
                self.cloud.faults.disable()
                await self.cloud.stop()
                for client in self._clients:
                    client.cancel()
        finally:
            logger.removeHandler(complaints)
            logger.propagate = propagates
            loop.set_exception_handler(None)
        if found:
            raise Broken("\n".join(found))

    async def serve(self, history: History, doom: Doom | None, *, first: bool) -> None:
        """Let the clients write while faults strike, until the process dies, or they have written everything."""
        if first:
            await self.pipeline.create()
        plan, disk, dice = self._plan, self.disk, self._dice
        disk.power_cut = plan.power_cut
        for name, rate in plan.faults.items():
            self.cloud.faults.enable(name, rate=rate, seed=dice.getrandbits(32))
        disk.seen.clear()
        disk.doom = doom
        loop = asyncio.get_running_loop()
        clients = [Client(name, plan, self.cloud, disk, history) for name in range(plan.clients)]
        self._clients = [loop.create_task(client.run()) for client in clients]
        steps_left = dice.randrange(60)
        while not disk.dead and steps_left:
            await self._turns(dice.randrange(1, 30))
            if dice.random() < 0.4:
                await self.rest()
                self.clock.advance(dice.choice((0.001, 0.05, 0.5, 1.0, 7.0, 61.0)))
            if plan.disturbances and dice.random() < 0.04 and not disk.dead:
                self._disturb()
            for client in self._clients:
                if client.done():
                    client.result()
            if all(client.done() for client in self._clients):
                steps_left -= 1

    async def settle(self) -> None:
        """Take everything out of the way and bring every change to its end. Raises Unsettled."""
        self.cloud.faults.disable()
        for role in ("pipe-role", "delivery-role", "function-role"):
            self.pipeline.permit(role)
        if self.pipeline.call("pipes", "DescribePipe", Name=PIPE)["CurrentState"] != "RUNNING":
            self.pipeline.call("pipes", "StartPipe", Name=PIPE)
        end = self.clock.now() + _HORIZON_S
        for _ in range(_ENDS):
            await self.rest()
            if not self.in_flight():
                return
            due = self.clock.next_due()
            if due is None or due > end:
                break
            self.clock.advance_to(due)
        raise Unsettled(str(self.in_flight()))

    async def rest(self) -> None:
        """Return when nothing can move until time passes: the loop has nothing to do."""
        ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        while ready and not self.disk.dead:
            await self._turns(1)

    def in_flight(self) -> dict[str, tuple[int, str | None]]:
        """Answer how many records are in flight at each consumer that has any, and why."""
        store, found = self.cloud.store, {}
        for consumer_id, standing in self.cloud.ledger.standings(store.begin()):
            count = sum(store.log(log_id).head - settled for log_id, settled in standing.settled.items())
            if count:
                found[consumer_id] = count, standing.note
        return found

    async def _turns(self, count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0)
            self.disk.moment("turn")
            if self.disk.dead:
                return

    def _disturb(self) -> None:
        """Change something about the running pipeline, as its owner may."""
        dice, call = self._dice, self.pipeline.call
        role = dice.choice(("pipe-role", "delivery-role"))
        ways = (
            lambda: self.pipeline.permit(role, allowed=False),
            lambda: self.pipeline.permit(role),
            lambda: call("pipes", "StopPipe", Name=PIPE),
            lambda: call("pipes", "StartPipe", Name=PIPE),
            self._update_pipe,
            self._update_delivery,
            self._reshard,
        )
        try:
            dice.choice(ways)()
        except (AwsError, StoreFull):
            return  # it is stopped already, another change is on its way, or the disk is full

    def _update_pipe(self) -> None:
        size = self._dice.choice((1, 20, 500))
        described = self.pipeline.call("pipes", "DescribePipe", Name=PIPE)
        self.pipeline.call(
            "pipes",
            "UpdatePipe",
            Name=PIPE,
            RoleArn=described["RoleArn"],
            SourceParameters={"DynamoDBStreamParameters": {"BatchSize": size}},
        )

    def _update_delivery(self) -> None:
        described = self.pipeline.call("firehose", "DescribeDeliveryStream", DeliveryStreamName=DELIVERY)
        stream = described["DeliveryStreamDescription"]
        hints = {"SizeInMBs": 1, "IntervalInSeconds": self._dice.choice((0, 5, 60))}
        self.pipeline.call(
            "firehose",
            "UpdateDestination",
            DeliveryStreamName=DELIVERY,
            CurrentDeliveryStreamVersionId=stream["VersionId"],
            DestinationId=stream["Destinations"][0]["DestinationId"],
            ExtendedS3DestinationUpdate={"BufferingHints": hints},
        )

    def _reshard(self) -> None:
        count = self._dice.randrange(1, 5)
        target = {"TargetShardCount": count, "ScalingType": "UNIFORM_SCALING"}
        self.pipeline.call("kinesis", "UpdateShardCount", StreamName=STREAM, **target)

    def _watch_room(self) -> None:
        store, faults = self.cloud.store, self.cloud.faults
        check = store._check_room

        def chance(size: int) -> None:
            if faults.strikes("store:full"):
                raise StoreFull("the disk is full, by chance")
            check(size)

        store._check_room = chance  # type: ignore[method-assign]

    def _written(self, transaction: Transaction) -> None:
        prefix = OBJECTS.space.prefix + f"{BUCKET}/".encode()
        for full, value in transaction.staged.items():
            if value is not None and full.startswith(prefix):
                self._placed.append(full[len(prefix) :].decode())
