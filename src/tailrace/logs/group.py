"""Log groups and streams as rows, how a call names them, and AWS's errors when they are not there."""

from typing import Any

import msgspec

from tailrace.engine.rows import Rows
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A log group. ``size_bytes`` is what its events take, as CloudWatch counts."""

    name: str
    region: str
    account: str
    id: int
    created_ms: int
    retention_days: int | None = None
    tags: dict[str, str] = {}
    size_bytes: int = 0

    @property
    def key(self) -> str:
        """The key of its row."""
        return f"{self.region}/{self.name}"

    @property
    def arn(self) -> str:
        """Its ARN."""
        return arn_of(self.region, self.account, self.name)


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """A log stream. Times are of its events in milliseconds, None before the first."""

    name: str
    id: int
    created_ms: int
    first_ms: int | None = None
    last_ms: int | None = None
    ingested_ms: int | None = None
    next_number: int = 1
    size_bytes: int = 0


GROUPS = Rows("logs/groups", Group)
STREAMS = Rows("logs/streams", Stream)


def arn_of(region: str, account: str, name: str) -> str:
    """Answer a group's ARN."""
    return f"arn:aws:logs:{region}:{account}:log-group:{name}"


def name_in(params: dict[str, Any]) -> str | None:
    """Answer the group that a call names, by name or ARN; None when it names none."""
    if "logGroupName" in params:
        return str(params["logGroupName"])
    identifier = params.get("logGroupIdentifier") or params.get("resourceArn")
    if identifier is None or not identifier.startswith("arn:"):
        return identifier
    return str(identifier).split(":log-group:")[-1].removesuffix(":*")


def find_group(call: Call, name: str | None = None) -> Group:
    """Answer the group that a call names. Raises ResourceNotFoundException."""
    wanted = name_in(call.params) if name is None else name
    if wanted is None:
        raise invalid("Either logGroupName or logGroupIdentifier must be given.")
    group = GROUPS.get(call.transaction, f"{call.region}/{wanted}")
    if group is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def stream_key(group: Group, name: str) -> str:
    """Answer the key of a stream's row. Neither name may hold a colon."""
    return f"{group.key}:{name}"


def find_stream(call: Call, group: Group) -> Stream:
    """Answer the stream that a call names. Raises ResourceNotFoundException."""
    stream = STREAMS.get(call.transaction, stream_key(group, call.params["logStreamName"]))
    if stream is None:
        raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
    return stream


def streams_of(call: Call, group: Group, prefix: str = "") -> list[Stream]:
    """Answer a group's streams whose names begin with a prefix, by name."""
    return [stream for _, stream in STREAMS.scan(call.transaction, stream_key(group, prefix))]


def invalid(message: str) -> AwsError:
    """A parameter's value is wrong."""
    return AwsError("InvalidParameterException", message)
