"""Messages: kept by number, found by the moment they become visible, named by receipt handles."""

import base64
import binascii
from collections.abc import Iterator
from typing import Any

import msgspec

from tailrace.engine.front import Front
from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction
from tailrace.sqs.queue import Queue
from tailrace.wire.errors import AwsError

MESSAGES = Space("sqs/messages")  # queue uid + number -> message
VISIBLE = Space("sqs/visible")  # queue uid + moment + number -> nothing: what can be received, oldest first


_FRONT = Front(VISIBLE)
_CALL_MS = 1000


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message; moments in milliseconds since the epoch. It can be received from ``visible_ms`` on."""

    number: int
    id: str
    body: str
    attributes: dict[str, dict[str, Any]] = {}
    system: dict[str, str] = {}
    sender: str
    sent_ms: int
    visible_ms: int
    received: int = 0
    first_received_ms: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode


def put(transaction: Transaction, queue: Queue, message: Message, before: Message | None = None) -> None:
    """Stage a message, in place of what it was before."""
    if before is not None:
        transaction.delete(VISIBLE, _moment(queue, before))
    transaction.put(MESSAGES, _key(queue, message.number), _encode(message))
    transaction.put(VISIBLE, _moment(queue, message), b"")


def get(transaction: Transaction, queue: Queue, number: int) -> Message | None:
    """Answer a message by its number."""
    raw = transaction.get(MESSAGES, _key(queue, number))
    return None if raw is None else _decode(raw)


def delete(transaction: Transaction, queue: Queue, message: Message) -> None:
    """Stage the removal of a message."""
    transaction.delete(MESSAGES, _key(queue, message.number))
    transaction.delete(VISIBLE, _moment(queue, message))


def delete_all(transaction: Transaction, queue: Queue) -> None:
    """Stage the removal of every message of a queue."""
    uid = queue.uid.encode()
    for space in (MESSAGES, VISIBLE):
        transaction.delete_range(space, uid, uid + b"\xff" * 17)
    transaction.on_commit(lambda: _FRONT.forget(transaction.store, uid))


def visible(transaction: Transaction, queue: Queue, now_ms: int) -> Iterator[Message]:
    """Answer the messages that can be received now, the longest visible first."""
    uid = queue.uid.encode()
    # Nothing becomes visible in the past; the second is for a call that took a while.
    for key, _ in _FRONT.scan(transaction, uid, uid + _number(now_ms + 1), uid + _number(now_ms - _CALL_MS)):
        message = get(transaction, queue, int.from_bytes(key[-8:], "big"))
        if message is not None:
            yield message


def hidden(transaction: Transaction, queue: Queue, now_ms: int) -> Iterator[Message]:
    """Answer the messages that can't be received yet, the next to become visible first."""
    uid = queue.uid.encode()
    for key, _ in transaction.scan(VISIBLE, uid + _number(now_ms + 1), uid + b"\xff" * 17):
        message = get(transaction, queue, int.from_bytes(key[-8:], "big"))
        if message is not None:
            yield message


def numbered(transaction: Transaction, queue: Queue) -> Iterator[Message]:
    """Answer all messages of a queue in the order in which it got them."""
    uid = queue.uid.encode()
    for _, raw in transaction.scan(MESSAGES, uid, uid + b"\xff" * 9):
        yield _decode(raw)


def handle_of(queue: Queue, message: Message) -> str:
    """Answer a receipt handle for one receipt of a message."""
    return base64.b64encode(f"{queue.uid}:{message.number}:{message.received}".encode()).decode()


def number_in(queue: Queue, handle: str) -> int:
    """Answer the number of the message that a receipt handle names. Raises ReceiptHandleIsInvalid."""
    try:
        uid, number, _ = base64.b64decode(handle, validate=True).decode().split(":")
        if uid == queue.uid:
            return int(number)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise AwsError("ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.', 404)


def _key(queue: Queue, number: int) -> bytes:
    return queue.uid.encode() + _number(number)


def _moment(queue: Queue, message: Message) -> bytes:
    return queue.uid.encode() + _number(message.visible_ms) + _number(message.number)


def _number(number: int) -> bytes:
    return number.to_bytes(8, "big")
