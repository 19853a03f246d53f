"""SendMessage and SendMessageBatch, and who is woken by them."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import msgspec

from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call
from tailrace.sqs import digest
from tailrace.sqs.message import Message, put
from tailrace.sqs.queue import Queue, find, keep
from tailrace.wire.errors import AwsError

BATCH_MAX = 10
_ATTRIBUTES_MAX = 10
_ALLOWED = {0x9, 0xA, 0xD}
_BATCH_BYTES_MAX = 1_048_576
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_GROUP_ID = re.compile(r"[A-Za-z0-9!-/:-@[-`{-~]{1,128}")

Entry = dict[str, Any]


class Arrivals:
    """Who waits for messages, by queue: woken when one has been made durable."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def wait(self, uid: str) -> asyncio.Event:
        """Answer an event that is set at the next arrival; give it back with ``leave``."""
        event = asyncio.Event()
        self._waiting.setdefault(uid, set()).add(event)
        return event

    def leave(self, uid: str, event: asyncio.Event) -> None:
        """Stop waiting."""
        events = self._waiting.get(uid, set())
        events.discard(event)
        if not events:
            self._waiting.pop(uid, None)

    def ring(self, uid: str) -> None:
        """Wake everybody who waits for a queue."""
        for event in self._waiting.get(uid, ()):
            event.set()


ARRIVALS = Arrivals()


def send_message(call: Call) -> dict[str, Any]:
    """Put one message into a queue."""
    queue = find(call, call.transaction, call.params["QueueUrl"])
    message = _accept(call, queue, call.params)
    return _answer(message, call.params)


def send_message_batch(call: Call) -> dict[str, Any]:
    """Put up to ten messages into a queue; each is accepted or refused by itself."""
    find(call, call.transaction, call.params["QueueUrl"])
    entries = checked_batch(call.params["Entries"])
    size = sum(_size(entry) for entry in entries)
    if size > _BATCH_BYTES_MAX:
        text = f"Batch requests cannot be longer than {_BATCH_BYTES_MAX} bytes. You have sent {size} bytes."
        raise AwsError("BatchRequestTooLong", text)

    def accept(entry: Entry) -> dict[str, Any]:
        current = find(call, call.transaction, call.params["QueueUrl"])
        limit = current.number("MaximumMessageSize")
        if _size(entry) > limit:
            text = f"One or more parameters cannot be validated. Reason: Message must be shorter than {limit} bytes."
            raise AwsError("InvalidParameterValue", text)
        return _answer(_accept(call, current, entry), entry)

    return each(entries, accept)


def checked_batch(entries: list[Entry]) -> list[Entry]:
    """Answer the entries of a batch. Raises AWS's errors for empty, too long or ambiguous ones."""
    if not entries:
        raise AwsError("EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request.")
    if len(entries) > BATCH_MAX:
        text = f"Maximum number of entries per request are {BATCH_MAX}. You have sent {len(entries)}."
        raise AwsError("TooManyEntriesInBatchRequest", text)
    seen: set[str] = set()
    for entry in entries:
        if not _ENTRY_ID.fullmatch(entry["Id"]):
            text = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            raise AwsError("InvalidBatchEntryId", text + "It can be at most 80 letters long.")
        if entry["Id"] in seen:
            raise AwsError("BatchEntryIdsNotDistinct", f"Id {entry['Id']} repeated.")
        seen.add(entry["Id"])
    return entries


def each(entries: list[Entry], carry_out: Callable[[Entry], dict[str, Any]]) -> dict[str, Any]:
    """Carry out each entry of a batch and answer which succeeded and which failed, and why."""
    successful, failed = [], []
    for entry in entries:
        try:
            successful.append({"Id": entry["Id"], **carry_out(entry)})
        except AwsError as error:
            sender = error.fault == "Sender"
            failed.append({"Id": entry["Id"], "SenderFault": sender, "Code": error.code, "Message": error.message})
    return {"Successful": successful, **({"Failed": failed} if failed else {})}


def admit(call: Call, transaction: Transaction, queue: Queue, message: Message) -> None:
    """Stage a message as the queue's next one, and wake who waits once it is durable."""
    numbered = msgspec.structs.replace(message, number=queue.next_message)
    put(transaction, queue, numbered)
    keep(call, transaction, msgspec.structs.replace(queue, held=queue.held + 1, next_message=queue.next_message + 1))
    transaction.on_durable(lambda: ARRIVALS.ring(queue.uid))


def _accept(call: Call, queue: Queue, entry: Entry) -> Message:
    _check(queue, entry)
    delay_s = entry.get("DelaySeconds", queue.number("DelaySeconds"))
    system = {name: each["StringValue"] for name, each in entry.get("MessageSystemAttributes", {}).items()}
    if "MessageGroupId" in entry:
        system["MessageGroupId"] = _group_id(entry["MessageGroupId"])
    message = Message(
        number=0,
        id=call.uuid(),
        body=entry["MessageBody"],
        attributes=entry.get("MessageAttributes", {}),
        system=system,
        sender=call.principal.user_id,
        sent_ms=call.now_ms,
        visible_ms=call.now_ms + delay_s * 1000,
    )
    admit(call, call.transaction, queue, message)
    return message


def _check(queue: Queue, entry: Entry) -> None:
    body = entry["MessageBody"]
    if not body:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    if any(ord(each) < 0x20 and ord(each) not in _ALLOWED for each in body) or "\ufffe" in body or "\uffff" in body:
        text = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
        raise AwsError("InvalidMessageContents", text + "#xE000 to #xFFFD | #x10000 to #x10FFFF")
    limit = queue.number("MaximumMessageSize")
    if _size(entry) > limit:
        text = f"One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
        raise AwsError("InvalidParameterValue", text)
    delay_s = entry.get("DelaySeconds", 0)
    if not 0 <= delay_s <= 900:
        text = f"Value {delay_s} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
        raise AwsError("InvalidParameterValue", text)
    if len(entry.get("MessageAttributes", {})) > _ATTRIBUTES_MAX:
        count = len(entry["MessageAttributes"])
        text = f"Number of message attributes [{count}] exceeds the allowed maximum [{_ATTRIBUTES_MAX}]."
        raise AwsError("InvalidParameterValue", text)
    _check_values("user", entry.get("MessageAttributes", {}), ("BinaryValue", "StringValue"))
    _check_values("system", entry.get("MessageSystemAttributes", {}), ("StringValue",))


def _check_values(kind: str, attributes: dict[str, Any], members: tuple[str, ...]) -> None:
    """Raise AWS's refusal of the first attribute without a value; text is the last of the members that may hold it."""
    for name, value in attributes.items():
        wanted = members[0] if value["DataType"].startswith("Binary") else members[-1]
        if not value.get(wanted):
            text = f"Message ({kind}) attribute '{name}' must contain a non-empty value of type '{value['DataType']}'."
            raise AwsError("InvalidParameterValue", text)


def _group_id(text: str) -> str:
    if not _GROUP_ID.fullmatch(text):
        why = "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."
        raise AwsError("InvalidParameterValue", f"Value {text} for parameter MessageGroupId is invalid. Reason: {why}")
    return text


def _size(entry: Entry) -> int:
    size = len(entry["MessageBody"].encode())
    for name, value in entry.get("MessageAttributes", {}).items():
        size += len(name.encode()) + len(value["DataType"])
        size += len(value.get("BinaryValue", b"")) + len(value.get("StringValue", "").encode())
    return size


def _answer(message: Message, entry: Entry) -> dict[str, Any]:
    answer = {"MessageId": message.id, "MD5OfMessageBody": digest.of_body(message.body)}
    attributes = digest.of_attributes(entry.get("MessageAttributes", {}))
    if attributes is not None:
        answer["MD5OfMessageAttributes"] = attributes
    return answer
