"""What a new pipe is checked for by doing it: its role is assumed, its source found, a dead letter sent and taken back.

Whatever is refused becomes the StateReason of a pipe that failed; its beginning reads like AWS's.
"""

from typing import Any, NamedTuple

from tailrace.engine.transaction import Transaction
from tailrace.pipes import source as sources
from tailrace.pipes.dead_letter import send
from tailrace.pipes.errors import INVALID_INPUT, reason
from tailrace.pipes.pipe import PRINCIPAL, Pipe
from tailrace.pipes.settings import SOURCES, source_kind
from tailrace.pipes.source import SourceLogs
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError


class Checked(NamedTuple):
    """The source's logs when all is well, or why not."""

    logs: SourceLogs | None
    reason: str | None


def check(cloud: Cloud, transaction: Transaction, pipe: Pipe) -> Checked:
    """Answer the logs of a pipe's source if its role may do what the pipe does before it delivers."""
    try:
        role = cloud.assume_role(
            pipe.role, PRINCIPAL, pipe.name, region=pipe.region, source_arn=pipe.arn, transaction=transaction
        )
    except AwsError as error:
        return Checked(None, reason(f"{INVALID_INPUT}{error.message}"))
    try:
        logs = sources.logs_of(cloud, transaction, pipe, role)
    except AwsError as error:
        text = (
            f"Cannot access stream {pipe.source}. Please ensure the customer role can perform actions on source stream"
        )
        return Checked(None, reason(f"{INVALID_INPUT}{text}. {error.message}"))
    queue = dead_letters_of(pipe.source, pipe.source_parameters)
    if queue is not None:
        mark = transaction.mark()
        try:
            send(cloud, transaction, pipe, role, queue, {})
        except AwsError as error:
            text = f"Error occurred while sending message to SQS queue: {queue}"
            return Checked(None, reason(f"{INVALID_INPUT}{text}. {error.message}"))
        finally:
            transaction.rollback(mark)
    return Checked(logs, None)


def dead_letters_of(source: str, parameters: dict[str, Any]) -> str | None:
    """Answer the ARN of the queue for dead letters, if there is one."""
    stream = parameters[SOURCES[source_kind(source)][0]]
    arn: str | None = stream.get("DeadLetterConfig", {}).get("Arn")
    return arn
