"""Streams come, are described and go.

What takes AWS a while is done when the call returns, so the next look says ACTIVE.
"""

from typing import Any

from tailrace.kinesis import retention
from tailrace.kinesis.layout import created, described
from tailrace.kinesis.registry import SERVICE
from tailrace.kinesis.stream import (
    ACTIVE,
    LAYOUTS,
    ON_DEMAND,
    PROVISIONED,
    STREAMS,
    Stream,
    find,
    invalid,
    layout_of,
    put,
)
from tailrace.kinesis.tags import checked
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

SHARD_LIMIT = 20_000
ON_DEMAND_STREAMS_MAX = 50
ON_DEMAND_SHARDS = 4
_DESCRIBED_MAX = 100


@SERVICE.operation("CreateStream")
def create_stream(call: Call) -> dict[str, Any]:
    """Create a stream with even shards."""
    name = call.params["StreamName"]
    if STREAMS.get(call.transaction, call.key(name)) is not None:
        message = f"Stream {name} under account {call.account} already exists."
        raise AwsError("ResourceInUseException", message)
    mode, count = _capacity(call.params)
    if mode == PROVISIONED:
        check_shard_limit(call, count)
    if call.params.get("RecordDistributionStrategy") == "AUTO":
        raise invalid("Tailrace does not carry out RecordDistributionStrategy AUTO yet; leave it out.")
    tags = call.params.get("Tags", {})
    checked(name, call.account, {}, tags)
    stream = Stream(
        name=name,
        region=call.region,
        account=call.account,
        id=call.uuid(),
        created_ms=call.now_ms,
        mode=mode,
        layout="",
        max_record_kib=call.params.get("MaxRecordSizeInKiB", 1024),
        tags=tags,
    )
    put(call.transaction, stream, created(count, call.now_ms))
    return {}


@SERVICE.operation("DescribeStream")
def describe_stream(call: Call) -> dict[str, Any]:
    """Answer a stream with a page of its shards."""
    stream = find(call)
    layout = retention.kept(layout_of(call.transaction, stream), stream, call.now_ms)
    after, limit = call.params.get("ExclusiveStartShardId", ""), call.params.get("Limit", _DESCRIBED_MAX)
    shards = [shard for shard in layout.shards if shard.shard_id > after]
    description = {
        **_facts(stream),
        "Shards": [described(shard) for shard in shards[:limit]],
        "HasMoreShards": len(shards) > limit,
    }
    return {"StreamDescription": description}


@SERVICE.operation("DescribeStreamSummary")
def describe_stream_summary(call: Call) -> dict[str, Any]:
    """Answer a stream without its shards."""
    stream = find(call)
    summary = {
        **_facts(stream),
        "OpenShardCount": len(layout_of(call.transaction, stream).open_shards),
        "ConsumerCount": 0,
        "MaxRecordSizeInKiB": stream.max_record_kib,
    }
    return {"StreamDescriptionSummary": summary}


@SERVICE.operation("ListStreams")
def list_streams(call: Call) -> dict[str, Any]:
    """Answer a page of the region's streams by name."""
    limit = call.params.get("Limit", 100)
    prefix = call.key("")
    # Next tokens are names: nothing about the listing has to be remembered.
    after = call.params.get("NextToken") or call.params.get("ExclusiveStartStreamName")
    found: list[Stream] = []
    for _, stream in STREAMS.scan(call.transaction, prefix, f"{prefix}{after}" if after else ""):
        found.append(stream)
        if len(found) > limit:
            break
    page = found[:limit]
    answer: dict[str, Any] = {
        "StreamNames": [stream.name for stream in page],
        "HasMoreStreams": len(found) > limit,
        "StreamSummaries": [_summary(stream) for stream in page],
    }
    if len(found) > limit:
        answer["NextToken"] = page[-1].name
    return answer


@SERVICE.operation("DeleteStream")
def delete_stream(call: Call) -> dict[str, Any]:
    """Delete a stream and all its records."""
    stream = find(call)
    transaction = call.transaction
    for shard in layout_of(transaction, stream).shards:
        log = transaction.log(stream.log_id(shard))
        call.cloud.ledger.close(transaction, log)
        log.delete(transaction)
    transaction.log(stream.layout_log).delete(transaction)
    STREAMS.delete(transaction, stream.key)
    LAYOUTS.delete(transaction, stream.key)
    return {}


@SERVICE.operation("DescribeLimits")
def describe_limits(call: Call) -> dict[str, Any]:
    """Answer the account's limits and how far they are used."""
    streams = [stream for _, stream in STREAMS.scan(call.transaction, call.key(""))]
    return {
        "ShardLimit": SHARD_LIMIT,
        "OpenShardCount": provisioned_shards(call),
        "OnDemandStreamCount": sum(stream.mode == ON_DEMAND for stream in streams),
        "OnDemandStreamCountLimit": ON_DEMAND_STREAMS_MAX,
    }


def check_shard_limit(call: Call, additional: int) -> None:
    """Refuse what would bring the account over its limit of provisioned shards."""
    current = provisioned_shards(call)
    if current + additional > SHARD_LIMIT:
        raise AwsError(
            "LimitExceededException",
            f"This request would exceed the shard limit for the account {call.account} in {call.region}. Current "
            f"shard count for the account: {current}. Limit: {SHARD_LIMIT}. Number of additional shards that would "
            f"have resulted from this request: {additional}. Refer to the AWS Service Limits page "
            "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to "
            "request higher limits.",
        )


def provisioned_shards(call: Call) -> int:
    """Answer how many open shards the region's provisioned streams have."""
    streams = [stream for _, stream in STREAMS.scan(call.transaction, call.key(""))]
    return sum(len(layout_of(call.transaction, stream).open_shards) for stream in streams if stream.mode == PROVISIONED)


def _capacity(params: dict[str, Any]) -> tuple[str, int]:
    mode, count = params.get("StreamModeDetails", {}).get("StreamMode"), params.get("ShardCount")
    if mode == ON_DEMAND or (mode is None and count is None):
        if count is not None:
            raise invalid("ShardCount is not expected when StreamMode=ON_DEMAND")
        return ON_DEMAND, ON_DEMAND_SHARDS
    if count is None:
        raise invalid("ShardCount is required when StreamMode=PROVISIONED")
    return PROVISIONED, count


def _facts(stream: Stream) -> dict[str, Any]:
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": ACTIVE,
        "StreamModeDetails": {"StreamMode": stream.mode},
        "RetentionPeriodHours": stream.retention_hours,
        "StreamCreationTimestamp": stream.created_ms // 1000,
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE",
    }


def _summary(stream: Stream) -> dict[str, Any]:
    shown = ("StreamName", "StreamARN", "StreamStatus", "StreamModeDetails", "StreamCreationTimestamp")
    facts = _facts(stream)
    return {member: facts[member] for member in shown}
