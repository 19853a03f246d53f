"""ReceiveMessage with long polling, DeleteMessage, ChangeMessageVisibility, and the way to the dead-letter queue."""

from typing import Any

import msgspec

from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call
from tailrace.sqs import digest, message
from tailrace.sqs.message import Message
from tailrace.sqs.queue import ROWS, Queue, find, keep, name_in
from tailrace.sqs.retention import has_expired
from tailrace.sqs.sending import ARRIVALS, admit, checked_batch, each
from tailrace.wire.errors import AwsError

RECEIVE_MAX = 10
_VISIBILITY_S_MAX = 43_200
_WAIT_S_MAX = 20


async def receive_message(call: Call) -> dict[str, Any]:
    """Answer up to ten messages, waiting for the first one as long as asked; each is hidden until its timeout."""
    wanted = call.params.get("MaxNumberOfMessages", 1)
    if not 1 <= wanted <= RECEIVE_MAX:
        text = f"Value {wanted} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if"
        raise AwsError("InvalidParameterValue", f"{text} provided.")
    _check_visibility(call.params.get("VisibilityTimeout", 0))
    store, clock = call.cloud.store, call.cloud.clock
    queue = find(call, store.begin(), call.params["QueueUrl"])
    wait_s = call.params.get("WaitTimeSeconds", queue.number("ReceiveMessageWaitTimeSeconds"))
    if not 0 <= wait_s <= _WAIT_S_MAX:
        text = f"Value {wait_s} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."
        raise AwsError("InvalidParameterValue", text)
    deadline = clock.now() + wait_s
    event = ARRIVALS.wait(queue.uid)
    try:
        while True:
            event.clear()
            transaction = store.begin()
            queue = find(call, transaction, call.params["QueueUrl"])
            now_ms = clock.now_ms()
            taken = _take(call, transaction, queue, wanted, now_ms)
            await store.commit(transaction)
            left_s = deadline - clock.now()
            if taken or left_s <= 0:
                return {"Messages": [_answer(call, queue, each) for each in taken]} if taken else {}
            upcoming = next(message.hidden(store.begin(), queue, now_ms), None)
            due_s = left_s if upcoming is None else min(left_s, (upcoming.visible_ms - now_ms) / 1000)
            await clock.wait_for(event.wait(), due_s)
    finally:
        ARRIVALS.leave(queue.uid, event)


def delete_message(call: Call) -> dict[str, Any]:
    """Delete a received message; one that is gone already is no error."""
    _delete(call, call.params["ReceiptHandle"])
    return {}


def delete_message_batch(call: Call) -> dict[str, Any]:
    """Delete up to ten received messages."""

    def carry_out(entry: dict[str, Any]) -> dict[str, Any]:
        _delete(call, entry["ReceiptHandle"])
        return {}

    return each(checked_batch(call.params["Entries"]), carry_out)


def change_message_visibility(call: Call) -> dict[str, Any]:
    """Hide a received message for another while; 0 shows it again at once."""
    _hide(call, call.params["ReceiptHandle"], call.params["VisibilityTimeout"])
    return {}


def change_message_visibility_batch(call: Call) -> dict[str, Any]:
    """Hide up to ten received messages for another while."""

    def carry_out(entry: dict[str, Any]) -> dict[str, Any]:
        _hide(call, entry["ReceiptHandle"], entry.get("VisibilityTimeout", 0))
        return {}

    return each(checked_batch(call.params["Entries"]), carry_out)


def _take(call: Call, transaction: Transaction, queue: Queue, wanted: int, now_ms: int) -> list[Message]:
    timeout_s = call.params.get("VisibilityTimeout", queue.number("VisibilityTimeout"))
    taken: list[Message] = []
    gone = 0
    for found in message.visible(transaction, queue, now_ms):
        if len(taken) == wanted:
            break
        if has_expired(queue, found, now_ms):
            message.delete(transaction, queue, found)
            gone += 1
        elif queue.redrive is not None and found.received >= queue.redrive[1]:
            gone += _redrive(call, transaction, queue, found, now_ms)
        else:
            received = msgspec.structs.replace(
                found,
                received=found.received + 1,
                first_received_ms=found.first_received_ms or now_ms,
                visible_ms=now_ms + timeout_s * 1000,
            )
            message.put(transaction, queue, received, before=found)
            taken.append(received)
    if gone:
        current = find(call, transaction, queue.name)
        keep(call, transaction, msgspec.structs.replace(current, held=current.held - gone))
    return taken


def _redrive(call: Call, transaction: Transaction, queue: Queue, found: Message, now_ms: int) -> int:
    assert queue.redrive is not None
    letters = ROWS.get(transaction, call.key(name_in(queue.redrive[0])))
    if letters is None or letters.uid == queue.uid:
        # Without its dead-letter queue the message stays where it is, as on AWS: hidden for another timeout.
        later = msgspec.structs.replace(found, visible_ms=now_ms + queue.number("VisibilityTimeout") * 1000)
        message.put(transaction, queue, later, before=found)
        return 0
    message.delete(transaction, queue, found)
    system = {**found.system, "DeadLetterQueueSourceArn": call.arn("sqs", queue.name)}
    admit(call, transaction, letters, msgspec.structs.replace(found, system=system, visible_ms=now_ms))
    return 1


def _delete(call: Call, handle: str) -> None:
    queue = find(call, call.transaction, call.params["QueueUrl"])
    found = message.get(call.transaction, queue, message.number_in(queue, handle))
    if found is not None:
        message.delete(call.transaction, queue, found)
        keep(call, call.transaction, msgspec.structs.replace(queue, held=queue.held - 1))


def _check_visibility(timeout_s: int) -> None:
    if not 0 <= timeout_s <= _VISIBILITY_S_MAX:
        text = f"Value {timeout_s} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200"
        raise AwsError("InvalidParameterValue", f"{text}, if provided.")


def _hide(call: Call, handle: str, timeout_s: int) -> None:
    _check_visibility(timeout_s)
    queue = find(call, call.transaction, call.params["QueueUrl"])
    found = message.get(call.transaction, queue, message.number_in(queue, handle))
    if found is None:
        text = f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not"
        raise AwsError("InvalidParameterValue", f"{text} available for visibility timeout change.")
    if found.visible_ms <= call.now_ms:
        raise AwsError("MessageNotInflight", "The message referred to isn't in flight.")
    later = msgspec.structs.replace(found, visible_ms=call.now_ms + timeout_s * 1000)
    message.put(call.transaction, queue, later, before=found)


def _answer(call: Call, queue: Queue, found: Message) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "MessageId": found.id,
        "ReceiptHandle": message.handle_of(queue, found),
        "MD5OfBody": digest.of_body(found.body),
        "Body": found.body,
    }
    wanted = {*call.params.get("AttributeNames", ()), *call.params.get("MessageSystemAttributeNames", ())}
    system = {
        "SenderId": found.sender,
        "SentTimestamp": str(found.sent_ms),
        "ApproximateReceiveCount": str(found.received),
        "ApproximateFirstReceiveTimestamp": str(found.first_received_ms),
        **found.system,
    }
    shown = {name: value for name, value in system.items() if "All" in wanted or name in wanted}
    if shown:
        answer["Attributes"] = shown
    named = [_wanted(name) for name in call.params.get("MessageAttributeNames", ())]
    attributes = {name: value for name, value in found.attributes.items() if any(fits(name) for fits in named)}
    if attributes:
        answer["MessageAttributes"] = attributes
        answer["MD5OfMessageAttributes"] = digest.of_attributes(attributes)
    return answer


def _wanted(pattern: str) -> Any:
    if pattern in ("All", ".*"):
        return lambda name: True
    if pattern.endswith(".*"):
        return lambda name: name.startswith(pattern[:-2])
    return lambda name: name == pattern
