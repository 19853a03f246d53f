"""The consumer of one shard: it reads, filters and delivers, and settles what became of each record with the delivery.

Target puts, dead letters, ledger counts and position are ONE transaction, so nothing is lost or doubled. What can't be
delivered stays in flight, is tried again and says why, until a limit that the pipe's owner has set gives it up.
"""

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from tailrace.engine.consumer import Consumer
from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.pipes import source as sources
from tailrace.pipes.batch import DELIVERED, FAILED, FILTERED, Group, Item, Tally
from tailrace.pipes.dead_letter import RETRIES_EXHAUSTED, TOO_OLD, iso, letter, send
from tailrace.pipes.errors import reason
from tailrace.pipes.pipe import HINDRANCES, PIPES, PRINCIPAL, Hindrance, Pipe
from tailrace.pipes.plan import Plan
from tailrace.pipes.source import ShardLog, source_of
from tailrace.pipes.target import Delivery, Failures
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

NAMESPACE = "AWS/EventBridge/Pipes"
_BATCH_BYTES_MAX = 6 * 2**20
_BACK_OFF_S = (0.25, 30.0)
_SESSION_S = 3600.0
_SOURCE_CHECK_S = 1.0
# Refused for who or what is missing, not for the records: these are no attempts.
_HINDERING = frozenset({"AccessDenied", "AccessDeniedException", "ResourceNotFoundException", "QueueDoesNotExist"})


class Ahead(msgspec.Struct, frozen=True):
    """What became of records beyond a shard's position, until those before them are settled."""

    ends: list[tuple[int, str]]


AHEAD = Rows("pipes/ahead", Ahead)  # by consumer id


class Flow(Consumer):
    """One shard's records on their way through a pipe."""

    def __init__(self, cloud: Cloud, pipe: Pipe, shard: ShardLog, drained: Callable[[], None]) -> None:
        super().__init__(cloud.store, cloud.clock, cloud.ledger, pipe.consumer_id(shard.log_id), pipe.hop)
        self.closed = shard.closed
        self._cloud = cloud
        self._shard = shard
        self._key = pipe.key
        self._uid = pipe.uid
        self._drained = drained
        self._row: bytes | None = None
        self._plan: Plan | None = None
        self._source = source_of(pipe, shard)
        self._tally = Tally(0)
        self._work: deque[Group] = deque()
        self._session: tuple[Principal, float] | None = None
        self._checked_until = 0.0
        self._back_off_s = _BACK_OFF_S[0]
        self._hindrance: str | None = None
        self._kept_ahead = False

    async def run(self) -> None:
        """Pass records on until the pipe stops or the shard ends."""
        self._row = None
        while (plan := self._current()) is not None:
            if self._work:
                await self._attempt(plan, self._work[0])
            elif not await self._poll(plan):
                break
            await asyncio.sleep(0)  # one pipe must not keep the others, and requests, from their turn

    def _current(self) -> Plan | None:
        """Answer the pipe as it is now, or None when it doesn't flow; a changed one begins at the settled position."""
        transaction = self.store.begin()
        row = transaction.get(PIPES.space, self._key.encode())
        if row != self._row or row is None:
            pipe = PIPES.get(transaction, self._key)
            self._row = row
            self._plan = Plan(pipe) if pipe is not None and pipe.uid == self._uid and pipe.flows else None
            self._work.clear()
            self._session = None
            self._checked_until = 0.0
            hindrance = HINDRANCES.get(transaction, self.id)
            self._hindrance = hindrance.text if hindrance is not None else None
            ahead = AHEAD.get(transaction, self.id)
            self._kept_ahead = ahead is not None
            self._tally = Tally(self.position(self._shard.log_id), dict(ahead.ends) if ahead else {})
        return self._plan

    async def _poll(self, plan: Plan) -> bool:
        """Read the next batch; False at the end of a closed shard, and when it is gone."""
        log, position = self.store.log(self._shard.log_id), self._tally.position
        if log.head <= position:
            if self.closed:
                self._drained()
                return False
            await log.wait(position)
            return self.store.logs.get(log.id) is log  # otherwise it was deleted, and the ledger says with what
        try:
            self._check_source(plan)
        except AwsError as error:
            await self._hinder(f"cannot read {plan.pipe.source}: {error.message}", error)
            return True
        if plan.window_s and not self.closed and log.head - position < plan.batch_size:
            await self.clock.wait_for(log.wait(position + plan.batch_size - 1), plan.window_s)
            if self._current() is not plan:
                return True
        if log.tail > position + 1:
            self._give_up_trimmed(log.tail - 1)
            return True
        items = [
            Item(entry.sequence, entry.time_ms, self._source.event(entry))
            for entry in log.read(position, plan.batch_size, _BATCH_BYTES_MAX)
            if entry.sequence not in self._tally.ends
        ]
        kept = [item for item in items if plan.keeps(self._source, item)] if plan.decodes else items
        if len(kept) < len(items):
            taken = {item.sequence for item in kept}
            self._tally.finish([item.sequence for item in items if item.sequence not in taken], FILTERED)
        if kept:
            self._work.append(Group(kept))
        else:
            self._commit(self.store.begin())
        return True

    async def _attempt(self, plan: Plan, group: Group) -> None:
        if group.condition is None and self._set_aside_old(plan, group):
            return
        transaction = self.store.begin()
        try:
            role = self._assume(plan)
            if group.condition is not None:
                self._bury(plan, group, role, transaction)
                return
            delivery = Delivery(self._cloud, transaction, role, plan.surroundings(iso(self.clock.now_ms())))
            if plan.target.waits:
                failures = await plan.target.request(delivery, group.items)
                transaction = self.store.begin()
                if self._current() is not plan:
                    return
            else:
                failures = plan.target.put(delivery, group.items)
        except AwsError as error:
            await self._refused(plan, group, error)
            return
        await self._settle_attempt(plan, group, failures, transaction)

    async def _settle_attempt(self, plan: Plan, group: Group, failures: Failures, transaction: Transaction) -> None:
        items = group.items
        done = [item for index, item in enumerate(items) if index not in failures] if failures else items
        self._tally.finish([item.sequence for item in done], DELIVERED)
        if failures:
            group.items = [items[index] for index in sorted(failures)]
        else:
            self._work.popleft()
        self._commit(transaction)
        self._meter(plan, done, len(failures))
        if not failures:
            self._back_off_s = _BACK_OFF_S[0]
            return
        why = f"{len(failures)} of {len(items)} records failed, the first with {failures[min(failures)]}"
        await self._retry(plan, group, why)

    async def _refused(self, plan: Plan, group: Group, error: AwsError) -> None:
        self._meter(plan, [], len(group.items))
        if error.code in _HINDERING or group.condition is not None:
            await self._hinder(error.message, error)
            return
        if plan.bisects and len(group.items) > 1:
            self._work.popleft()
            self._work.extendleft(reversed(group.halves()))
            self._tell(f"{error.code}: {error.message}")
            return
        await self._retry(plan, group, f"{error.code}: {error.message}")

    async def _retry(self, plan: Plan, group: Group, why: str) -> None:
        """Count an attempt; give the group up after the last, or wait a while before the next."""
        group.attempts += 1
        self._tell(why)
        if 0 <= plan.retries_max < group.attempts:
            group.condition = RETRIES_EXHAUSTED
            return
        await self._wait()

    async def _hinder(self, why: str, error: AwsError) -> None:
        self._session = None
        self._checked_until = 0.0
        self._tell(why)
        await self._wait()

    async def _wait(self) -> None:
        pause_s, self._back_off_s = self._back_off_s, min(self._back_off_s * 2, _BACK_OFF_S[1])
        await self.clock.sleep(pause_s)

    def _set_aside_old(self, plan: Plan, group: Group) -> bool:
        """Give up the records of a group that have become too old, or that the source has let go of."""
        tail = self.store.log(self._shard.log_id).tail
        limit_ms = self.clock.now_ms() - plan.age_s_max * 1000 if plan.age_s_max >= 0 else 0
        if group.items[0].time_ms >= limit_ms and group.items[0].sequence >= tail:
            return False
        old = [item for item in group.items if item.time_ms < limit_ms or item.sequence < tail]
        group.items = [item for item in group.items if item.time_ms >= limit_ms and item.sequence >= tail]
        if not group.items:
            self._work.popleft()
        self._work.appendleft(Group(old, condition=TOO_OLD))
        return True

    def _bury(self, plan: Plan, group: Group, role: Principal, transaction: Transaction) -> None:
        condition = group.condition or RETRIES_EXHAUSTED
        if plan.dead_letters is not None:
            for run in group.runs():
                records = [item.data for item in run]
                message = letter(plan.pipe, self._source, condition, records, self.clock.now_ms())
                send(self._cloud, transaction, plan.pipe, role, plan.dead_letters, message)
        why = f"{len(group.items)} records given up ({condition}): {self._hindrance or 'older than they may become'}"
        self._tally.finish([item.sequence for item in group.items], FAILED)
        self._work.popleft()
        self._commit(transaction, why)
        self._back_off_s = _BACK_OFF_S[0]

    def _give_up_trimmed(self, upto: int) -> None:
        """Account for records that the source let go of before they were read."""
        gone = [sequence for sequence in range(self._tally.position + 1, upto + 1) if sequence not in self._tally.ends]
        self._tally.finish(gone, FAILED)
        self._commit(self.store.begin(), f"{len(gone)} records expired in the source before they could be read")

    def _commit(self, transaction: Transaction, why: str | None = None) -> None:
        """Stage what is settled, beside whatever was staged before, and commit."""
        counts = self._tally.advance()
        if counts:
            self.settle(
                transaction,
                self._shard.log_id,
                self._tally.position,
                delivered=counts[DELIVERED],
                filtered=counts[FILTERED],
                failed=counts[FAILED],
            )
        if self._tally.ends:
            AHEAD.put(transaction, self.id, Ahead(list(self._tally.ends.items())))
            self._kept_ahead = True
        elif self._kept_ahead:
            AHEAD.delete(transaction, self.id)
            self._kept_ahead = False
        if self._hindrance is not None:
            HINDRANCES.delete(transaction, self.id)
            self._hindrance = None
        if why is not None:
            self.ledger.note(transaction, self.id, why)
        self.store.commit(transaction)

    def _tell(self, why: str) -> None:
        """Commit why records are kept in flight, for status and for StateReason."""
        if why == self._hindrance:
            return
        transaction = self.store.begin()
        self._hindrance = why
        HINDRANCES.put(transaction, self.id, Hindrance(reason(why)))
        self.ledger.note(transaction, self.id, why)
        self.store.commit(transaction)

    def _assume(self, plan: Plan) -> Principal:
        """Answer the role's session; like AWS's it lasts an hour, while its policies are asked at each call."""
        now = self.clock.now()
        if self._session is None or self._session[1] <= now:
            pipe = plan.pipe
            role = self._cloud.assume_role(pipe.role, PRINCIPAL, pipe.name, region=pipe.region, source_arn=pipe.arn)
            self._session = (role, now + _SESSION_S)
        return self._session[0]

    def _check_source(self, plan: Plan) -> None:
        """Raise AwsError when the role may not read the source any more; asked once a second while records come."""
        now = self.clock.now()
        if now >= self._checked_until:
            sources.logs_of(self._cloud, self.store.begin(), plan.pipe, self._assume(plan))
            self._checked_until = now + _SOURCE_CHECK_S

    def _meter(self, plan: Plan, done: list[Item], failed: int) -> None:
        pipe, count = plan.pipe, self._cloud.meter
        dimensions = {"PipeName": pipe.name}
        count(pipe.region, NAMESPACE, "Invocations", dimensions, 1)
        count(pipe.region, NAMESPACE, "EventCount", dimensions, len(done) + failed)
        count(pipe.region, NAMESPACE, "EventSize", dimensions, sum([len(item.data) for item in done]), "Bytes")
        count(pipe.region, NAMESPACE, "ExecutionFailed", dimensions, int(failed > 0 and not done))
        count(pipe.region, NAMESPACE, "TargetStageFailed", dimensions, int(failed > 0 and not done))
        count(pipe.region, NAMESPACE, "TargetStagePartiallyFailed", dimensions, int(failed > 0 and bool(done)))
