"""What becomes one delivery: an object of delivered records, one of failed ones, and the positions that they settle."""

import asyncio
from collections.abc import Callable

from tailrace.firehose.failure import error_line
from tailrace.firehose.output import Output, data_key, error_key
from tailrace.firehose.plan import Plan
from tailrace.firehose.reply import Outcome
from tailrace.firehose.stream import DeliveryStream
from tailrace.service.cloud import Cloud


class Buffer:
    """Filled by the lanes in each shard's order; due by size, or by time from its first record's arrival."""

    def __init__(self, cloud: Cloud, stream: DeliveryStream, plan: Plan, oldest_ms: Callable[[int], int]) -> None:
        self._cloud = cloud
        self._stream = stream
        self._plan = plan
        self._oldest_ms = oldest_ms
        self.data: Output | None = None
        self.errors: Output | None = None
        self.upto: dict[str, int] = {}
        self.delivered = self.dropped = self.failed = self.lost = 0
        self.began_ms = 0
        self.size = 0
        self.begun = asyncio.Event()
        self.full = asyncio.Event()
        self._kept = False

    @property
    def outputs(self) -> list[Output]:
        """The objects to put."""
        return [output for output in (self.data, self.errors) if output is not None]

    def add(self, log_id: str, upto: int, first_ms: int, outcome: Outcome) -> None:
        """Add what became of records up to a position in a log."""
        if not self.begun.is_set():
            self.began_ms = first_ms
            self.begun.set()
        if outcome.data:
            self._write(outcome.data, first_ms)
        if outcome.failures:
            self._write_failures(outcome)
        self.upto[log_id] = upto
        self.delivered += outcome.delivered
        self.dropped += outcome.dropped
        self.failed += outcome.failed
        if self.size >= self._plan.size_bytes:
            self.full.set()

    def lose(self, log_id: str, upto: int, count: int, now_ms: int) -> None:
        """Account for records that were past the retention period before they could be read."""
        self.add(log_id, upto, now_ms, Outcome([], [], failed=count))
        self.lost += count

    async def seal(self) -> None:
        """Bring the objects to disk."""
        for output in self.outputs:
            await output.seal()

    def keep(self) -> None:
        """Take note that a committed row names the objects."""
        self._kept = True

    def discard(self) -> None:
        """Remove what was written, unless it is kept: the records are read again."""
        if not self._kept:
            for output in self.outputs:
                output.discard()

    def _write(self, pieces: list[bytes], first_ms: int) -> None:
        if self.data is None:
            key = data_key(self._stream, self._plan, self._oldest_ms(first_ms), self._cloud.random)
            self.data = Output(self._cloud.files, self._plan, key, compression=self._plan.compression)
        delimiter = self._plan.delimiter
        data = delimiter.join(pieces) + delimiter
        self.data.write(data)
        self.size += len(data)

    def _write_failures(self, outcome: Outcome) -> None:
        first, _ = outcome.failures[0]
        if self.errors is None:
            key = error_key(self._stream, self._plan, first.approximate_arrival_timestamp, self._cloud.random)
            self.errors = Output(self._cloud.files, self._plan, key, compression="UNCOMPRESSED")
        transformation = self._plan.transformation
        function_arn = "" if transformation is None else transformation.function_arn
        for record, failure in outcome.failures:
            line = error_line(record, failure, function_arn)
            self.errors.write(line)
            self.size += len(line)
