"""The targets of pipes: a group of records becomes calls through the door, staged in the consumer's own transaction.

Each answers why which records failed; a call that is refused as a whole raises.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tailrace.engine.transaction import Transaction
from tailrace.pipes.batch import Item
from tailrace.pipes.path import MISSING, find, find_in_bytes
from tailrace.pipes.pipe import Pipe
from tailrace.pipes.settings import target_kind
from tailrace.pipes.template import Surroundings, Template, TemplateError
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

Entry = Any  # of a call: a dict as the service's API has it, or a pair of partition key and data for Kinesis
Failures = dict[int, str]  # index of a record in its group -> why it failed
_KEY_CHARS_MAX = 256


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt: in whose name, in which transaction, under what circumstances."""

    cloud: Cloud
    transaction: Transaction
    role: Principal
    surroundings: Surroundings


class Target:
    """Where a pipe leads. ``waits``: it can only be asked with ``request``, outside of any transaction."""

    waits = False

    def __init__(self, pipe: Pipe) -> None:
        self.arn = pipe.target
        self.region = pipe.target.split(":")[3]
        self.resource = pipe.target.split(":", 5)[5]
        text = pipe.target_parameters.get("InputTemplate")
        self.template = Template(text) if text else None

    @property
    def decodes(self) -> bool:
        """Whether records have to be decoded for it."""
        return self.template is not None

    def payload(self, item: Item, surroundings: Surroundings) -> bytes:
        """Answer what is sent for a record."""
        return item.data if self.template is None else self.template.render(item.event, surroundings)

    def put(self, delivery: Delivery, items: Sequence[Item]) -> Failures:
        """Stage records in the target. Raises AwsError when it refuses them all."""
        raise NotImplementedError

    async def request(self, delivery: Delivery, items: Sequence[Item]) -> Failures:
        """Hand records over and wait for the answer. Raises AwsError when it refuses them all."""
        raise NotImplementedError


class _BatchTarget(Target, ABC):
    """A target that takes entries in calls of a limited number and size."""

    service: str
    operation: str
    count_max: int
    bytes_max: int

    def put(self, delivery: Delivery, items: Sequence[Item]) -> Failures:
        """Stage records in the target, in as few calls as its limits allow."""
        failures: Failures = {}
        for indices, entries in self._calls(delivery.surroundings, items, failures):
            answer = delivery.cloud.call(
                self.service,
                self.operation,
                self.params(delivery.cloud, entries),
                delivery.role,
                region=self.region,
                transaction=delivery.transaction,
            )
            for at, why in self.refused(answer):
                failures[indices[at]] = why
        return failures

    @abstractmethod
    def entry(self, item: Item, data: bytes) -> tuple[Entry | str, int]:
        """Answer a record's entry and size in bytes, or why there can't be one."""

    @abstractmethod
    def params(self, cloud: Cloud, entries: list[Entry]) -> dict[str, Any]:
        """Answer the parameters of a call."""

    @abstractmethod
    def refused(self, answer: dict[str, Any]) -> Iterator[tuple[int, str]]:
        """Answer which entries of a call failed, and why."""

    def _calls(
        self, surroundings: Surroundings, items: Sequence[Item], failures: Failures
    ) -> Iterator[tuple[list[int], list[Entry]]]:
        indices: list[int] = []
        entries: list[Entry] = []
        size = 0
        template = self.template
        for index, item in enumerate(items):
            try:
                data = item.data if template is None else template.render(item.event, surroundings)
                entry, weight = self.entry(item, data)
            except ValueError as error:
                entry, weight = f"the event can't be made into an entry: {error}", 0
            if isinstance(entry, str):
                failures[index] = entry
                continue
            if entries and (len(entries) == self.count_max or size + weight > self.bytes_max):
                yield indices, entries
                indices, entries, size = [], [], 0
            indices.append(index)
            entries.append(entry)
            size += weight
        if entries:
            yield indices, entries


class KinesisTarget(_BatchTarget):
    """A Kinesis stream; the partition key is constant or found in each event."""

    service, operation, count_max, bytes_max = "kinesis", "AppendRecords", 500, 5 * 2**20

    def __init__(self, pipe: Pipe) -> None:
        super().__init__(pipe)
        self._key: str = pipe.target_parameters["KinesisStreamParameters"]["PartitionKey"]
        self._in_bytes: Callable[[bytes], Any] | None = None
        self._in_event: Callable[[Any], Any] | None = None
        if self._key.startswith("$."):
            self._in_bytes = None if self.template is not None else find_in_bytes(self._key)
            self._in_event = None if self._in_bytes is not None else find(self._key)

    @property
    def decodes(self) -> bool:
        """Whether records have to be decoded for it."""
        return self.template is not None or self._in_event is not None

    def _calls(
        self, surroundings: Surroundings, items: Sequence[Item], failures: Failures
    ) -> Iterator[tuple[list[int], list[Entry]]]:
        # The way that nearly all records go, in one loop: one call, data as they are, keys found in the bytes.
        key_of = self._in_bytes
        if key_of is not None and len(items) <= self.count_max:
            entries = [(key_of(item.data), item.data) for item in items]
            size = 0
            for key, data in entries:
                if type(key) is not str or not 1 <= len(key) <= _KEY_CHARS_MAX:
                    break
                size += len(data) + len(key)
            else:
                if size <= self.bytes_max:
                    yield list(range(len(items))), entries
                    return
        yield from super()._calls(surroundings, items, failures)

    def entry(self, item: Item, data: bytes) -> tuple[Entry | str, int]:
        """Answer a record's partition key and data."""
        if self._in_bytes is not None:
            key = self._in_bytes(item.data)
        elif self._in_event is not None:
            key = self._in_event(item.event)
        else:
            key = self._key
        if type(key) is not str:
            if key is MISSING or key is None:
                return f"the event has no value at {self._key} for the partition key", 0
            key = _json(key)
        if not 1 <= len(key) <= _KEY_CHARS_MAX:
            return f"the partition key at {self._key} has {len(key)} characters; it must have 1 to 256", 0
        return (key, data), len(data) + len(key)

    def params(self, cloud: Cloud, entries: list[Entry]) -> dict[str, Any]:
        """Answer the parameters of AppendRecords."""
        return {"StreamARN": self.arn, "Records": entries}

    def refused(self, answer: dict[str, Any]) -> Iterator[tuple[int, str]]:
        """Answer which records failed, and why."""
        if answer["FailedRecordCount"]:
            for at, record in enumerate(answer["Records"]):
                if "ErrorCode" in record:
                    yield at, f"{record['ErrorCode']}: {record['ErrorMessage']}"


class FirehoseTarget(_BatchTarget):
    """A delivery stream for direct puts."""

    service, operation, count_max, bytes_max = "firehose", "PutRecordBatch", 500, 4 * 2**20

    def entry(self, item: Item, data: bytes) -> tuple[dict[str, Any] | str, int]:
        """Answer a record."""
        return {"Data": data}, len(data)

    def params(self, cloud: Cloud, entries: list[Entry]) -> dict[str, Any]:
        """Answer the parameters of PutRecordBatch."""
        return {"DeliveryStreamName": self.resource.partition("/")[2], "Records": entries}

    def refused(self, answer: dict[str, Any]) -> Iterator[tuple[int, str]]:
        """Answer which records failed, and why."""
        if answer["FailedPutCount"]:
            for at, record in enumerate(answer["RequestResponses"]):
                if "ErrorCode" in record:
                    yield at, f"{record['ErrorCode']}: {record['ErrorMessage']}"


class QueueTarget(_BatchTarget):
    """A standard queue."""

    service, operation, count_max, bytes_max = "sqs", "SendMessageBatch", 10, 2**20

    def entry(self, item: Item, data: bytes) -> tuple[dict[str, Any] | str, int]:
        """Answer a message."""
        try:
            return {"MessageBody": data.decode()}, len(data)
        except UnicodeDecodeError:
            return "the message is not UTF-8", 0

    def params(self, cloud: Cloud, entries: list[Entry]) -> dict[str, Any]:
        """Answer the parameters of SendMessageBatch."""
        account = self.arn.split(":")[4]
        named = [{"Id": str(at), **entry} for at, entry in enumerate(entries)]
        return {"QueueUrl": f"{cloud.endpoint}/{account}/{self.resource}", "Entries": named}

    def refused(self, answer: dict[str, Any]) -> Iterator[tuple[int, str]]:
        """Answer which messages failed, and why."""
        for failed in answer.get("Failed", ()):
            yield int(failed["Id"]), f"{failed['Code']}: {failed.get('Message', '')}"


class FunctionTarget(Target):
    """A Lambda function: it gets the whole group as an array and may name the records that it could not take."""

    waits = True

    def __init__(self, pipe: Pipe) -> None:
        super().__init__(pipe)
        kind = pipe.target_parameters.get("LambdaFunctionParameters", {}).get("InvocationType", "REQUEST_RESPONSE")
        self._invocation = "Event" if kind == "FIRE_AND_FORGET" else "RequestResponse"

    async def request(self, delivery: Delivery, items: Sequence[Item]) -> Failures:
        """Invoke the function."""
        failures: Failures = {}
        payloads = []
        for index, item in enumerate(items):
            try:
                payloads.append(self.payload(item, delivery.surroundings))
            except TemplateError as error:
                failures[index] = str(error)
        if not payloads:
            return failures
        params = {
            "FunctionName": self.arn,
            "InvocationType": self._invocation,
            "Payload": b"[" + b",".join(payloads) + b"]",
        }
        answer = await delivery.cloud.request("lambda", "Invoke", params, delivery.role, region=self.region)
        if "FunctionError" in answer:
            raise AwsError(
                "FunctionError", f"{self.arn} failed ({answer['FunctionError']}): {_text(answer)[:300]}", 500
            )
        return failures if self._invocation == "Event" else failures | _named_failures(_text(answer), items)


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError as error:
        raise ValueError(str(error)) from None


def _text(answer: dict[str, Any]) -> str:
    payload = answer.get("Payload", b"")
    return bytes(payload).decode(errors="replace") if isinstance(payload, bytes | bytearray | memoryview) else ""


def _named_failures(text: str, items: Sequence[Item]) -> Failures:
    """Answer the records that a function's answer names as failed: by event id; a wrong name fails them all."""
    try:
        answer = orjson.loads(text or "null")
    except ValueError:
        return {}
    named = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not named or not isinstance(named, list):
        return {}
    places = {orjson.loads(item.data)["eventID"]: index for index, item in enumerate(items)}
    failures: Failures = {}
    for one in named:
        identifier = one.get("itemIdentifier") if isinstance(one, dict) else None
        if not isinstance(identifier, str) or identifier not in places:
            return dict.fromkeys(range(len(items)), f"the function named a record that it wasn't given: {identifier}")
        failures[places[identifier]] = "the function reported it in batchItemFailures"
    return failures


_TARGETS: dict[str, type[Target]] = {
    "kinesis": KinesisTarget,
    "firehose": FirehoseTarget,
    "sqs": QueueTarget,
    "lambda": FunctionTarget,
}


def target_of(pipe: Pipe) -> Target:
    """Answer a pipe's target."""
    return _TARGETS[target_kind(pipe.target)](pipe)
