"""Streams as rows, how a call names one, and what AWS answers when there is none.

A stream is named by StreamName, StreamARN or both; a deleted and re-created one is another stream.
"""

import hashlib
import re
from typing import Any

import msgspec

from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.kinesis.layout import Layout, Shard
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

PROVISIONED = "PROVISIONED"
ON_DEMAND = "ON_DEMAND"
ACTIVE = "ACTIVE"
HOUR_MS = 3_600_000
_ARN = re.compile(r"arn:aws[^:]*:kinesis:([^:]*):(\d{12}):stream/([A-Za-z0-9_.-]+)$")


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """A stream but for its shards; ``layout`` is the digest of those, so that what is derived from them can be kept."""

    name: str
    region: str
    account: str
    id: str
    created_ms: int
    mode: str
    layout: str
    retention_hours: int = 24
    max_record_kib: int = 1024
    tags: dict[str, str] = {}
    resized_ms: tuple[int, ...] = ()
    switched_ms: tuple[int, ...] = ()

    @property
    def arn(self) -> str:
        """The stream's ARN."""
        return arn_of(self.region, self.account, self.name)

    @property
    def key(self) -> str:
        """The key of its rows."""
        return f"{self.region}/{self.name}"

    @property
    def layout_log(self) -> str:
        """The id of the log that gets an entry whenever shards come or go, for whoever reads them all."""
        return f"kinesis/{self.key}/{self.id}/layout"

    def log_id(self, shard: Shard) -> str:
        """Answer the id of a shard's log."""
        return f"kinesis/{self.key}/{self.id}/{shard.shard_id}"

    def horizon_ms(self, now_ms: int) -> int:
        """Answer the time of the oldest record that may still be read."""
        return now_ms - self.retention_hours * HOUR_MS

    def not_found(self) -> AwsError:
        """Answer AWS's error for a stream that isn't there."""
        return not_found(self.name, self.account)


STREAMS = Rows("kinesis/streams", Stream)
LAYOUTS = Rows("kinesis/layouts", Layout)


def arn_of(region: str, account: str, name: str) -> str:
    """Answer the ARN of a stream."""
    return f"arn:aws:kinesis:{region}:{account}:stream/{name}"


def not_found(name: str, account: str) -> AwsError:
    """Answer AWS's error for a stream that isn't there."""
    return AwsError("ResourceNotFoundException", f"Stream {name} under account {account} not found.")


def invalid(message: str) -> AwsError:
    """Answer an InvalidArgumentException."""
    return AwsError("InvalidArgumentException", message)


def named(params: dict[str, Any], region: str, account: str) -> str:
    """Answer the name of the stream that a call is about. Raises AwsError when it names none or contradicts itself."""
    name: str | None = params.get("StreamName")
    arn: str | None = params.get("StreamARN") or params.get("ResourceARN")
    if arn is None:
        if name is None:
            raise invalid("Either StreamName or StreamARN should be provided.")
        return name
    found = _ARN.match(arn)
    if found is None:
        raise invalid(f"Invalid StreamARN: {arn}")
    if found[1] != region or found[2] != account:
        raise not_found(found[3], found[2])
    if name is not None and name != found[3]:
        raise invalid(f"StreamName {name} and StreamARN {arn} name different streams.")
    return found[3]


def find(call: Call) -> Stream:
    """Answer the stream that a call is about. Raises ResourceNotFoundException."""
    name = named(call.params, call.region, call.account)
    stream = STREAMS.get(call.transaction, call.key(name))
    if stream is None:
        raise not_found(name, call.account)
    return stream


def layout_of(transaction: Transaction, stream: Stream) -> Layout:
    """Answer the shards of a stream, the expired ones that haven't been cleared yet included."""
    layout = LAYOUTS.get(transaction, stream.key)
    if layout is None:
        raise stream.not_found()
    return layout


def put(transaction: Transaction, stream: Stream, layout: Layout) -> Stream:
    """Stage a stream with its shards."""
    digest = hashlib.blake2b(msgspec.json.encode([stream.key, stream.id, layout]), digest_size=16).hexdigest()
    stream = msgspec.structs.replace(stream, layout=digest)
    STREAMS.put(transaction, stream.key, stream)
    LAYOUTS.put(transaction, stream.key, layout)
    return stream
