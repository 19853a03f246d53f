"""The warm processes of all Lambda functions: one event at a time each, several for a function, bounded for all.

A request takes an idle process, else it starts one while the function has few, else it waits. Where handlers wait
themselves, or take very long, more are started up to the bound for all; beyond it, requests are throttled.
"""

import asyncio
import os
from collections import Counter, deque
from dataclasses import dataclass

from tailrace.lambda_.execution import Deployment, Invocation, Outcome, Throttled
from tailrace.runtime.execution_environment import ExecutionEnvironment, Gone, SlowStart
from tailrace.service.cloud import Cloud

_LOOK_S = 0.05
_LOOK_SOON_S = 0.005
_REAP_S = 30.0


@dataclass(slots=True)
class _Waiting:
    deployment: Deployment
    place: asyncio.Future[ExecutionEnvironment | None]
    since: float  # seconds of the event loop


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many processes there may be, and how long things may take, in seconds."""

    function_processes: int = max(2, os.cpu_count() or 1)
    processes: int = 32
    patience_s: float = 0.2  # then a function whose handlers wait gets more processes than its share
    long_s: float = 2.0  # then any function does
    wait_s: float = 10.0  # then a request is throttled
    load_s: float = 10.0  # AWS's init phase
    idle_s: float = 300.0  # of the clock
    freeze_s: float = 1.0


class Workers:
    """Run functions. Make it within the process that holds the event loop; ``close`` ends every process."""

    def __init__(self, cloud: Cloud, bounds: Bounds | None = None) -> None:
        self._clock = cloud.clock
        self._bounds = bounds or Bounds()
        self._environments: set[ExecutionEnvironment] = set()
        self._idle: dict[str, list[ExecutionEnvironment]] = {}
        self._busy: Counter[str] = Counter()
        self._running: set[ExecutionEnvironment] = set()
        self._starting = 0
        self._waiting: dict[str, deque[_Waiting]] = {}
        self._growing: asyncio.TimerHandle | None = None
        self._stale: set[ExecutionEnvironment] = set()
        self._tasks: set[asyncio.Task[Outcome]] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self._looking: asyncio.TimerHandle | None = None
        self._reaper: asyncio.Task[None] | None = None

    async def run(self, deployment: Deployment, invocation: Invocation) -> Outcome:
        """Run one event and answer what became of it; Throttled when there is no room for it.

        Who stops waiting doesn't stop the handler, as on AWS.
        """
        task = asyncio.get_running_loop().create_task(self._run(deployment, invocation))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    @property
    def busy(self) -> bool:
        """Whether an event is being handled or waits for it."""
        return bool(self._tasks)

    def discard(self, function: str) -> None:
        """End the environments of a function (an unqualified ARN): idle ones now, busy ones when they are done."""
        for environment in [each for each in self._environments if each.deployment.function == function]:
            if environment in self._running:
                self._stale.add(environment)
            else:
                self._end(environment)

    async def close(self) -> None:
        """End every process; what they were doing fails."""
        if self._reaper is not None:
            self._reaper.cancel()
        for timer in (self._looking, self._growing):
            if timer is not None:
                timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        for environment in list(self._environments):
            self._end(environment)
        pending = [*self._tasks, *self._endings]
        if pending:
            await asyncio.wait(pending)

    async def _run(self, deployment: Deployment, invocation: Invocation) -> Outcome:
        environment = await self._take(deployment)
        try:
            try:
                return await environment.run(invocation, self._bounds.load_s)
            except (SlowStart, Gone) as why:
                self._end(environment)
                environment = await self._start(deployment)
                return await environment.run(invocation, None if isinstance(why, SlowStart) else self._bounds.load_s)
        except BaseException:
            environment.kill()
            raise
        finally:
            self._leave(deployment.function)
            self._give_back(environment)

    def _done(self, task: asyncio.Task[Outcome]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever stopped waiting doesn't want it

    async def _take(self, deployment: Deployment) -> ExecutionEnvironment:
        reserved, function = deployment.reserved, deployment.function
        if reserved is not None and self._busy[function] >= reserved:
            raise Throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
        found, place = self._place(deployment, grown=False)
        if not found:
            place = await self._wait(deployment)
        if place is not None:
            return place
        try:
            return await self._start(deployment)
        except BaseException:
            self._leave(function)
            self._serve_waiting()
            raise

    def _leave(self, function: str) -> None:
        self._busy[function] -= 1
        if not self._busy[function]:
            del self._busy[function]

    def _place(self, deployment: Deployment, *, grown: bool) -> tuple[bool, ExecutionEnvironment | None]:
        """Answer whether there is a place, taken now, and its process; None when one must be started."""
        function = deployment.function
        idle = self._idle.get(deployment.key, [])
        now = self._clock.now()
        while idle:
            environment = idle.pop()
            if environment.usable and environment.start.until > now:
                self._busy[function] += 1
                self._running.add(environment)
                self._look_later(_LOOK_S)
                return True, environment
            self._end(environment)
        if self._busy[function] < (self._bounds.processes if grown else self._bounds.function_processes):
            if len(self._environments) + self._starting >= self._bounds.processes and not self._evict():
                return False, None
            self._busy[function] += 1
            return True, None
        return False, None

    async def _wait(self, deployment: Deployment) -> ExecutionEnvironment | None:
        loop = asyncio.get_running_loop()
        waiting = _Waiting(deployment, loop.create_future(), loop.time())
        self._waiting.setdefault(deployment.function, deque()).append(waiting)
        if self._growing is None:
            self._growing = loop.call_later(self._bounds.patience_s, self._grow)
        end = loop.call_later(self._bounds.wait_s, self._refuse, waiting)
        try:
            return await waiting.place
        except asyncio.CancelledError:
            if not waiting.place.cancelled() and waiting.place.exception() is None:
                self._leave(deployment.function)
                environment = waiting.place.result()
                if environment is not None:
                    self._give_back(environment)
            raise
        finally:
            end.cancel()

    def _refuse(self, waiting: _Waiting) -> None:
        if not waiting.place.done():
            waiting.place.set_exception(Throttled("ConcurrentInvocationLimitExceeded"))

    def _grow(self) -> None:
        """Let functions whose requests have waited have more processes, where that helps."""
        self._growing = None
        now = asyncio.get_running_loop().time()
        for function, queue in list(self._waiting.items()):
            waited_s = now - queue[0].since
            if waited_s >= self._bounds.long_s or (waited_s >= self._bounds.patience_s and self._some_wait(function)):
                self._serve(function, grown=True)
        if self._waiting:
            self._growing = asyncio.get_running_loop().call_later(self._bounds.patience_s, self._grow)

    def _some_wait(self, function: str) -> bool:
        running = (each for each in self._running if each.deployment.function == function)
        return any(each.waits(self._bounds.patience_s) for each in running)

    def _serve_waiting(self) -> None:
        for function in list(self._waiting):
            self._serve(function, grown=False)

    def _serve(self, function: str, *, grown: bool) -> None:
        queue = self._waiting[function]
        while queue:
            if not queue[0].place.done():
                found, place = self._place(queue[0].deployment, grown=grown)
                if not found:
                    return
                queue[0].place.set_result(place)
            queue.popleft()
        del self._waiting[function]

    async def _start(self, deployment: Deployment) -> ExecutionEnvironment:
        self._starting += 1
        try:
            environment = ExecutionEnvironment(deployment, await deployment.prepare())
        finally:
            self._starting -= 1
        self._environments.add(environment)
        self._running.add(environment)
        self._look_later(_LOOK_S)
        self._endings.add(environment.ended)
        environment.ended.add_done_callback(self._endings.discard)
        environment.ended.add_done_callback(lambda _: self._end(environment))
        if self._reaper is None or self._reaper.done():
            self._reaper = asyncio.get_running_loop().create_task(self._reap())
        return environment

    def _give_back(self, environment: ExecutionEnvironment) -> None:
        self._running.discard(environment)
        if environment in self._stale or not environment.usable:
            self._end(environment)
        else:
            environment.idle_since = self._clock.now()
            self._idle.setdefault(environment.deployment.key, []).append(environment)
            environment.rested_at = asyncio.get_running_loop().time()
        self._serve_waiting()

    def _end(self, environment: ExecutionEnvironment) -> None:
        environment.kill()
        self._environments.discard(environment)
        self._running.discard(environment)
        self._stale.discard(environment)
        key = environment.deployment.key
        idle = self._idle.get(key, [])
        if environment in idle:
            idle.remove(environment)
        if not idle:
            self._idle.pop(key, None)

    def _evict(self) -> bool:
        idle = [environment for each in self._idle.values() for environment in each]
        if not idle:
            return False
        self._end(min(idle, key=lambda environment: environment.idle_since))
        return True

    def _look_later(self, seconds: float) -> None:
        if self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        self._looking = None
        soon = [environment.look() for environment in list(self._running)]
        before = asyncio.get_running_loop().time() - self._bounds.freeze_s
        warm = [each for idle in self._idle.values() for each in idle if not each.frozen]
        for environment in warm:
            if environment.rested_at <= before:
                environment.freeze()
        if soon or warm:
            self._look_later(_LOOK_SOON_S if any(soon) else _LOOK_S)

    async def _reap(self) -> None:
        while self._environments:
            await self._clock.sleep(_REAP_S)
            before = self._clock.now() - self._bounds.idle_s
            for environment in [each for idle in self._idle.values() for each in idle]:
                if environment.idle_since <= before:
                    self._end(environment)
