"""A queue: its attributes and their limits, its name, URL and ARN (SQS API Reference, CreateQueue)."""

import re
from typing import Any

import msgspec
import orjson

from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")

# attribute -> (default, smallest, largest)
LIMITS = {
    "VisibilityTimeout": (30, 0, 43_200),
    "MaximumMessageSize": (1_048_576, 1024, 1_048_576),
    "MessageRetentionPeriod": (345_600, 60, 1_209_600),
    "DelaySeconds": (0, 0, 900),
    "ReceiveMessageWaitTimeSeconds": (0, 0, 20),
    "KmsDataKeyReusePeriodSeconds": (300, 60, 86_400),
}
_TEXTS = frozenset({"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "SqsManagedSseEnabled"})


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """One queue. ``uid`` is new with each creation, so messages of a deleted queue are never seen again."""

    name: str
    uid: str
    created_s: int
    modified_s: int
    attributes: dict[str, str]
    tags: dict[str, str] = {}
    held: int = 0  # messages not deleted, visible or not
    next_message: int = 1
    purged_ms: int = 0

    def number(self, attribute: str) -> int:
        """Answer a numeric attribute, its default when it was not set."""
        return int(self.attributes.get(attribute, LIMITS[attribute][0]))

    @property
    def redrive(self) -> tuple[str, int] | None:
        """Where messages go that were received too often: (ARN of the dead-letter queue, how often)."""
        policy = self.attributes.get("RedrivePolicy")
        if not policy:
            return None
        parsed = orjson.loads(policy)
        return parsed["deadLetterTargetArn"], int(parsed["maxReceiveCount"])


ROWS = Rows("sqs/queues", Queue)


def url_of(call: Call, name: str) -> str:
    """Answer the URL of a queue on this endpoint."""
    return f"{call.cloud.endpoint}/{call.account}/{name}"


def name_in(url_or_arn: str) -> str:
    """Answer the name in a queue's URL or ARN, whatever host the URL names."""
    return re.split(r"[/:]", url_or_arn)[-1]


def find(call: Call, transaction: Transaction, url: str) -> Queue:
    """Answer the queue at a URL. Raises QueueDoesNotExist."""
    queue = ROWS.get(transaction, call.key(name_in(url)))
    if queue is None:
        raise missing()
    return queue


def keep(call: Call, transaction: Transaction, queue: Queue) -> None:
    """Stage a queue."""
    ROWS.put(transaction, call.key(queue.name), queue)


def missing() -> AwsError:
    """The error for a queue that is not there."""
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.")


def check_name(name: str) -> None:
    """Refuse names that no standard queue has."""
    if name.endswith(".fifo"):
        raise AwsError("InvalidParameterValue", "Tailrace has standard queues only; leave the .fifo suffix out.")
    if not _NAME.fullmatch(name):
        raise AwsError(
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        )


def check_attributes(attributes: dict[str, str]) -> None:
    """Refuse unknown attributes and values out of their limits."""
    for name, value in attributes.items():
        if name in LIMITS:
            _, smallest, largest = LIMITS[name]
            if not value.isdigit() or not smallest <= int(value) <= largest:
                raise AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
        elif name == "RedrivePolicy":
            _check_redrive(value)
        elif name in ("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"):
            raise AwsError("InvalidAttributeName", f"Tailrace has standard queues only; leave {name} out.")
        elif name not in _TEXTS:
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


def _check_redrive(value: str) -> None:
    if not value:
        return
    try:
        policy: Any = orjson.loads(value)
        arn, count = policy["deadLetterTargetArn"], int(policy["maxReceiveCount"])
    except (KeyError, TypeError, ValueError, OverflowError):
        arn, count = "", 0
    if not str(arn).startswith("arn:") or not 1 <= count <= 1000:
        text = f"Value {value} for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid JSON map."
        raise AwsError("InvalidParameterValue", text)
