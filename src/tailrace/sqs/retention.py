"""Messages that nobody deletes go after the queue's retention period; they are never received then."""

from collections.abc import Iterator

import msgspec

from tailrace.engine.transaction import Transaction
from tailrace.sqs import message
from tailrace.sqs.message import Message
from tailrace.sqs.queue import ROWS, Queue

_YOUNG_MAX = 1000  # messages that have not expired, after which no older one is looked for


def has_expired(queue: Queue, found: Message, now_ms: int) -> bool:
    """Answer whether a message is past its queue's retention period."""
    return found.sent_ms <= now_ms - queue.number("MessageRetentionPeriod") * 1000


def sweep(transaction: Transaction, now_ms: int) -> None:
    """Stage the removal of all messages that have expired."""
    for key, queue in list(ROWS.scan(transaction)):
        gone = list(_expired(transaction, queue, now_ms))
        for each in gone:
            message.delete(transaction, queue, each)
        if gone:
            ROWS.put(transaction, key, msgspec.structs.replace(queue, held=queue.held - len(gone)))


def _expired(transaction: Transaction, queue: Queue, now_ms: int) -> Iterator[Message]:
    """Answer them from the first on: messages are numbered as they are sent, those that are moved some time later."""
    young = 0
    for each in message.numbered(transaction, queue):
        if has_expired(queue, each, now_ms):
            yield each
        elif (young := young + 1) > _YOUNG_MAX:
            return
