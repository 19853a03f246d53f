"""The consumer of one shard: it hands batches to the function and settles what became of their records.

A batch that fails is tried again, as often and as long as the mapping says, and holds up its shard meanwhile. What is
given up is told to the mapping's queue in the same transaction that counts it as failed.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import orjson

from tailrace.engine.block import Entry
from tailrace.engine.consumer import Consumer
from tailrace.engine.transaction import Transaction
from tailrace.lambda_.environment import SERVICE_PRINCIPAL
from tailrace.lambda_.event_source import stream
from tailrace.lambda_.event_source.failure import AGED, EXHAUSTED, first_failed, iso, letter
from tailrace.lambda_.event_source.mapping import FAILED, FINE, MAPPINGS, Mapping
from tailrace.lambda_.event_source.stream import Records, Shard
from tailrace.lambda_.function import Configuration, Function
from tailrace.lambda_.function import find as find_function
from tailrace.lambda_.naming import read as read_name
from tailrace.lambda_.running import METRICS, Result, run
from tailrace.lambda_.versions import configuration_of
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError

_EVENT_BYTES_MAX = 6 * 2**20
_WRAPPING_BYTES = 16
_BACK_OFF_S = (0.25, 30.0)


@dataclass(slots=True)
class _Batch:
    entries: list[Entry]
    events: list[bytes]
    attempts: int = 0

    def split(self, at: int) -> "tuple[_Batch, _Batch]":
        return (
            _Batch(self.entries[:at], self.events[:at], self.attempts),
            _Batch(self.entries[at:], self.events[at:], self.attempts),
        )


class Delivery(Consumer):
    """One shard's records on their way into a function."""

    def __init__(self, cloud: Cloud, mapping: Mapping, shard: Shard, drained: Callable[[], None]) -> None:
        consumer_id = mapping.consumer_id(shard.log_id)
        super().__init__(cloud.store, cloud.clock, cloud.ledger, consumer_id, mapping.hop)
        self.closed = shard.closed
        self._cloud = cloud
        self._key = mapping.key
        self._shard = shard
        self._drained = drained
        self._work: deque[_Batch] = deque()
        self._back_off_s = _BACK_OFF_S[0]

    async def run(self) -> None:
        """Deliver until the mapping is switched off or the shard ends."""
        self._work.clear()
        while (mapping := MAPPINGS.get(self.store.begin(), self._key)) is not None and mapping.enabled:
            try:
                function, configuration = self._function(mapping)
                records = Records(mapping, self._shard, configuration.role)
                if self._work:
                    await self._attempt(mapping, function, configuration, records, self._work[0])
                elif not await self._read(mapping, configuration, records):
                    return
            except AwsError as error:
                await self._wait(f"{error.code}: {error.message}")

    def _function(self, mapping: Mapping) -> tuple[Function, Configuration]:
        transaction, reference = self.store.begin(), read_name(mapping.function, mapping.region, mapping.account)
        function = find_function(transaction, reference)
        return function, configuration_of(transaction, function, reference, self._cloud.random.random())

    async def _read(self, mapping: Mapping, configuration: Configuration, records: Records) -> bool:
        """Read the next batch; False at the end of a closed shard, and when it is gone."""
        log, position = self.store.log(self._shard.log_id), self.position(self._shard.log_id)
        if log.head <= position:
            if self.closed:
                self._drained()
                return False
            await log.wait(position)
            return self.store.logs.get(log.id) is log  # otherwise it was deleted, and the ledger says with what
        if mapping.window_s and not self.closed and log.head - position < mapping.batch_size:
            await self.clock.wait_for(log.wait(position + mapping.batch_size - 1), mapping.window_s)
        if log.tail > position + 1:
            transaction, gone = self.store.begin(), log.tail - 1 - position
            self.settle(transaction, log.id, log.tail - 1, failed=gone)
            self.ledger.note(transaction, self.id, f"{gone} records expired in the source before they could be read")
            await self.store.commit(transaction)
            return True
        self._assert_readable(mapping, configuration)
        entries = log.read(position, mapping.batch_size, _EVENT_BYTES_MAX)
        events = [records.event(entry) for entry in entries]
        size, count = _WRAPPING_BYTES, 0
        while count < len(events) and (count == 0 or size + len(events[count]) < _EVENT_BYTES_MAX):
            size += len(events[count]) + 1
            count += 1
        self._work.append(_Batch(entries[:count], events[:count]))
        return True

    def _assert_readable(self, mapping: Mapping, configuration: Configuration) -> None:
        name = read_name(mapping.function, mapping.region, mapping.account).name
        role = self._cloud.assume_role(configuration.role, SERVICE_PRINCIPAL, name, region=mapping.region)
        stream.read(self._cloud, self.store.begin(), mapping, role)

    async def _attempt(
        self, mapping: Mapping, function: Function, configuration: Configuration, records: Records, batch: _Batch
    ) -> None:
        if self._give_up_old(mapping, configuration, records, batch):
            return
        request_id = str(uuid.UUID(int=self._cloud.random.getrandbits(128), version=4))
        event = b'{"Records":[%b]}' % b",".join(batch.events)
        age_ms = self.clock.now_ms() - batch.entries[-1].time_ms
        dimensions = {"FunctionName": function.name}
        self._cloud.meter(mapping.region, METRICS, "IteratorAge", dimensions, max(age_ms, 0), "Milliseconds")
        result = await run(self._cloud, function, configuration, mapping.function, request_id, event)
        if MAPPINGS.get(self.store.begin(), self._key) is None:
            return  # deleted meanwhile
        failed_at = 0 if result.failed else self._failed_at(mapping, records, batch, result)
        if failed_at is None:
            self._finish(mapping, batch, len(batch.entries))
            self._work.popleft()
            self._back_off_s = _BACK_OFF_S[0]
            await asyncio.sleep(0)
            return
        if failed_at:
            self._finish(mapping, batch, failed_at)
            batch.entries, batch.events = batch.entries[failed_at:], batch.events[failed_at:]
        await self._failed(mapping, configuration, records, batch, result, request_id)

    def _failed_at(self, mapping: Mapping, records: Records, batch: _Batch, result: Result) -> int | None:
        if not mapping.reports_items:
            return None
        return first_failed(result.payload, [records.sequence_number(entry) for entry in batch.entries])

    async def _failed(
        self,
        mapping: Mapping,
        configuration: Configuration,
        records: Records,
        batch: _Batch,
        result: Result,
        request_id: str,
    ) -> None:
        if mapping.bisects and len(batch.entries) > 1:
            self._work.popleft()
            self._work.extendleft(reversed(batch.split((len(batch.entries) + 1) // 2)))
        else:
            batch.attempts += 1
            if 0 <= mapping.retries_max < batch.attempts:
                self._give_up(mapping, configuration, records, batch, EXHAUSTED, request_id, result)
                return
        why = result.payload[:300].decode(errors="replace") if result.failed else "batch item failures"
        self._note_result(mapping, FAILED)
        await self._wait(f"the function failed: {why}")

    def _give_up_old(self, mapping: Mapping, configuration: Configuration, records: Records, batch: _Batch) -> bool:
        """Give up what is older than the mapping or the stream keeps it; answer whether anything was."""
        oldest_ms = self.clock.now_ms() - mapping.age_s_max * 1000 if mapping.age_s_max >= 0 else 0
        tail = self.store.log(self._shard.log_id).tail
        count = sum(1 for entry in batch.entries if entry.time_ms < oldest_ms or entry.sequence < tail)
        if count == len(batch.entries):
            self._give_up(mapping, configuration, records, batch, AGED, "", None)
        elif count:
            self._work.popleft()
            self._work.extendleft(reversed(batch.split(count)))
        return count > 0

    def _give_up(
        self,
        mapping: Mapping,
        configuration: Configuration,
        records: Records,
        batch: _Batch,
        condition: str,
        request_id: str,
        result: Result | None,
    ) -> None:
        """Settle a batch as failed and tell of it. Raises AwsError when that can't be told: then it stays."""
        transaction = self.store.begin()
        self.settle(transaction, self._shard.log_id, batch.entries[-1].sequence, failed=len(batch.entries))
        if mapping.on_failure is not None:
            numbers = [records.sequence_number(entry) for entry in (batch.entries[0], batch.entries[-1])]
            times = [entry.time_ms for entry in (batch.entries[0], batch.entries[-1])]
            place = {"shardId": self._shard.shard_id, "batchSize": len(batch.entries), "streamArn": mapping.source}
            message = letter(mapping, condition, request_id, batch.attempts, result, self.clock.now_ms())
            message[records.member] = {**place, **_span(numbers, times)}
            self._send(transaction, mapping, configuration, orjson.dumps(message).decode())
        self.store.commit(transaction)
        self._work.popleft()

    def _send(self, transaction: Transaction, mapping: Mapping, configuration: Configuration, message: str) -> None:
        _, _, _, region, account, queue = (mapping.on_failure or "").split(":")
        name = read_name(mapping.function, mapping.region, mapping.account).name
        role = self._cloud.assume_role(
            configuration.role, SERVICE_PRINCIPAL, name, region=mapping.region, transaction=transaction
        )
        params = {"QueueUrl": f"{self._cloud.endpoint}/{account}/{queue}", "MessageBody": message}
        self._cloud.call("sqs", "SendMessage", params, role, region=region, transaction=transaction)

    def _finish(self, mapping: Mapping, batch: _Batch, count: int) -> None:
        transaction = self.store.begin()
        self.settle(transaction, self._shard.log_id, batch.entries[count - 1].sequence, delivered=count)
        self.store.commit(transaction)
        self._note_result(mapping, FINE)

    def _note_result(self, mapping: Mapping, result: str) -> None:
        transaction = self.store.begin()
        current = MAPPINGS.get(transaction, mapping.key)
        if current is not None and current.result != result:
            MAPPINGS.put(transaction, mapping.key, msgspec.structs.replace(current, result=result))
            self.store.commit(transaction)

    async def _wait(self, why: str) -> None:
        self.note(why)
        pause_s, self._back_off_s = self._back_off_s, min(self._back_off_s * 2, _BACK_OFF_S[1])
        await self.clock.sleep(pause_s)


def _span(numbers: list[str], times_ms: list[int]) -> dict[str, str]:
    return {
        "startSequenceNumber": numbers[0],
        "endSequenceNumber": numbers[1],
        "approximateArrivalOfFirstRecord": iso(times_ms[0]),
        "approximateArrivalOfLastRecord": iso(times_ms[1]),
    }
