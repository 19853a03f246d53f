"""Delivery streams as rows, and what AWS answers when there is none."""

from typing import Any

import msgspec

from tailrace.engine.rows import Rows
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

DIRECT_PUT = "DirectPut"
KINESIS_SOURCE = "KinesisStreamAsSource"
DESTINATION_ID = "destinationId-000000000001"
SERVICE_PRINCIPAL = "firehose.amazonaws.com"


class KinesisSource(msgspec.Struct, frozen=True, kw_only=True):
    """The Kinesis stream that a delivery stream reads, as which role, and since when."""

    arn: str
    role_arn: str
    start_ms: int


class DeliveryStream(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery stream; ``destination`` is its ExtendedS3DestinationDescription, defaults filled in."""

    name: str
    region: str
    account: str
    id: str
    kind: str
    created_ms: int
    destination: dict[str, Any]
    updated_ms: int | None = None
    version: int = 1
    source: KinesisSource | None = None
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The delivery stream's ARN."""
        return arn_of(self.region, self.account, self.name)

    @property
    def key(self) -> str:
        """The key of its row."""
        return f"{self.region}/{self.name}"

    @property
    def log_id(self) -> str:
        """The id of the log that direct puts are appended to."""
        return f"firehose/{self.key}/{self.id}"

    @property
    def consumer_id(self) -> str:
        """The id of the consumer that delivers."""
        return f"firehose/{self.key}"

    @property
    def backup_id(self) -> str:
        """The id of the consumer that backs up the source records."""
        return f"firehose/{self.key}/backup"


DELIVERY_STREAMS = Rows("firehose/streams", DeliveryStream)


def arn_of(region: str, account: str, name: str) -> str:
    """Answer the ARN of a delivery stream."""
    return f"arn:aws:firehose:{region}:{account}:deliverystream/{name}"


def find(call: Call) -> DeliveryStream:
    """Answer the delivery stream that a call names. Raises ResourceNotFoundException."""
    name = call.params["DeliveryStreamName"]
    stream = DELIVERY_STREAMS.get(call.transaction, call.key(name))
    if stream is None:
        message = f"Firehose {name} under account {call.account} not found."
        raise AwsError("ResourceNotFoundException", message)
    return stream


def invalid(message: str) -> AwsError:
    """Answer an InvalidArgumentException."""
    return AwsError("InvalidArgumentException", message)
