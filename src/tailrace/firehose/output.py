"""One S3 object being written, as a stream: compressed as it comes, kept in a staged file, put in one transaction."""

import random
import uuid
from datetime import datetime
from typing import Any

from tailrace.engine.files import Files
from tailrace.firehose.compression import COMPRESSORS
from tailrace.firehose.plan import Plan
from tailrace.firehose.prefix import PROCESSING_FAILED, Occasion
from tailrace.firehose.stream import DeliveryStream

_CONTENT_TYPE = "application/octet-stream"


class Output:
    """Write with ``write``, end with ``seal``; ``request`` is then what S3 is asked."""

    def __init__(self, files: Files, plan: Plan, key: str, *, compression: str) -> None:
        self.key = key
        self.size = 0
        self._bucket = plan.bucket
        self._compression = compression
        self._staged = files.create(f"s3/{plan.bucket}/{key}")
        self._compressor = COMPRESSORS[compression]()

    def write(self, data: bytes) -> None:
        """Add data. Raises StoreFull."""
        self._staged.write(self._compressor.write(data))
        self.size += len(data)

    async def seal(self) -> None:
        """End the object and bring it to disk."""
        self._staged.write(self._compressor.finish())
        await self._staged.seal()

    def request(self) -> dict[str, Any]:
        """Answer the parameters of PutObject."""
        params = {"Bucket": self._bucket, "Key": self.key, "Body": self._staged, "ContentType": _CONTENT_TYPE}
        if self._compression == "GZIP":
            params["ContentEncoding"] = "gzip"
        return params

    def discard(self) -> None:
        """Remove what was written; nothing names it."""
        self._staged.discard()


def data_key(stream: DeliveryStream, plan: Plan, oldest_ms: int, dice: random.Random) -> str:
    """Answer the key of an object of delivered records, by the arrival of the oldest one."""
    occasion = Occasion(_instant(plan, oldest_ms), dice)
    return plan.prefix.evaluate(occasion) + _name(stream, occasion) + plan.extension


def error_key(stream: DeliveryStream, plan: Plan, oldest_ms: int, dice: random.Random) -> str:
    """Answer the key of an object of failed records."""
    occasion = Occasion(_instant(plan, oldest_ms), dice, PROCESSING_FAILED)
    return plan.error_prefix.evaluate(occasion) + _name(stream, occasion)


def _name(stream: DeliveryStream, occasion: Occasion) -> str:
    unique = uuid.UUID(int=occasion.dice.getrandbits(128), version=4)
    return f"{stream.name}-{stream.version}-{occasion.arrival:%Y-%m-%d-%H-%M-%S}-{unique}"


def _instant(plan: Plan, time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, plan.zone)
